
#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/pointwise.h"

namespace orrery {
namespace {

at::Tensor relu_backward(Given g, Given y) { return at::threshold_backward(g, y, 0); }
at::Tensor relu6_backward(Given g, Given y) { return at::hardtanh_backward(g, y, 0, 6); }

// Which side of 0 the input was on is seen of the output, unless the slope is negative.
at::Tensor leaky_relu_backward(Given g, Given y, const Attributes& a) {
  return at::leaky_relu_backward(g, y, a.real("negative_slope"), true);
}

bool slope_keeps_side(const KernelContext& k) { return k.attributes.real("negative_slope") >= 0; }

at::Tensor hardtanh_backward(Given g, Given y, const Attributes& a) {
  return at::hardtanh_backward(g, y, a.real("min_val"), a.real("max_val"));
}

at::Tensor hardshrink_backward(Given g, Given y, const Attributes& a) {
  return at::hardshrink_backward(g, y, a.real("lambd"));
}

at::Tensor softshrink_backward(Given g, Given x, const Attributes& a) {
  return at::softshrink_backward(g, x, a.real("lambd"));
}

at::Tensor threshold_backward(Given g, Given x, const Attributes& a) {
  return at::threshold_backward(g, x, a.real("threshold"));
}

at::Tensor elu_backward(Given g, Given x, const Attributes& a) {
  return at::elu_backward(g, a.real("alpha"), 1, 1, false, x);
}

at::Tensor selu_backward(Given g, Given x) {
  constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
  constexpr double kSeluScale = 1.0507009873554804934193349852946;
  return at::elu_backward(g, kSeluAlpha, kSeluScale, 1, false, x);
}

// LibTorch's derivative inverts alpha as it is in float32.
at::Tensor celu_backward(Given g, Given x, const Attributes& a) {
  const double alpha = a.real("alpha");
  return at::elu_backward(g, alpha, 1, 1.0 / static_cast<float>(alpha), false, x);
}

at::Tensor gelu_backward(Given g, Given x, const Attributes& a) {
  return at::gelu_backward(g, x, a.text("approximate"));
}

at::Tensor softplus_backward(Given g, Given x, const Attributes& a) {
  return at::softplus_backward(g, x, a.real("beta"), a.real("threshold"));
}

at::Tensor softsign_backward(Given g, Given x) {
  const at::Tensor divisor = x.abs() + 1;
  return g / divisor + (-g * ((x / divisor) / divisor)) * x.sgn();
}

at::Tensor tanhshrink_backward(Given g, Given x) { return g + at::tanh_backward(-g, x.tanh()); }

at::Tensor softmax_along(Given g, Given y, std::int64_t dim) {
  return at::_softmax_backward_data(g, y, dim, y.scalar_type());
}

at::Tensor softmax_backward(Given g, Given y, const Attributes& a) {
  return softmax_along(g, y, a.integer("dim"));
}

at::Tensor softmin_backward(Given g, Given y, const Attributes& a) { return -softmax_backward(g, y, a); }
at::Tensor softmax2d_backward(Given g, Given y) { return softmax_along(g, y, -3); }

at::Tensor log_softmax_backward(Given g, Given y, const Attributes& a) {
  return at::_log_softmax_backward_data(g, y, a.integer("dim"), y.scalar_type());
}

at::Tensor glu_backward(Given g, Given x, const Attributes& a) {
  return at::glu_backward(g, x, a.integer("dim"));
}

Kept log_sigmoid_keeping_buffer(const KernelContext& k) {
  const auto [output, buffer] = at::log_sigmoid_forward(k.input());
  return {{output}, {buffer}};
}

std::vector<at::Tensor> log_sigmoid_backward(const DerivativeContext& d) {
  return d.result({at::log_sigmoid_backward(d.gradient(), d.call.input(), d.kept[0])});
}

std::vector<at::Tensor> rrelu_backward(const DerivativeContext& d, bool training) {
  const at::Tensor& slopes = d.kept[0];
  const auto as_slopes = [&](const at::Tensor& tensor) { return tensor.to(slopes.scalar_type()); };
  const Attributes& a = d.call.attributes;
  return d.result({d.for_input(
      0, at::rrelu_with_noise_backward(as_slopes(d.gradient()), as_slopes(d.call.input()), slopes,
                                       a.real("lower"), a.real("upper"), training, false))});
}

// The slopes are drawn while training; LibTorch draws none in float16 on a processor.
Kept rrelu_keeping_slopes(const KernelContext& k, bool training) {
  const bool half = training && k.input().is_cpu() && k.input().scalar_type() == at::kHalf;
  const at::Tensor input = half ? k.input().to(at::kFloat) : k.input();
  at::Tensor slopes = at::empty_like(input, at::MemoryFormat::Contiguous);
  const Attributes& a = k.attributes;
  const at::Tensor output = at::rrelu_with_noise(input, slopes, a.real("lower"), a.real("upper"), training);
  return {{output.to(k.input().scalar_type())}, {slopes}};
}

bool has_ordered_slopes(const KernelContext& k) {
  return k.attributes.real("lower") <= k.attributes.real("upper");
}

Kept rrelu_layer_keeping(const KernelContext& k) { return rrelu_keeping_slopes(k, k.training); }
Kept rrelu_method_keeping(const KernelContext& k) {
  return rrelu_keeping_slopes(k, k.attributes.boolean("training"));
}

std::vector<at::Tensor> rrelu_layer_backward(const DerivativeContext& d) {
  return rrelu_backward(d, d.call.training);
}

std::vector<at::Tensor> rrelu_method_backward(const DerivativeContext& d) {
  return rrelu_backward(d, d.call.attributes.boolean("training"));
}

struct SlopeGradients {
  at::Tensor of_input, of_slopes;
};

// One slope for everything, or one for each channel: dimension 1.
SlopeGradients prelu_gradients(const DerivativeContext& d, const at::Tensor& slopes) {
  const at::Tensor& x = d.call.input();
  std::vector<std::int64_t> sizes(static_cast<size_t>(x.dim()), 1);
  if (x.dim() > 1) sizes[1] = slopes.numel();
  auto [of_input, of_slopes] = at::_prelu_kernel_backward(d.gradient(), x, slopes.reshape(sizes));
  return {of_input, of_slopes.sum_to_size(sizes).view(slopes.sizes())};
}

std::vector<at::Tensor> prelu_layer_backward(const DerivativeContext& d) {
  const auto [of_input, of_slopes] = prelu_gradients(d, d.call.parameter("weight"));
  return d.result({of_input}, {{"weight", of_slopes}});
}

std::vector<at::Tensor> prelu_method_backward(const DerivativeContext& d) {
  const auto [of_input, of_slopes] = prelu_gradients(d, d.call.input(1));
  return d.result({of_input, of_slopes});
}

constexpr DerivativeEntry kActivationDerivatives[] = {
    from_output<relu_backward>("ReLU"),
    from_output<relu_backward>("relu"),
    from_output<relu6_backward>("ReLU6"),
    from_output<relu6_backward>("relu6"),
    {"LeakyReLU", backward_from_output<leaky_relu_backward>, {.outputs = true}, nullptr, slope_keeps_side},
    {"leaky_relu", backward_from_output<leaky_relu_backward>, {.outputs = true}, nullptr, slope_keeps_side},
    from_output<hardtanh_backward>("Hardtanh"),
    from_output<hardtanh_backward>("hardtanh"),
    from_input<at::hardswish_backward>("Hardswish"),
    from_input<at::hardswish_backward>("hardswish"),
    from_input<at::hardsigmoid_backward>("Hardsigmoid"),
    from_input<at::hardsigmoid_backward>("hardsigmoid"),
    from_output<hardshrink_backward>("Hardshrink"),
    from_output<hardshrink_backward>("hardshrink"),
    from_input<softshrink_backward>("Softshrink"),
    from_input<softshrink_backward>("softshrink"),
    from_input<threshold_backward>("Threshold"),
    from_input<threshold_backward>("threshold"),
    from_output<at::tanh_backward>("Tanh"),
    from_output<at::tanh_backward>("tanh"),
    from_output<at::sigmoid_backward>("Sigmoid"),
    from_output<at::sigmoid_backward>("sigmoid"),
    from_input<elu_backward>("ELU"),
    from_input<elu_backward>("elu"),
    from_input<selu_backward>("SELU"),
    from_input<selu_backward>("selu"),
    from_input<celu_backward>("CELU"),
    from_input<celu_backward>("celu"),
    from_input<gelu_backward>("GELU"),
    from_input<gelu_backward>("gelu"),
    from_input<at::silu_backward>("SiLU"),
    from_input<at::silu_backward>("silu"),
    from_input<at::mish_backward>("Mish"),
    from_input<at::mish_backward>("mish"),
    from_input<softplus_backward>("Softplus"),
    from_input<softplus_backward>("softplus"),
    from_input<softsign_backward>("Softsign"),
    from_input<softsign_backward>("softsign"),
    from_input<tanhshrink_backward>("Tanhshrink"),
    from_input<tanhshrink_backward>("tanhshrink"),
    {"LogSigmoid", log_sigmoid_backward, {.inputs = 1}, log_sigmoid_keeping_buffer},
    {"logsigmoid", log_sigmoid_backward, {.inputs = 1}, log_sigmoid_keeping_buffer},
    from_output<softmax_backward>("Softmax"),
    from_output<softmax_backward>("softmax"),
    from_output<log_softmax_backward>("LogSoftmax"),
    from_output<log_softmax_backward>("log_softmax"),
    from_output<softmin_backward>("Softmin"),
    from_output<softmin_backward>("softmin"),
    from_output<softmax2d_backward>("Softmax2d"),
    from_input<glu_backward>("GLU"),
    from_input<glu_backward>("glu"),
    {"RReLU", rrelu_layer_backward, {.inputs = 1}, rrelu_layer_keeping, has_ordered_slopes},
    {"rrelu", rrelu_method_backward, {.inputs = 1}, rrelu_method_keeping, has_ordered_slopes},
    {"PReLU", prelu_layer_backward, {.inputs = 1}},
    {"prelu", prelu_method_backward, {.inputs = 3}},
};

}  // namespace

std::span<const DerivativeEntry> activation_derivatives() { return kActivationDerivatives; }

}  // namespace orrery
