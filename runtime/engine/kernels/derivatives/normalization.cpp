#include "runtime/engine/kernels/normalization.h"

#include <array>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

using Tensors = std::vector<at::Tensor>;

// A layer's tensors as LibTorch's batch norm gets them.
struct NormTensors {
  at::Tensor weight, bias, mean, variance;

  explicit NormTensors(const KernelContext& k)
      : weight(k.parameter("weight")),
        bias(k.parameter("bias")),
        mean(k.parameter("running_mean")),
        variance(k.parameter("running_var")) {}
  // An instance norm is the batch norm of one row that has every instance's channels.
  void repeat(std::int64_t instances) {
    for (at::Tensor* tensor : {&weight, &bias, &mean, &variance})
      if (tensor->defined()) *tensor = tensor->repeat(instances);
  }
};

// The number says which of LibTorch's implementations it was.
Kept norm_keeping(const at::Tensor& input, const NormTensors& of, const Statistics& by, double eps) {
  auto [output, mean, deviation, reserve, implementation] =
      at::_batch_norm_impl_index(input, of.weight, of.bias, of.mean, of.variance, by.of_batch, by.momentum,
                                 eps, at::globalContext().userEnabledCuDNN());
  return {{output}, {mean, deviation, reserve, at::scalar_tensor(implementation, at::kLong)}};
}

std::array<bool, 3> asked_of_norm(const DerivativeContext& d) {
  return {d.wants(0), d.wants_parameter("weight"), d.wants_parameter("bias")};
}

using ThreeGradients = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

ThreeGradients norm_gradients(const DerivativeContext& d, const at::Tensor& input, const at::Tensor& gradient,
                              const NormTensors& of, bool of_batch) {
  return at::_batch_norm_impl_index_backward(d.kept[3].item<std::int64_t>(), input, gradient, of.weight,
                                             of.mean, of.variance, d.kept[0], d.kept[1], of_batch,
                                             d.call.attributes.real("eps"), asked_of_norm(d), d.kept[2]);
}

Tensors norm_layer_result(const DerivativeContext& d, const ThreeGradients& of) {
  return d.result({std::get<0>(of)}, {{"weight", std::get<1>(of)}, {"bias", std::get<2>(of)}});
}

Kept batch_norm_keeping(const KernelContext& k) {
  const Statistics by = begin_batch_norm(k);
  return norm_keeping(k.input(), NormTensors(k), by, k.attributes.real("eps"));
}

Tensors batch_norm_backward(const DerivativeContext& d) {
  const bool of_batch = d.call.training || !d.call.parameter("running_mean").defined();
  return norm_layer_result(d, norm_gradients(d, d.call.input(), d.gradient(), NormTensors(d.call), of_batch));
}

// (instances, channels, …) as one row; `unbatched`: the rank of a single instance.
at::Tensor as_one_row(const at::Tensor& tensor, int unbatched) {
  std::vector<std::int64_t> sizes = tensor.sizes().vec();
  if (tensor.dim() == unbatched)
    sizes.insert(sizes.begin(), 1);
  else
    sizes[1] *= std::exchange(sizes[0], 1);
  return tensor.contiguous().view(sizes);
}

std::int64_t instances_of(at::IntArrayRef sizes, int unbatched) {
  return static_cast<int>(sizes.size()) == unbatched ? 1 : sizes[0];
}

// As LibTorch does it: what each instance has made of the running statistics is averaged.
void average_into(at::Tensor running, const at::Tensor& repeated, std::int64_t instances) {
  if (running.defined()) running.copy_(repeated.view({instances, running.size(0)}).mean(0));
}

template <int Unbatched>
Kept instance_norm_keeping(const KernelContext& k) {
  const std::int64_t instances = instances_of(k.input().sizes(), Unbatched);
  NormTensors of(k);
  of.repeat(instances);
  Kept kept =
      norm_keeping(as_one_row(k.input(), Unbatched), of, instance_statistics(k), k.attributes.real("eps"));
  average_into(k.parameter("running_mean"), of.mean, instances);
  average_into(k.parameter("running_var"), of.variance, instances);
  kept.outputs[0] = kept.outputs[0].view(k.input().sizes());
  return kept;
}

at::Tensor over_instances(const at::Tensor& gradient, std::int64_t instances) {
  return gradient.defined() ? gradient.view({instances, -1}).sum(0) : gradient;
}

template <int Unbatched>
Tensors instance_norm_backward(const DerivativeContext& d) {
  const std::int64_t instances = instances_of(d.sizes(), Unbatched);
  NormTensors of(d.call);
  of.repeat(instances);
  const auto [of_input, of_weight, of_bias] =
      norm_gradients(d, as_one_row(d.call.input(), Unbatched), as_one_row(d.gradient(), Unbatched), of,
                     instance_statistics(d.call).of_batch);
  return norm_layer_result(d, {of_input.defined() ? of_input.reshape(d.sizes()) : of_input,
                               over_instances(of_weight, instances), over_instances(of_bias, instances)});
}

Kept layer_norm_keeping(const KernelContext& k) {
  auto [output, mean, deviation] =
      at::native_layer_norm(k.input(), k.attributes.integers("normalized_shape"), k.parameter("weight"),
                            k.parameter("bias"), k.attributes.real("eps"));
  return {{output}, {mean, deviation}};
}

Tensors layer_norm_backward(const DerivativeContext& d) {
  return norm_layer_result(d, at::native_layer_norm_backward(d.gradient(), d.call.input(),
                                                             d.call.attributes.integers("normalized_shape"),
                                                             d.kept[0], d.kept[1], d.call.parameter("weight"),
                                                             d.call.parameter("bias"), asked_of_norm(d)));
}

Kept rms_norm_keeping(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor& weight = k.parameter("weight");
  auto [output, reciprocal] = at::_fused_rms_norm(k.input(), a.integers("normalized_shape"),
                                                  weight.defined() ? std::optional(weight) : std::nullopt,
                                                  a.has("eps") ? std::optional(a.real("eps")) : std::nullopt);
  return {{output}, {reciprocal}};
}

// With y = x / rms(x): the part of the gradient along y does not come through.
Tensors rms_norm_backward(const DerivativeContext& d) {
  const at::Tensor &weight = d.call.parameter("weight"), &reciprocal = d.kept[0];
  const at::Tensor normed = d.call.input() * reciprocal;
  at::Tensor of_input, of_weight;
  if (d.wants_parameter("weight")) of_weight = (d.gradient() * normed).sum_to_size(weight.sizes());
  if (d.wants(0)) {
    const at::Tensor scaled = weight.defined() ? d.gradient() * weight : d.gradient();
    std::vector<std::int64_t> axes(d.call.attributes.integers("normalized_shape").size());
    for (size_t i = 0; i < axes.size(); ++i) axes[i] = -1 - static_cast<std::int64_t>(i);
    of_input = (scaled - normed * (scaled * normed).mean(axes, true)) * reciprocal;
  }
  return d.result({of_input}, {{"weight", of_weight}});
}

bool covers_rms_norm(const KernelContext& k) {
  return k.input().scalar_type() == at::kFloat || k.input().scalar_type() == at::kDouble;
}

// LibTorch's group norm takes its input in a row, last channels allowed.
at::Tensor in_a_row_for_groups(const at::Tensor& tensor, const at::Tensor& like) {
  return tensor.contiguous(like.is_cpu() ? like.suggest_memory_format() : at::MemoryFormat::Contiguous);
}

struct GroupSizes {
  std::int64_t batch, channels, places;
};

GroupSizes group_sizes(const at::Tensor& input) {
  const std::int64_t batch = input.size(0), channels = input.size(1);
  return {batch, channels, c10::multiply_integers(input.sizes().slice(2))};
}

Kept group_norm_keeping(const KernelContext& k) {
  const auto [batch, channels, places] = group_sizes(k.input());
  auto [output, mean, deviation] = at::native_group_norm(
      in_a_row_for_groups(k.input(), k.input()), k.parameter("weight"), k.parameter("bias"), batch, channels,
      places, k.attributes.integer("num_groups"), k.attributes.real("eps"));
  return {{output}, {mean, deviation}};
}

// As the kernel: LibTorch 2.11 needs the input's gradient asked for where channels lie last.
Tensors group_norm_backward(const DerivativeContext& d) {
  const at::Tensor input = d.wants(0) ? d.call.input() : d.call.input().contiguous();
  const auto [batch, channels, places] = group_sizes(input);
  return norm_layer_result(d, at::native_group_norm_backward(
                                  in_a_row_for_groups(d.gradient(), input), in_a_row_for_groups(input, input),
                                  d.kept[0], d.kept[1], d.call.parameter("weight"), batch, channels, places,
                                  d.call.attributes.integer("num_groups"), asked_of_norm(d)));
}

bool covers_norm_of_values(const KernelContext& k) { return k.input().numel() > 0; }

// What the mean over each channel's neighbours gives back to the channels.
at::Tensor neighbours_backward(const at::Tensor& gradient, std::int64_t size) {
  const at::Tensor planes = gradient.reshape({gradient.size(0), 1, gradient.size(1), -1});
  const at::Tensor padded = at::constant_pad_nd(planes, {0, 0, (size - 1) / 2, size / 2});
  return at::avg_pool2d(padded, {size, 1}, {1, 1}).reshape(gradient.sizes());
}

// y = x / base^beta, base = k + alpha * mean of the neighbours' squares.
Tensors local_response_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const at::Tensor& x = d.call.input();
  const at::Tensor base = response_base(x, a), direct = d.gradient() / base.pow(a.real("beta"));
  const at::Tensor of_base = -a.real("beta") * direct * x / base;
  const at::Tensor of_squares = neighbours_backward(of_base, a.integer("size")) * a.real("alpha");
  return d.result({direct + 2 * x * of_squares});
}

at::Tensor vector_norm_part(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& norm,
                            double p) {
  if (p == 1) return x.sign() * gradient;
  return x * (gradient / norm).masked_fill(norm == 0, 0);
}

Tensors normalize_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const at::Tensor& x = d.call.input();
  const double p = a.real("p"), eps = a.real("eps");
  const std::int64_t dim = a.integer("dim");
  const at::Tensor norm = at::linalg_vector_norm(x, p, at::IntArrayRef(dim), true),
                   divisor = norm.clamp_min(eps);
  const at::Tensor direct = d.gradient() / divisor;
  const at::Tensor of_divisor = -(direct * (x / divisor)).sum(dim, true);
  return d.result({direct + vector_norm_part(of_divisor.masked_fill(norm < eps, 0), x, norm, p)});
}

bool covers_normalize(const KernelContext& k) {
  return k.attributes.real("p") == 1 || k.attributes.real("p") == 2;
}

constexpr DerivativeEntry kNormalizationDerivatives[] = {
    {"BatchNorm1d", batch_norm_backward, {.inputs = 1}, batch_norm_keeping},
    {"BatchNorm2d", batch_norm_backward, {.inputs = 1}, batch_norm_keeping},
    {"BatchNorm3d", batch_norm_backward, {.inputs = 1}, batch_norm_keeping},
    {"SyncBatchNorm", batch_norm_backward, {.inputs = 1}, batch_norm_keeping},
    {"InstanceNorm1d",
     instance_norm_backward<2>,
     {.inputs = 1},
     instance_norm_keeping<2>,
     covers_norm_of_values},
    {"InstanceNorm2d",
     instance_norm_backward<3>,
     {.inputs = 1},
     instance_norm_keeping<3>,
     covers_norm_of_values},
    {"InstanceNorm3d",
     instance_norm_backward<4>,
     {.inputs = 1},
     instance_norm_keeping<4>,
     covers_norm_of_values},
    {"LayerNorm", layer_norm_backward, {.inputs = 1}, layer_norm_keeping},
    {"RMSNorm", rms_norm_backward, {.inputs = 1}, rms_norm_keeping, covers_rms_norm},
    {"GroupNorm", group_norm_backward, {.inputs = 1}, group_norm_keeping, covers_norm_of_values},
    {"LocalResponseNorm", local_response_backward, {.inputs = 1}},
    {"normalize", normalize_backward, {.inputs = 1}, nullptr, covers_normalize},
};

}  // namespace

std::span<const DerivativeEntry> normalization_derivatives() { return kNormalizationDerivatives; }

}  // namespace orrery
