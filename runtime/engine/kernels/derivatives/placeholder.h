#pragma once

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// For LibTorch's derivatives that ask for an input only because of its sizes: nothing is in it, so that the
/// input itself need not be kept.
inline at::Tensor placeholder(at::IntArrayRef sizes, const at::Tensor& gradient) {
  return gradient.new_empty(sizes);
}

}  // namespace orrery
