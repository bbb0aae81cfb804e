#include "runtime/engine/profile/memory_watch.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <c10/core/Allocator.h>
#include <c10/util/Logging.h>
#include <c10/util/ThreadLocalDebugInfo.h>

namespace orrery {

struct MemoryWatch::Reporter : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void* pointer, std::int64_t bytes, size_t, size_t, c10::Device) override {
    if (bytes > 0) {
      live[pointer] = bytes;
      ++allocations;
      sum += bytes;
      peak = std::max(peak, sum);
    } else if (const auto found = live.find(pointer); found != live.end()) {
      sum -= found->second;
      live.erase(found);
    }
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::unordered_map<void*, std::int64_t> live;
  std::int64_t sum = 0;
  std::int64_t peak = 0;
  std::int64_t allocations = 0;
};

// LibTorch would write to stderr about memory freed here that was allocated before.
struct MemoryWatch::Guard {
  explicit Guard(const std::shared_ptr<Reporter>& reporter)
      : level(std::exchange(FLAGS_caffe2_log_level, kErrorsOnly)),
        info(c10::DebugInfoKind::PROFILER_STATE, reporter) {}
  ~Guard() { FLAGS_caffe2_log_level = level; }

  static constexpr int kErrorsOnly = 2;
  int level;
  c10::DebugInfoGuard info;
};

MemoryWatch::MemoryWatch() : reporter_(std::make_shared<Reporter>()) {}
MemoryWatch::~MemoryWatch() = default;

void MemoryWatch::begin() {
  guard_.reset();
  guard_ = std::make_unique<Guard>(reporter_);
}

void MemoryWatch::end() { guard_.reset(); }

void MemoryWatch::reset() {
  reporter_->live.clear();
  reporter_->sum = 0;
  reporter_->peak = 0;
  reporter_->allocations = 0;
}

std::int64_t MemoryWatch::take_peak() { return std::exchange(reporter_->peak, reporter_->sum); }
std::int64_t MemoryWatch::current() const { return reporter_->sum; }
std::int64_t MemoryWatch::take_allocations() { return std::exchange(reporter_->allocations, 0); }

}  // namespace orrery
