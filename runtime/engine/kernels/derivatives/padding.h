#pragma once

#include <string>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// The gradient of what at::pad (of these widths and this mode) has made of an input of these sizes.
at::Tensor pad_backward(const at::Tensor& gradient, at::IntArrayRef sizes,
                        const std::vector<std::int64_t>& widths, const std::string& mode);
/// Negative widths, which take away, are covered only with constants.
bool covers_padding(const std::vector<std::int64_t>& widths, const std::string& mode);

}  // namespace orrery
