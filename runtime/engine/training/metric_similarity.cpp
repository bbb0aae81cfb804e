#include <cmath>

#include <ATen/ATen.h>

#include "runtime/engine/training/metric_batches.h"

namespace orrery {
namespace {

// One side of the window; the window is its product with itself.
at::Tensor window_side(const Attributes& options, const at::TensorOptions& like) {
  if (!options.boolean("gaussian_kernel")) {
    const std::int64_t size = options.integer("kernel_size");
    return at::full({size}, 1.0 / static_cast<double>(size), like);
  }
  const double sigma = options.real("sigma");
  const auto reach = static_cast<std::int64_t>(3.5 * sigma + 0.5);
  const at::Tensor weights = at::arange(-reach, reach + 1, like).div(sigma).square().div(-2).exp();
  return weights / weights.sum();
}

// Windows reach over the borders, where pictures go on as in a mirror.
at::Tensor padded(const at::Tensor& images, std::int64_t reach) {
  return at::reflection_pad2d(images.to(at::kDouble), {reach, reach, reach, reach});
}

// Means over windows, of each channel by itself.
at::Tensor windowed(const at::Tensor& images, const at::Tensor& side) {
  const std::int64_t channels = images.size(1);
  const at::Tensor window = side.expand({channels, 1, 1, side.size(0)});
  const auto along = [&](const at::Tensor& values, const at::Tensor& weights) {
    return at::_ops::conv2d::call(values, weights, {}, {1, 1}, {0, 0}, {1, 1}, channels);
  };
  return along(along(images, window), window.transpose(2, 3));
}

}  // namespace

MetricSum::Share similarities_of_batch(const Metric& metric, const std::vector<at::Tensor>& values,
                                       std::int64_t) {
  const Attributes& options = metric.options;
  const double range = options.real("data_range");
  const double c1 = std::pow(options.real("k1") * range, 2), c2 = std::pow(options.real("k2") * range, 2);
  // The variances are differences of large numbers.
  const at::Tensor side = window_side(options, values.at(0).options().dtype(at::kDouble));
  const std::int64_t reach = side.size(0) / 2;
  const at::Tensor x = padded(values.at(0), reach), y = padded(values.at(1), reach);
  const at::Tensor mean_x = windowed(x, side), mean_y = windowed(y, side), means = mean_x * mean_y;
  const at::Tensor variance_x = (windowed(x * x, side) - mean_x.square()).clamp_min(0);
  const at::Tensor variance_y = (windowed(y * y, side) - mean_y.square()).clamp_min(0);
  const at::Tensor covariance = windowed(x * y, side) - means;
  const at::Tensor similarity = (2 * means + c1) * (2 * covariance + c2) /
                                ((mean_x.square() + mean_y.square() + c1) * (variance_x + variance_y + c2));
  return {similarity.mean({1, 2, 3}).sum(), x.size(0)};
}

}  // namespace orrery
