#include "runtime/engine/cpu_allocator.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include <c10/core/CPUAllocator.h>

namespace orrery {
namespace {

constexpr size_t kTensorAlignment = 64;  // LibTorch's, which its vector code counts on
constexpr size_t kLargestTensor = std::numeric_limits<std::ptrdiff_t>::max() - kTensorAlignment;

std::atomic<std::int64_t> bytes_now = 0, most_bytes = 0;

void count(std::int64_t bytes) {
  const std::int64_t now = bytes_now.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::int64_t most = most_bytes.load(std::memory_order_relaxed);
  while (now > most && !most_bytes.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
}

// Right before the tensor stands where malloc's memory begins, before that how many bytes were asked for:
// malloc's memory begins at a multiple of 16, so there is room for both.
struct Before {
  std::int64_t bytes;
  void* whole;
};
static_assert(sizeof(Before) == 16 && alignof(std::max_align_t) >= sizeof(Before));

Before& before(void* place) { return static_cast<Before*>(place)[-1]; }

void* aligned_within(void* whole, size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(whole);
  auto* const place = reinterpret_cast<void*>((begin + kTensorAlignment) & ~(kTensorAlignment - 1));
  before(place) = {static_cast<std::int64_t>(bytes), whole};
  return place;
}

void give_tensor_back(void* place) {
  if (!place) return;
  c10::profiledCPUMemoryReporter().Delete(place);
  const Before found = before(place);
  count(-found.bytes);
  std::free(found.whole);
}

class CpuAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &give_tensor_back, c10::kCPU};
    void* const whole = bytes <= kLargestTensor ? std::malloc(bytes + kTensorAlignment) : nullptr;
    if (!whole) return c10::GetDefaultCPUAllocator()->allocate(bytes);
    void* const place = aligned_within(whole, bytes);
    count(static_cast<std::int64_t>(bytes));
    c10::profiledCPUMemoryReporter().New(place, bytes);
    return {place, place, &give_tensor_back, c10::kCPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_tensor_back; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

c10::Allocator& cpu_allocator() {
  static auto* const allocator = new CpuAllocator;  // outlives every tensor
  return *allocator;
}

CpuMemory cpu_memory() {
  return {bytes_now.load(std::memory_order_relaxed), most_bytes.load(std::memory_order_relaxed)};
}

}  // namespace orrery
