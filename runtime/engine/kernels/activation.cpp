#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// Functions of the input alone.
template <at::Tensor (*compute)(const at::Tensor&)>
Outputs plain(const KernelContext& k) {
  return {compute(k.input())};
}

at::Tensor softsign_of(const at::Tensor& x) { return x / (x.abs() + 1); }
at::Tensor tanhshrink_of(const at::Tensor& x) { return x - x.tanh(); }
at::Tensor softmax2d_of(const at::Tensor& x) { return at::softmax(x, -3); }

Outputs elu(const KernelContext& k) { return {at::elu(k.input(), k.attributes.real("alpha"))}; }
Outputs celu(const KernelContext& k) { return {at::celu(k.input(), k.attributes.real("alpha"))}; }
Outputs gelu(const KernelContext& k) { return {at::gelu(k.input(), k.attributes.text("approximate"))}; }
Outputs hardshrink(const KernelContext& k) { return {at::hardshrink(k.input(), k.attributes.real("lambd"))}; }
Outputs softshrink(const KernelContext& k) { return {at::softshrink(k.input(), k.attributes.real("lambd"))}; }

Outputs leaky_relu(const KernelContext& k) {
  return {at::leaky_relu(k.input(), k.attributes.real("negative_slope"))};
}

Outputs hardtanh(const KernelContext& k) {
  return {at::hardtanh(k.input(), k.attributes.real("min_val"), k.attributes.real("max_val"))};
}

Outputs softplus(const KernelContext& k) {
  return {at::softplus(k.input(), k.attributes.real("beta"), k.attributes.real("threshold"))};
}

Outputs threshold(const KernelContext& k) {
  return {at::threshold(k.input(), k.attributes.real("threshold"), k.attributes.real("value"))};
}

Outputs softmax(const KernelContext& k) {
  return {at::softmax(k.input(), k.attributes.integer("dim"), wanted_dtype(k.attributes))};
}

Outputs softmin(const KernelContext& k) {
  return {at::softmax(-k.input(), k.attributes.integer("dim"), wanted_dtype(k.attributes))};
}

Outputs log_softmax(const KernelContext& k) {
  return {at::log_softmax(k.input(), k.attributes.integer("dim"), wanted_dtype(k.attributes))};
}

Outputs glu(const KernelContext& k) { return {at::glu(k.input(), k.attributes.integer("dim"))}; }

// LibTorch draws no slopes in float16 on a processor.
Outputs rrelu(const KernelContext& k, bool training) {
  const bool half = training && k.input().is_cpu() && k.input().scalar_type() == at::kHalf;
  const at::Tensor input = half ? k.input().to(at::kFloat) : k.input();
  const at::Tensor output =
      at::rrelu(input, k.attributes.real("lower"), k.attributes.real("upper"), training);
  return {output.to(k.input().scalar_type())};
}

Outputs rrelu_layer(const KernelContext& k) { return rrelu(k, k.training); }
Outputs rrelu_method(const KernelContext& k) { return rrelu(k, k.attributes.boolean("training")); }

Outputs prelu_layer(const KernelContext& k) { return {at::prelu(k.input(), k.parameter("weight"))}; }
Outputs prelu_method(const KernelContext& k) { return {at::prelu(k.input(0), k.input(1))}; }

constexpr KernelEntry kActivationKernels[] = {
    {"ReLU", plain<at::relu>},
    {"relu", plain<at::relu>},
    {"ReLU6", plain<at::relu6>},
    {"relu6", plain<at::relu6>},
    {"LeakyReLU", leaky_relu},
    {"leaky_relu", leaky_relu},
    {"Hardtanh", hardtanh},
    {"hardtanh", hardtanh},
    {"Hardswish", plain<at::hardswish>},
    {"hardswish", plain<at::hardswish>},
    {"Hardsigmoid", plain<at::hardsigmoid>},
    {"hardsigmoid", plain<at::hardsigmoid>},
    {"Hardshrink", hardshrink},
    {"hardshrink", hardshrink},
    {"Softshrink", softshrink},
    {"softshrink", softshrink},
    {"Threshold", threshold},
    {"threshold", threshold},
    {"Tanh", plain<at::tanh>},
    {"tanh", plain<at::tanh>},
    {"Sigmoid", plain<at::sigmoid>},
    {"sigmoid", plain<at::sigmoid>},
    {"ELU", elu},
    {"elu", elu},
    {"SELU", plain<at::selu>},
    {"selu", plain<at::selu>},
    {"CELU", celu},
    {"celu", celu},
    {"GELU", gelu},
    {"gelu", gelu},
    {"SiLU", plain<at::silu>},
    {"silu", plain<at::silu>},
    {"Mish", plain<at::mish>},
    {"mish", plain<at::mish>},
    {"Softplus", softplus},
    {"softplus", softplus},
    {"Softsign", plain<softsign_of>},
    {"softsign", plain<softsign_of>},
    {"Tanhshrink", plain<tanhshrink_of>},
    {"tanhshrink", plain<tanhshrink_of>},
    {"LogSigmoid", plain<at::log_sigmoid>},
    {"logsigmoid", plain<at::log_sigmoid>},
    {"Softmax", softmax},
    {"softmax", softmax},
    {"LogSoftmax", log_softmax},
    {"log_softmax", log_softmax},
    {"Softmin", softmin},
    {"softmin", softmin},
    {"Softmax2d", plain<softmax2d_of>},
    {"GLU", glu},
    {"glu", glu},
    {"RReLU", rrelu_layer},
    {"rrelu", rrelu_method},
    {"PReLU", prelu_layer},
    {"prelu", prelu_method},
};

}  // namespace

std::span<const KernelEntry> activation_kernels() { return kActivationKernels; }

}  // namespace orrery
