#pragma once

#include <string>
#include <vector>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// How a convolution's input gets its border: `border` (as torch.nn.functional.pad reads it, empty for none)
/// is added by `mode` before, `padding` by LibTorch's convolution itself.
struct ConvolutionBorder {
  std::vector<std::int64_t> border;
  std::string mode;
  std::vector<std::int64_t> padding;

  at::Tensor add_to(const at::Tensor& input) const;
};

/// `mode`: a layer's padding_mode.
ConvolutionBorder border_of_convolution(const at::Tensor& input, const at::Tensor& weight,
                                        const Attributes& attributes, const std::string& mode);

/// What is missing to the sizes that a transposed convolution is asked for.
std::vector<std::int64_t> output_padding_of_layer(const KernelContext& k, const at::Tensor& weight);

}  // namespace orrery
