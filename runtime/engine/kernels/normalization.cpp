#include "runtime/engine/kernels/normalization.h"

#include <ATen/ATen.h>

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// The weight of this batch in the running statistics.
double momentum_of(const KernelContext& k) {
  if (!k.attributes.is_text("momentum")) return k.attributes.real("momentum");
  const at::Tensor& batches = k.parameter("num_batches_tracked");
  return k.training && batches.defined() ? 1 / batches.item<double>() : 0;
}

// The variance of one value means nothing.
void require_several_values(const at::Tensor& input) {
  if (input.numel() != input.size(1)) return;
  throw RuleBroken{"batch-norm-one-value", 0, "more than one value per channel while training",
                   fmt::format("an input of shape {}", str(shape_of(input.sizes().vec()))),
                   "Use larger batches, drop_last = true where the last one is short, or GroupNorm or "
                   "LayerNorm instead."};
}

Outputs batch_norm(const KernelContext& k) {
  const auto [of_batch, momentum] = begin_batch_norm(k);
  return {at::batch_norm(k.input(), k.parameter("weight"), k.parameter("bias"), k.parameter("running_mean"),
                         k.parameter("running_var"), of_batch, momentum, k.attributes.real("eps"),
                         at::globalContext().userEnabledCuDNN())};
}

template <int Unbatched>
Outputs instance_norm(const KernelContext& k) {
  const bool alone = k.input().dim() == Unbatched;
  const auto [of_batch, momentum] = instance_statistics(k);
  const at::Tensor output =
      at::instance_norm(alone ? k.input().unsqueeze(0) : k.input(), k.parameter("weight"),
                        k.parameter("bias"), k.parameter("running_mean"), k.parameter("running_var"),
                        of_batch, momentum, k.attributes.real("eps"), at::globalContext().userEnabledCuDNN());
  return {alone ? output.squeeze(0) : output};
}

Outputs layer_norm(const KernelContext& k) {
  return {at::layer_norm(k.input(), k.attributes.integers("normalized_shape"), k.parameter("weight"),
                         k.parameter("bias"), k.attributes.real("eps"),
                         at::globalContext().userEnabledCuDNN())};
}

Outputs rms_norm(const KernelContext& k) {
  const auto eps = k.attributes.has("eps") ? std::optional(k.attributes.real("eps")) : std::nullopt;
  const at::Tensor& weight = k.parameter("weight");
  return {at::rms_norm(k.input(), k.attributes.integers("normalized_shape"),
                       weight.defined() ? std::optional(weight) : std::nullopt, eps)};
}

// LibTorch 2.11 writes past its memory where channels lie last and the input's gradient is not asked for.
Outputs group_norm(const KernelContext& k) {
  const at::Tensor input = k.input().requires_grad() ? k.input() : k.input().contiguous();
  return {at::group_norm(input, k.attributes.integer("num_groups"), k.parameter("weight"),
                         k.parameter("bias"), k.attributes.real("eps"),
                         at::globalContext().userEnabledCuDNN())};
}

// The mean square of `size` neighbouring channels, by an average pool over (channels, places).
at::Tensor neighbourhood(const at::Tensor& input, std::int64_t size) {
  const at::Tensor squares = (input * input).reshape({input.size(0), 1, input.size(1), -1});
  const at::Tensor padded = at::constant_pad_nd(squares, {0, 0, size / 2, (size - 1) / 2});
  return at::avg_pool2d(padded, {size, 1}, {1, 1}).reshape(input.sizes());
}

Outputs local_response_norm(const KernelContext& k) {
  const Attributes& a = k.attributes;
  return {k.input() / response_base(k.input(), a).pow(a.real("beta"))};
}

Outputs normalize(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor norm =
      at::linalg_vector_norm(k.input(), a.real("p"), at::IntArrayRef(a.integer("dim")), true);
  return {k.input() / norm.clamp_min(a.real("eps")).expand_as(k.input())};
}

constexpr KernelEntry kNormalizationKernels[] = {
    {"BatchNorm1d", batch_norm},
    {"BatchNorm2d", batch_norm},
    {"BatchNorm3d", batch_norm},
    {"SyncBatchNorm", batch_norm},
    {"InstanceNorm1d", instance_norm<2>},
    {"InstanceNorm2d", instance_norm<3>},
    {"InstanceNorm3d", instance_norm<4>},
    {"LayerNorm", layer_norm},
    {"RMSNorm", rms_norm},
    {"GroupNorm", group_norm},
    {"LocalResponseNorm", local_response_norm},
    {"normalize", normalize},
};

}  // namespace

Statistics begin_batch_norm(const KernelContext& k) {
  const bool tracks = k.parameter("running_mean").defined();
  if (k.training) require_several_values(k.input());
  if (k.training && tracks) at::Tensor(k.parameter("num_batches_tracked")).add_(1);
  return {k.training || !tracks, momentum_of(k)};
}

// num_batches_tracked stays as it is, as in PyTorch.
Statistics instance_statistics(const KernelContext& k) {
  return {k.training || !k.parameter("running_mean").defined(),
          k.attributes.is_text("momentum") ? 0 : k.attributes.real("momentum")};
}

at::Tensor response_base(const at::Tensor& input, const Attributes& a) {
  return neighbourhood(input, a.integer("size")) * a.real("alpha") + a.real("k");
}

std::span<const KernelEntry> normalization_kernels() { return kNormalizationKernels; }

}  // namespace orrery
