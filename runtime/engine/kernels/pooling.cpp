#include "runtime/engine/kernels/pooling.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/options.h"
#include "runtime/engine/kernels/rule.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

// -1 stands for the input's own size.
template <int Axes>
std::vector<std::int64_t> wanted(const KernelContext& k) {
  std::vector<std::int64_t> sizes = k.attributes.integers("output_size");
  for (int axis = 0; axis < Axes; ++axis)
    if (sizes[axis] == -1) sizes[axis] = k.input().size(axis - Axes);
  return sizes;
}

template <int Axes>
std::vector<std::int64_t> fractional_sizes(const at::Tensor& x, const Attributes& a) {
  if (a.has("output_size")) return a.integers("output_size");
  const auto& ratios = a.reals("output_ratio");
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < Axes; ++axis) {
    const double ratio = ratios.size() == 1 ? ratios[0] : ratios[axis];
    sizes.push_back(static_cast<std::int64_t>(static_cast<double>(x.size(axis - Axes)) * ratio));
  }
  return sizes;
}

}  // namespace

const std::vector<std::int64_t>& pooling_stride(const Attributes& a) {
  return a.integers(a.has("stride") ? "stride" : "kernel_size");
}

std::vector<at::Tensor> listed_pair(const PooledPair& pair, const Attributes& a) {
  if (!a.boolean("return_indices")) return {std::get<0>(pair)};
  return {std::get<0>(pair), std::get<1>(pair)};
}

// LibTorch has no half precision here on a CPU: computed in single precision there.
bool too_narrow_to_average(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16);
}

template <int Axes>
PooledPair max_pool_indexed(const at::Tensor& x, const Attributes& a) {
  const auto &kernel = a.integers("kernel_size"), &padding = a.integers("padding"),
             &dilation = a.integers("dilation");
  const bool ceil = a.boolean("ceil_mode");
  if constexpr (Axes == 1)
    return at::max_pool1d_with_indices(x, kernel, pooling_stride(a), padding, dilation, ceil);
  if constexpr (Axes == 2)
    return at::max_pool2d_with_indices(x, kernel, pooling_stride(a), padding, dilation, ceil);
  if constexpr (Axes == 3)
    return at::max_pool3d_with_indices(x, kernel, pooling_stride(a), padding, dilation, ceil);
}

template <int Axes>
at::Tensor average_pool(const at::Tensor& x, const Attributes& a, at::IntArrayRef padding, bool include_pad,
                        std::optional<std::int64_t> divisor) {
  const auto& kernel = a.integers("kernel_size");
  const bool ceil = a.boolean("ceil_mode");
  if constexpr (Axes == 1) return at::avg_pool1d(x, kernel, pooling_stride(a), padding, ceil, include_pad);
  if constexpr (Axes == 2)
    return at::avg_pool2d(x, kernel, pooling_stride(a), padding, ceil, include_pad, divisor);
  if (Axes == 3 && too_narrow_to_average(x))
    return average_pool<Axes>(x.to(at::kFloat), a, padding, include_pad, divisor).to(x.scalar_type());
  return at::avg_pool3d(x, kernel, pooling_stride(a), padding, ceil, include_pad, divisor);
}

template <int Axes>
PooledPair adaptive_max_indexed(const KernelContext& k) {
  if constexpr (Axes == 1) return at::adaptive_max_pool1d(k.input(), wanted<1>(k));
  if constexpr (Axes == 2) return at::adaptive_max_pool2d(k.input(), wanted<2>(k));
  if constexpr (Axes == 3) return at::adaptive_max_pool3d(k.input(), wanted<3>(k));
}

template <int Axes>
PooledPair fractional_max_indexed(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Tensor& x = k.input();
  const std::int64_t batch = x.dim() == Axes + 1 ? 1 : x.size(0);
  const at::Tensor places = at::rand({batch, x.size(-Axes - 1), Axes}, x.options());
  const auto& kernel = a.integers("kernel_size");
  const auto sizes = fractional_sizes<Axes>(x, a);
  if constexpr (Axes == 2) return at::fractional_max_pool2d(x, kernel, sizes, places);
  if constexpr (Axes == 3) return at::fractional_max_pool3d(x, kernel, sizes, places);
}

template PooledPair max_pool_indexed<1>(const at::Tensor&, const Attributes&);
template PooledPair adaptive_max_indexed<1>(const KernelContext&);
template at::Tensor average_pool<1>(const at::Tensor&, const Attributes&, at::IntArrayRef, bool,
                                    std::optional<std::int64_t>);
template PooledPair max_pool_indexed<2>(const at::Tensor&, const Attributes&);
template PooledPair adaptive_max_indexed<2>(const KernelContext&);
template at::Tensor average_pool<2>(const at::Tensor&, const Attributes&, at::IntArrayRef, bool,
                                    std::optional<std::int64_t>);
template PooledPair max_pool_indexed<3>(const at::Tensor&, const Attributes&);
template PooledPair adaptive_max_indexed<3>(const KernelContext&);
template at::Tensor average_pool<3>(const at::Tensor&, const Attributes&, at::IntArrayRef, bool,
                                    std::optional<std::int64_t>);
template PooledPair fractional_max_indexed<2>(const KernelContext&);
template PooledPair fractional_max_indexed<3>(const KernelContext&);

namespace {

template <int Axes>
Outputs max_pool(const KernelContext& k) {
  const Attributes& a = k.attributes;
  // One dimension has no integers but beside their indices; two are quicker without.
  if (Axes != 2 || a.boolean("return_indices")) return listed_pair(max_pool_indexed<Axes>(k.input(), a), a);
  return {at::max_pool2d(k.input(), a.integers("kernel_size"), pooling_stride(a), a.integers("padding"),
                         a.integers("dilation"), a.boolean("ceil_mode"))};
}

template <int Axes>
Outputs avg_pool(const KernelContext& k) {
  const Attributes& a = k.attributes;
  std::optional<std::int64_t> divisor;
  if constexpr (Axes > 1) divisor = optional_integer(a, "divisor_override");
  return {average_pool<Axes>(k.input(), a, a.integers("padding"), a.boolean("count_include_pad"), divisor)};
}

template <int Axes>
Outputs lp_pool(const KernelContext& k) {
  const Attributes& a = k.attributes;
  const at::Scalar power = number(a, "norm_type");
  const at::Tensor mean =
      average_pool<Axes>(k.input().pow(power), a, std::vector<std::int64_t>(Axes, 0), true, {});
  std::int64_t area = 1;
  for (std::int64_t size : a.integers("kernel_size")) area *= size;
  return {(mean.sign() * mean.abs().relu()).mul(area).pow(1 / power.toDouble())};
}

template <int Axes>
Outputs adaptive_avg(const KernelContext& k) {
  if constexpr (Axes == 1) return {at::adaptive_avg_pool1d(k.input(), wanted<1>(k))};
  if constexpr (Axes == 2) return {at::adaptive_avg_pool2d(k.input(), wanted<2>(k))};
  if constexpr (Axes == 3) return {at::adaptive_avg_pool3d(k.input(), wanted<3>(k))};
}

template <int Axes>
Outputs adaptive_max(const KernelContext& k) {
  return listed_pair(adaptive_max_indexed<Axes>(k), k.attributes);
}

template <int Axes>
Outputs fractional_max(const KernelContext& k) {
  return listed_pair(fractional_max_indexed<Axes>(k), k.attributes);
}

template <int Axes>
std::vector<std::int64_t> unpooled_sizes(const KernelContext& k) {
  const Attributes& a = k.attributes;
  if (a.has("output_size")) {
    const auto sizes = k.sizes("output_size");
    TORCH_CHECK(sizes.size() >= Axes, "output_size needs ", Axes, " sizes");
    return {sizes.end() - Axes, sizes.end()};
  }
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < Axes; ++axis) {
    const std::int64_t between = (k.input().size(axis - Axes) - 1) * pooling_stride(a)[axis];
    sizes.push_back(between + a.integers("kernel_size")[axis] - 2 * a.integers("padding")[axis]);
  }
  return sizes;
}

// LibTorch reads and writes where sizes and indices of other ranks would lie.
template <int Axes>
Outputs max_unpool(const KernelContext& k) {
  expect_rule(Axes == 1 ? "MaxUnpool1d" : Axes == 2 ? "MaxUnpool2d" : "MaxUnpool3d", k);
  const at::Tensor &x = k.input(), &indices = k.input(1);
  const auto sizes = unpooled_sizes<Axes>(k);
  if constexpr (Axes == 1)
    return {at::max_unpool2d(x.unsqueeze(-1), indices.unsqueeze(-1), {sizes[0], 1}).squeeze(-1)};
  if constexpr (Axes == 2) return {at::max_unpool2d(x, indices, sizes)};
  if constexpr (Axes == 3)
    return {
        at::max_unpool3d(x, indices, sizes, pooling_stride(k.attributes), k.attributes.integers("padding"))};
}

constexpr KernelEntry kPoolingKernels[] = {
    {"MaxPool1d", max_pool<1>},
    {"MaxPool2d", max_pool<2>},
    {"MaxPool3d", max_pool<3>},
    {"max_pool1d", max_pool<1>},
    {"max_pool2d", max_pool<2>},
    {"max_pool3d", max_pool<3>},
    {"AvgPool1d", avg_pool<1>},
    {"AvgPool2d", avg_pool<2>},
    {"AvgPool3d", avg_pool<3>},
    {"avg_pool1d", avg_pool<1>},
    {"avg_pool2d", avg_pool<2>},
    {"avg_pool3d", avg_pool<3>},
    {"LPPool1d", lp_pool<1>},
    {"LPPool2d", lp_pool<2>},
    {"LPPool3d", lp_pool<3>},
    {"lp_pool1d", lp_pool<1>},
    {"lp_pool2d", lp_pool<2>},
    {"lp_pool3d", lp_pool<3>},
    {"AdaptiveAvgPool1d", adaptive_avg<1>},
    {"AdaptiveAvgPool2d", adaptive_avg<2>},
    {"AdaptiveAvgPool3d", adaptive_avg<3>},
    {"adaptive_avg_pool1d", adaptive_avg<1>},
    {"adaptive_avg_pool2d", adaptive_avg<2>},
    {"adaptive_avg_pool3d", adaptive_avg<3>},
    {"AdaptiveMaxPool1d", adaptive_max<1>},
    {"AdaptiveMaxPool2d", adaptive_max<2>},
    {"AdaptiveMaxPool3d", adaptive_max<3>},
    {"adaptive_max_pool1d", adaptive_max<1>},
    {"adaptive_max_pool2d", adaptive_max<2>},
    {"adaptive_max_pool3d", adaptive_max<3>},
    {"FractionalMaxPool2d", fractional_max<2>},
    {"FractionalMaxPool3d", fractional_max<3>},
    {"fractional_max_pool2d", fractional_max<2>},
    {"fractional_max_pool3d", fractional_max<3>},
    {"MaxUnpool1d", max_unpool<1>},
    {"MaxUnpool2d", max_unpool<2>},
    {"MaxUnpool3d", max_unpool<3>},
    {"max_unpool1d", max_unpool<1>},
    {"max_unpool2d", max_unpool<2>},
    {"max_unpool3d", max_unpool<3>},
};

}  // namespace

std::span<const KernelEntry> pooling_kernels() { return kPoolingKernels; }

}  // namespace orrery
