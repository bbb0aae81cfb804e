#pragma once

#include <exception>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/cpu/pointwise.h"
#include "runtime/graph/parameter.h"

namespace orrery {

/// Updates parameters within the backward pass, each as soon as its gradient is complete and nobody reads its
/// value any more: the gradient is let go of then.
class UpdateSink {
 public:
  virtual ~UpdateSink() = default;

  /// Whether it is this parameter's turn so early; the same answer in each step. The gradients of others are
  /// gathered.
  virtual bool takes(const Parameter& parameter) const = 0;
  /// Changes the parameter's tensor in place. The gradient is of its shape and dtype, and may share memory
  /// with others: it is not written to. Where memory is missing, it fails before anything has changed.
  virtual void update(const Parameter& parameter, const at::Tensor& gradient) = 0;
  /// Whether the parameter's update is no more than that of SGD without momentum, so that it can be made, of
  /// whatever size, by the instruction that computes its gradient; nobody sees that gradient then. REQUIRES:
  /// the tensor is contiguous.
  virtual bool folds(const Parameter&) const { return false; }
  /// Counts how often the answers of `folds` have changed.
  virtual std::uint64_t changes() const { return 0; }
  /// What that update is in this step. REQUIRES: `folds` said so in its forward pass.
  virtual cpu::SgdOptions folded_step(const Parameter&) const { return {.lr = 0}; }
  /// Such an update was made.
  virtual void count_folded() {}

  /// A call of the backward pass has failed, which has changed nothing. Whether that was for lack of memory
  /// and the pass cannot be done again from its start: what can be freed was freed then.
  virtual bool has_freed_memory_for(std::exception_ptr) { return false; }
};

/// Gives what a call of the backward pass gives, which is done once more where `updates` (null: nobody) has
/// freed memory for it.
template <class Call>
auto twice(UpdateSink* updates, Call call) {
  try {
    return call();
  } catch (const std::exception&) {
    if (!updates || !updates->has_freed_memory_for(std::current_exception())) throw;
  }
  return call();
}

}  // namespace orrery
