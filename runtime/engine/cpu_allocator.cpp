#include "runtime/engine/cpu_allocator.h"

#include <cstdint>
#include <cstdlib>
#include <limits>

#include <c10/core/CPUAllocator.h>

namespace orrery {
namespace {

constexpr size_t kTensorAlignment = 64;  // LibTorch's, which its vector code counts on
constexpr size_t kLargestTensor = std::numeric_limits<std::ptrdiff_t>::max() - kTensorAlignment;

// Right before the tensor stands where malloc's memory begins.
void* aligned_within(void* whole) {
  const auto begin = reinterpret_cast<std::uintptr_t>(whole);
  auto* const place = reinterpret_cast<void*>((begin + kTensorAlignment) & ~(kTensorAlignment - 1));
  static_cast<void**>(place)[-1] = whole;
  return place;
}

void give_tensor_back(void* place) {
  if (!place) return;
  c10::profiledCPUMemoryReporter().Delete(place);
  std::free(static_cast<void**>(place)[-1]);
}

class CpuAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &give_tensor_back, c10::kCPU};
    void* const whole = bytes <= kLargestTensor ? std::malloc(bytes + kTensorAlignment) : nullptr;
    if (!whole) return c10::GetDefaultCPUAllocator()->allocate(bytes);
    void* const place = aligned_within(whole);
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

}  // namespace orrery
