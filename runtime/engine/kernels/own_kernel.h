#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// What computes an operation that was made at run time. Shared; computes on the thread that runs the graph.
class OwnKernel {
 public:
  virtual ~OwnKernel() = default;
  /// As `Kernel` does.
  virtual std::vector<at::Tensor> compute(const KernelContext& context) const = 0;
};

/// The kernel of every operation that has its own: computes, and in a graph compares what comes out with what
/// the shape rule promised (Fault::run). REQUIRES: context.descriptor->own.
std::vector<at::Tensor> compute_own(const KernelContext& context);

/// Makes an operation known to a runtime from now on, equal in every respect to Orrery's own: for C++ hosts
/// and plug-ins. `descriptor.own` is set here. Throws `Error(Fault::usage)` when the name is taken or the
/// description is incomplete.
void add_operation(Runtime& runtime, Descriptor descriptor, Kernel kernel);

}  // namespace orrery
