#include "runtime/engine/kernels/convolution.h"

#include <array>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/derivatives/padding.h"

namespace orrery {
namespace {

struct ConvolutionCall {
  const at::Tensor& weight;
  std::array<bool, 3> wanted;  // of input, weight, bias
};

struct ConvolutionGradients {
  at::Tensor input, weight, bias;
};

// `output_padding` is none where the convolution is not transposed. LibTorch's derivative takes batches only.
ConvolutionGradients convolution_gradients(const DerivativeContext& d, const ConvolutionCall& call,
                                           const at::Tensor& input, const std::vector<std::int64_t>& padding,
                                           const std::vector<std::int64_t>* output_padding) {
  const Attributes& a = d.call.attributes;
  const std::vector<std::int64_t> none(padding.size(), 0);
  const bool alone = input.dim() < call.weight.dim();
  auto [of_input, of_weight, of_bias] = at::convolution_backward(
      alone ? d.gradient().unsqueeze(0) : d.gradient(), alone ? input.unsqueeze(0) : input, call.weight,
      at::IntArrayRef(d.gradient().size(alone ? 0 : 1)), a.integers("stride"), padding,
      a.integers("dilation"), output_padding != nullptr, output_padding ? *output_padding : none,
      a.integer("groups"), call.wanted);
  if (alone && of_input.defined()) of_input = of_input.squeeze(0);
  return {of_input, of_weight, of_bias};
}

ConvolutionGradients sliding_gradients(const DerivativeContext& d, const ConvolutionCall& call,
                                       const std::string& mode) {
  const at::Tensor& input = d.call.input();
  const ConvolutionBorder border = border_of_convolution(input, call.weight, d.call.attributes, mode);
  ConvolutionGradients of = convolution_gradients(d, call, border.add_to(input), border.padding, nullptr);
  if (of.input.defined() && !border.border.empty())
    of.input = pad_backward(of.input, d.sizes(), border.border, border.mode);
  return of;
}

ConvolutionCall layer_call(const DerivativeContext& d) {
  return {d.call.parameter("weight"), {d.wants(0), d.wants_parameter("weight"), d.wants_parameter("bias")}};
}

ConvolutionCall function_call(const DerivativeContext& d) {
  return {d.call.input(1), {d.wants(0), d.wants(1), d.wants(2)}};
}

std::vector<at::Tensor> convolution_layer_result(const DerivativeContext& d, const ConvolutionGradients& of) {
  return d.result({of.input}, {{"weight", of.weight}, {"bias", of.bias}});
}

std::vector<at::Tensor> conv_backward(const DerivativeContext& d) {
  return convolution_layer_result(
      d, sliding_gradients(d, layer_call(d), d.call.attributes.text("padding_mode")));
}

std::vector<at::Tensor> conv_transpose_backward(const DerivativeContext& d) {
  const ConvolutionCall call = layer_call(d);
  const auto more = output_padding_of_layer(d.call, call.weight);
  return convolution_layer_result(
      d, convolution_gradients(d, call, d.call.input(), d.call.attributes.integers("padding"), &more));
}

std::vector<at::Tensor> conv_call_backward(const DerivativeContext& d) {
  const ConvolutionGradients of = sliding_gradients(d, function_call(d), "zeros");
  return d.result({of.input, of.weight, of.bias});
}

std::vector<at::Tensor> conv_transpose_call_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const ConvolutionGradients of = convolution_gradients(d, function_call(d), d.call.input(),
                                                        a.integers("padding"), &a.integers("output_padding"));
  return d.result({of.input, of.weight, of.bias});
}

constexpr DerivativeEntry kConvolutionDerivatives[] = {
    {"Conv1d", conv_backward, {.inputs = 1}},
    {"Conv2d", conv_backward, {.inputs = 1}},
    {"Conv3d", conv_backward, {.inputs = 1}},
    {"ConvTranspose1d", conv_transpose_backward, {.inputs = 1}},
    {"ConvTranspose2d", conv_transpose_backward, {.inputs = 1}},
    {"ConvTranspose3d", conv_transpose_backward, {.inputs = 1}},
    {"conv1d", conv_call_backward, {.inputs = 3}},
    {"conv2d", conv_call_backward, {.inputs = 3}},
    {"conv3d", conv_call_backward, {.inputs = 3}},
    {"conv_transpose1d", conv_transpose_call_backward, {.inputs = 3}},
    {"conv_transpose2d", conv_transpose_call_backward, {.inputs = 3}},
    {"conv_transpose3d", conv_transpose_call_backward, {.inputs = 3}},
};

}  // namespace

std::span<const DerivativeEntry> convolution_derivatives() { return kConvolutionDerivatives; }

}  // namespace orrery
