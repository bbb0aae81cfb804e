#include "runtime/engine/kernels/convolution.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;
using Sizes = std::vector<std::int64_t>;

size_t axes_of(const at::Tensor& weight) { return static_cast<size_t>(weight.dim()) - 2; }

// oneDNN reads beyond its input in half precision where a window lies in the padding altogether
// (LibTorch 2.11, a processor with AMX): the border is added before the call then.
bool windows_in_padding(const at::Tensor& input, const at::Tensor& weight, const Attributes& a) {
  if (input.scalar_type() != at::kHalf && input.scalar_type() != at::kBFloat16) return false;
  const auto& padding = a.integers("padding");
  for (size_t i = 0; i < padding.size(); ++i) {
    if (padding[i] > a.integers("dilation")[i] * (weight.size(static_cast<std::int64_t>(i) + 2) - 1))
      return true;
  }
  return false;
}

// A border at each end, written as torch.nn.functional.pad reads it: the last axis first.
Sizes whole_border(const at::Tensor& weight, const Attributes& a) {
  Sizes widths;
  const bool same = a.is_text("padding") && a.text("padding") == "same";
  for (size_t i = axes_of(weight); i-- > 0;) {
    const std::int64_t kernel = weight.size(static_cast<std::int64_t>(i) + 2);
    const std::int64_t total = same                   ? a.integers("dilation")[i] * (kernel - 1)
                               : a.is_text("padding") ? 0
                                                      : 2 * a.integers("padding")[i];
    widths.insert(widths.end(), {total / 2, total - total / 2});
  }
  return widths;
}

// LibTorch pads alike at both ends: what the end has more comes before.
ConvolutionBorder named_border(const at::Tensor& weight, const Attributes& a) {
  Sizes more = whole_border(weight, a), both(axes_of(weight));
  for (size_t i = 0; i < both.size(); ++i) {
    const size_t begin = 2 * (both.size() - 1 - i);
    both[i] = more[begin];
    more[begin + 1] -= both[i];
    more[begin] = 0;
  }
  const bool even = std::ranges::all_of(more, [](std::int64_t width) { return width == 0; });
  return {even ? Sizes() : more, "constant", both};
}

at::Tensor slide(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                 const Attributes& a, at::IntArrayRef padding) {
  const auto& stride = a.integers("stride");
  const auto& dilation = a.integers("dilation");
  const std::int64_t groups = a.integer("groups");
  switch (axes_of(weight)) {
    case 1: return at::conv1d(input, weight, bias, stride, padding, dilation, groups);
    case 2: return at::conv2d(input, weight, bias, stride, padding, dilation, groups);
    default: return at::conv3d(input, weight, bias, stride, padding, dilation, groups);
  }
}

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                    const Attributes& a, const std::string& mode) {
  const ConvolutionBorder border = border_of_convolution(input, weight, a, mode);
  return slide(border.add_to(input), weight, bias, a, border.padding);
}

at::Tensor spread(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                  const Attributes& a, const Sizes& more) {
  const auto &stride = a.integers("stride"), &padding = a.integers("padding"),
             &dilation = a.integers("dilation");
  const std::int64_t groups = a.integer("groups");
  switch (axes_of(weight)) {
    case 1: return at::conv_transpose1d(input, weight, bias, stride, padding, more, groups, dilation);
    case 2: return at::conv_transpose2d(input, weight, bias, stride, padding, more, groups, dilation);
    default: return at::conv_transpose3d(input, weight, bias, stride, padding, more, groups, dilation);
  }
}

Outputs conv(const KernelContext& k) {
  return {convolve(k.input(), k.parameter("weight"), k.parameter("bias"), k.attributes,
                   k.attributes.text("padding_mode"))};
}

Outputs conv_transpose(const KernelContext& k) {
  const at::Tensor weight = k.parameter("weight");
  return {spread(k.input(), weight, k.parameter("bias"), k.attributes, output_padding_of_layer(k, weight))};
}

Outputs conv_call(const KernelContext& k) {
  return {convolve(k.input(), k.input(1), k.input(2), k.attributes, "zeros")};
}

Outputs conv_transpose_call(const KernelContext& k) {
  return {spread(k.input(), k.input(1), k.input(2), k.attributes, k.attributes.integers("output_padding"))};
}

constexpr KernelEntry kConvolutionKernels[] = {
    {"Conv1d", conv},
    {"Conv2d", conv},
    {"Conv3d", conv},
    {"ConvTranspose1d", conv_transpose},
    {"ConvTranspose2d", conv_transpose},
    {"ConvTranspose3d", conv_transpose},
    {"conv1d", conv_call},
    {"conv2d", conv_call},
    {"conv3d", conv_call},
    {"conv_transpose1d", conv_transpose_call},
    {"conv_transpose2d", conv_transpose_call},
    {"conv_transpose3d", conv_transpose_call},
};

}  // namespace

at::Tensor ConvolutionBorder::add_to(const at::Tensor& input) const {
  return border.empty() ? input : at::pad(input, border, mode);
}

ConvolutionBorder border_of_convolution(const at::Tensor& input, const at::Tensor& weight,
                                        const Attributes& a, const std::string& mode) {
  const Sizes none(axes_of(weight), 0);
  if (mode != "zeros") return {whole_border(weight, a), mode, none};
  if (a.is_text("padding")) return named_border(weight, a);
  if (windows_in_padding(input, weight, a)) return {whole_border(weight, a), "constant", none};
  return {{}, "constant", a.integers("padding")};
}

std::vector<std::int64_t> output_padding_of_layer(const KernelContext& k, const at::Tensor& weight) {
  const Attributes& a = k.attributes;
  if (!a.has("output_size")) return a.integers("output_padding");
  const Sizes wanted = k.sizes("output_size");
  const size_t axes = axes_of(weight);
  TORCH_CHECK(wanted.size() >= axes, "output_size needs ", axes, " sizes");
  Sizes more;
  for (size_t i = 0; i < axes; ++i) {
    const std::int64_t size = k.input().size(static_cast<std::int64_t>(i) - static_cast<std::int64_t>(axes));
    const std::int64_t kernel = weight.size(static_cast<std::int64_t>(i) + 2);
    const std::int64_t extent = a.integers("dilation")[i] * (kernel - 1) + 1;
    const std::int64_t least = (size - 1) * a.integers("stride")[i] + extent - 2 * a.integers("padding")[i];
    more.push_back(wanted[wanted.size() - axes + i] - least);
  }
  return more;
}

std::span<const KernelEntry> convolution_kernels() { return kConvolutionKernels; }

}  // namespace orrery
