#include "runtime/engine/kernels/pooling.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/placeholder.h"
#include "runtime/engine/kernels/derivatives/pooling.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// LibTorch pools one axis as two, of which the first has one place.
Sizes beside_one(Sizes sizes, std::int64_t value) {
  sizes.insert(sizes.begin(), value);
  return sizes;
}

Kept kept_pair(const PooledPair& pair, const KernelContext& k) {
  return {listed_pair(pair, k.attributes), {std::get<1>(pair)}};
}

template <int Axes>
Kept max_pool_keeping(const KernelContext& k) {
  return kept_pair(max_pool_indexed<Axes>(k.input(), k.attributes), k);
}

template <int Axes>
std::vector<at::Tensor> max_pool_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const Sizes &kernel = a.integers("kernel_size"), &stride = pooling_stride(a),
              &padding = a.integers("padding"), &dilation = a.integers("dilation");
  const at::Tensor &g = d.gradient(), &indices = d.kept[0], input = placeholder(d.sizes(), g);
  const bool ceil = a.boolean("ceil_mode");
  if constexpr (Axes == 1)
    return d.result({at::max_pool2d_with_indices_backward(
                         g.unsqueeze(-2), input.unsqueeze(-2), beside_one(kernel, 1), beside_one(stride, 1),
                         beside_one(padding, 0), beside_one(dilation, 1), ceil, indices.unsqueeze(-2))
                         .squeeze(-2)});
  if constexpr (Axes == 2)
    return d.result(
        {at::max_pool2d_with_indices_backward(g, input, kernel, stride, padding, dilation, ceil, indices)});
  if constexpr (Axes == 3)
    return d.result(
        {at::max_pool3d_with_indices_backward(g, input, kernel, stride, padding, dilation, ceil, indices)});
}

template <int Axes>
at::Tensor average_gradient(const at::Tensor& g, const Attributes& a, at::IntArrayRef sizes,
                            const Sizes& padding, bool include_pad, std::optional<std::int64_t> divisor) {
  const Sizes &kernel = a.integers("kernel_size"), &stride = pooling_stride(a);
  const at::Tensor input = placeholder(sizes, g);
  const bool ceil = a.boolean("ceil_mode");
  if constexpr (Axes == 1)
    return at::avg_pool2d_backward(g.unsqueeze(-2), input.unsqueeze(-2), beside_one(kernel, 1),
                                   beside_one(stride, 1), beside_one(padding, 0), ceil, include_pad, divisor)
        .squeeze(-2);
  if constexpr (Axes == 2)
    return at::avg_pool2d_backward(g, input, kernel, stride, padding, ceil, include_pad, divisor);
  if constexpr (Axes == 3)
    return at::avg_pool3d_backward(g, input, kernel, stride, padding, ceil, include_pad, divisor);
}

template <int Axes>
std::vector<at::Tensor> avg_pool_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  std::optional<std::int64_t> divisor;
  if constexpr (Axes > 1) divisor = optional_integer(a, "divisor_override");
  return d.result({average_gradient<Axes>(d.gradient(), a, d.sizes(), a.integers("padding"),
                                          a.boolean("count_include_pad"), divisor)});
}

bool wide_enough_to_average(const KernelContext& k) { return !too_narrow_to_average(k.input()); }

// y = sum^(1/p), sum = area * mean of x^p. The power's slope at 0 does not come through, as sign and relu are
// flat there.
template <int Axes>
std::vector<at::Tensor> lp_pool_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const at::Tensor& x = d.call.input();
  const at::Scalar power = number(a, "norm_type");
  const double p = power.toDouble();
  const Sizes none(Axes, 0);
  const std::int64_t area = c10::multiply_integers(a.integers("kernel_size"));
  const at::Tensor mean = average_pool<Axes>(x.pow(power), a, none, true, {});
  const at::Tensor of_mean =
      (d.gradient() * (1 / p) * mean.mul(area).pow(1 / p - 1) * area).masked_fill(mean == 0, 0);
  const at::Tensor of_powers = average_gradient<Axes>(of_mean, a, d.sizes(), none, true, {});
  return d.result({of_powers * x.pow(p - 1) * p});
}

bool covers_lp_pool(const KernelContext& k) {
  return wide_enough_to_average(k) && number(k.attributes, "norm_type").toDouble() > 0;
}

template <int Axes>
std::vector<at::Tensor> adaptive_avg_backward(const DerivativeContext& d) {
  return d.result({adaptive_average_backward(d.gradient(), d.sizes(), Axes)});
}

template <int Axes>
Kept adaptive_max_keeping(const KernelContext& k) {
  return kept_pair(adaptive_max_indexed<Axes>(k), k);
}

template <int Axes>
std::vector<at::Tensor> adaptive_max_backward(const DerivativeContext& d) {
  const at::Tensor &g = d.gradient(), &indices = d.kept[0], input = placeholder(d.sizes(), g);
  if constexpr (Axes == 1)
    return d.result(
        {at::adaptive_max_pool2d_backward(g.unsqueeze(-2), input.unsqueeze(-2), indices.unsqueeze(-2))
             .squeeze(-2)});
  if constexpr (Axes == 2) return d.result({at::adaptive_max_pool2d_backward(g, input, indices)});
  if constexpr (Axes == 3) return d.result({at::adaptive_max_pool3d_backward(g, input, indices)});
}

template <int Axes>
Kept fractional_max_keeping(const KernelContext& k) {
  return kept_pair(fractional_max_indexed<Axes>(k), k);
}

template <int Axes>
std::vector<at::Tensor> fractional_max_backward(const DerivativeContext& d) {
  const auto& kernel = d.call.attributes.integers("kernel_size");
  const at::Tensor &g = d.gradient(), input = placeholder(d.sizes(), g);
  const at::IntArrayRef size = g.sizes().slice(g.sizes().size() - Axes);
  if constexpr (Axes == 2)
    return d.result({at::fractional_max_pool2d_backward(g, input, kernel, size, d.kept[0])});
  if constexpr (Axes == 3)
    return d.result({at::fractional_max_pool3d_backward(g, input, kernel, size, d.kept[0])});
}

// Each value is where its index says.
template <int Axes>
std::vector<at::Tensor> max_unpool_backward(const DerivativeContext& d) {
  const at::Tensor& indices = d.call.input(1);
  return d.result({d.gradient().flatten(-Axes).gather(-1, indices.flatten(-Axes)).view(d.sizes())});
}

constexpr DerivativeEntry kPoolingDerivatives[] = {
    {"MaxPool1d", max_pool_backward<1>, {}, max_pool_keeping<1>},
    {"MaxPool2d", max_pool_backward<2>, {}, max_pool_keeping<2>},
    {"MaxPool3d", max_pool_backward<3>, {}, max_pool_keeping<3>},
    {"max_pool1d", max_pool_backward<1>, {}, max_pool_keeping<1>},
    {"max_pool2d", max_pool_backward<2>, {}, max_pool_keeping<2>},
    {"max_pool3d", max_pool_backward<3>, {}, max_pool_keeping<3>},
    {"AvgPool1d", avg_pool_backward<1>},
    {"AvgPool2d", avg_pool_backward<2>},
    {"AvgPool3d", avg_pool_backward<3>, {}, nullptr, wide_enough_to_average},
    {"avg_pool1d", avg_pool_backward<1>},
    {"avg_pool2d", avg_pool_backward<2>},
    {"avg_pool3d", avg_pool_backward<3>, {}, nullptr, wide_enough_to_average},
    {"LPPool1d", lp_pool_backward<1>, {.inputs = 1}, nullptr, covers_lp_pool},
    {"LPPool2d", lp_pool_backward<2>, {.inputs = 1}, nullptr, covers_lp_pool},
    {"LPPool3d", lp_pool_backward<3>, {.inputs = 1}, nullptr, covers_lp_pool},
    {"lp_pool1d", lp_pool_backward<1>, {.inputs = 1}, nullptr, covers_lp_pool},
    {"lp_pool2d", lp_pool_backward<2>, {.inputs = 1}, nullptr, covers_lp_pool},
    {"lp_pool3d", lp_pool_backward<3>, {.inputs = 1}, nullptr, covers_lp_pool},
    {"AdaptiveAvgPool1d", adaptive_avg_backward<1>},
    {"AdaptiveAvgPool2d", adaptive_avg_backward<2>},
    {"AdaptiveAvgPool3d", adaptive_avg_backward<3>},
    {"adaptive_avg_pool1d", adaptive_avg_backward<1>},
    {"adaptive_avg_pool2d", adaptive_avg_backward<2>},
    {"adaptive_avg_pool3d", adaptive_avg_backward<3>},
    {"AdaptiveMaxPool1d", adaptive_max_backward<1>, {}, adaptive_max_keeping<1>},
    {"AdaptiveMaxPool2d", adaptive_max_backward<2>, {}, adaptive_max_keeping<2>},
    {"AdaptiveMaxPool3d", adaptive_max_backward<3>, {}, adaptive_max_keeping<3>},
    {"adaptive_max_pool1d", adaptive_max_backward<1>, {}, adaptive_max_keeping<1>},
    {"adaptive_max_pool2d", adaptive_max_backward<2>, {}, adaptive_max_keeping<2>},
    {"adaptive_max_pool3d", adaptive_max_backward<3>, {}, adaptive_max_keeping<3>},
    {"FractionalMaxPool2d", fractional_max_backward<2>, {}, fractional_max_keeping<2>},
    {"FractionalMaxPool3d", fractional_max_backward<3>, {}, fractional_max_keeping<3>},
    {"fractional_max_pool2d", fractional_max_backward<2>, {}, fractional_max_keeping<2>},
    {"fractional_max_pool3d", fractional_max_backward<3>, {}, fractional_max_keeping<3>},
    {"MaxUnpool1d", max_unpool_backward<1>, {.inputs = 2}},
    {"MaxUnpool2d", max_unpool_backward<2>, {.inputs = 2}},
    {"MaxUnpool3d", max_unpool_backward<3>, {.inputs = 2}},
    {"max_unpool1d", max_unpool_backward<1>, {.inputs = 2}},
    {"max_unpool2d", max_unpool_backward<2>, {.inputs = 2}},
    {"max_unpool3d", max_unpool_backward<3>, {.inputs = 2}},
};

}  // namespace

// LibTorch takes the plain mean where one place is left.
at::Tensor adaptive_average_backward(const at::Tensor& gradient, at::IntArrayRef sizes, int axes) {
  const auto places = static_cast<size_t>(axes);
  const at::IntArrayRef left = gradient.sizes().slice(sizes.size() - places);
  if (c10::multiply_integers(left) == 1)
    return (gradient / c10::multiply_integers(sizes.slice(sizes.size() - places))).expand(sizes);
  const at::Tensor input = placeholder(sizes, gradient);
  if (axes == 1)
    return at::_adaptive_avg_pool2d_backward(gradient.unsqueeze(-2), input.unsqueeze(-2)).squeeze(-2);
  return axes == 2 ? at::_adaptive_avg_pool2d_backward(gradient, input)
                   : at::_adaptive_avg_pool3d_backward(gradient, input);
}

std::span<const DerivativeEntry> pooling_derivatives() { return kPoolingDerivatives; }

}  // namespace orrery
