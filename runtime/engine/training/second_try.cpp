#include "runtime/engine/training/second_try.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sys/resource.h>
#include <unistd.h>

#include <ATen/DeviceAccelerator.h>
#include <fmt/ranges.h>

#include "runtime/engine/execution/block_bytes.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr size_t kBlocksNamed = 3;
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// What the machine could still give, in bytes.
std::int64_t left_on_the_machine() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  std::int64_t number = 0;
  while (file >> name >> number) {
    if (name == "MemAvailable:") return number * 1024;
    std::getline(file, unit);
  }
  return kNoLimit;
}

// What the process may still take (`ulimit -v`), in bytes.
std::int64_t left_to_the_process() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return std::max<std::int64_t>(static_cast<std::int64_t>(limit.rlim_cur) - pages * sysconf(_SC_PAGESIZE), 0);
}

std::string size_of(std::int64_t bytes) { return byte_count(static_cast<std::uint64_t>(bytes)); }

}  // namespace

void SecondTry::free_memory() const {
  if (release_) release_();
  if (!executor_.device().is_cpu()) at::accelerator::emptyCache();
}

// LibTorch says it of other devices itself.
std::string SecondTry::available() const {
  const std::int64_t left = std::min(left_on_the_machine(), left_to_the_process());
  if (!executor_.device().is_cpu() || left == kNoLimit) return {};
  return fmt::format("; {} are available, also after what nobody needs was freed", size_of(left));
}

std::string SecondTry::remedy() const {
  std::vector<std::string> named;
  for (const BlockBytes& block : block_bytes(executor_.plan(true), executor_.symbols())) {
    if (named.size() == kBlocksNamed) break;
    named.push_back(fmt::format("{} ({} of outputs, {} of parameters)", block.path, size_of(block.outputs),
                                size_of(block.parameters)));
  }
  return fmt::format("The most is taken by {}. Use a smaller batch; accumulate_grad_batches makes up for it.",
                     fmt::join(named, ", "));
}

}  // namespace orrery
