#pragma once

#include <c10/core/Allocator.h>
#include <c10/util/Exception.h>

namespace orrery::testing {

/// Stands in the place of the process's allocator of CPU tensors while it lives, and fails as it does when
/// the machine has no memory left: at the nth allocation from `fail_at`, once or ever after.
class FailingAllocator : public c10::Allocator {
 public:
  FailingAllocator() : real_(c10::GetAllocator(c10::kCPU)) { c10::SetAllocator(c10::kCPU, this, kPriority); }
  ~FailingAllocator() override { c10::SetAllocator(c10::kCPU, real_, kPriority); }
  FailingAllocator(const FailingAllocator&) = delete;
  FailingAllocator& operator=(const FailingAllocator&) = delete;

  void fail_at(int nth, bool ever_after = false) {
    left_ = nth;
    ever_after_ = ever_after;
  }
  /// Nothing fails any more.
  void recover() { left_ = 0; }
  bool failed() const { return failures_ > 0; }
  int failures() const { return failures_; }

  c10::DataPtr allocate(size_t bytes) override {
    if (left_ > 0 && --left_ == 0) {
      ++failures_;
      if (ever_after_) left_ = 1;
      TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried to allocate ", bytes,
                  " bytes. Error code 12 (Cannot allocate memory)");
    }
    return real_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return real_->raw_deleter(); }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    real_->copy_data(to, from, bytes);
  }

 private:
  // Above what LibTorch's own have, so that ours is taken.
  static constexpr uint8_t kPriority = 100;

  c10::Allocator* real_;
  int left_ = 0;
  int failures_ = 0;
  bool ever_after_ = false;
};

}  // namespace orrery::testing
