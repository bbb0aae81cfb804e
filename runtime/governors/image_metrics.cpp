#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/metric_kinds.h"
#include "runtime/governors/optimizer_kinds.h"

namespace orrery {
namespace {

// Taken from the data, as torchmetrics may, it would depend on how they are cut into batches.
Attribute data_range() {
  Attribute range = amount("data_range", 0, "largest possible value less the smallest one");
  range.value = {};
  range.required = range.above_min = true;
  return range;
}

Attribute positive(std::string name, double value, std::string doc) {
  Attribute positive = amount(std::move(name), value, std::move(doc));
  positive.above_min = true;
  return positive;
}

void check_images(Metric& metric) {
  for (const Value& value : metric.values) check_floating(metric, value, "floating-point images");
  check_same_shape(metric);
}

void check_noise(Metric& metric) {
  check_images(metric);
  if (!metric.options.has("dim")) return;
  const auto rank = static_cast<std::int64_t>(metric.values[0].shape().size());
  for (const std::int64_t dim : metric.options.integers("dim"))
    if (dim < 1 || dim >= rank)
      metric.refuse(fmt::format("dimensions from 1 to {} as dim", rank - 1), std::to_string(dim),
                    "Dimension 0 holds the samples.");
}

// A Gaussian window is cut at 3.5 deviations.
std::int64_t window_size(const Attributes& options) {
  if (!options.boolean("gaussian_kernel")) return options.integer("kernel_size");
  return static_cast<std::int64_t>(3.5 * options.real("sigma") + 0.5) * 2 + 1;
}

void check_similarity(Metric& metric) {
  check_images(metric);
  const Shape& shape = metric.values[0].shape();
  if (shape.size() != 4) metric.refuse("images of shape (N, channels, height, width)", str(shape));
  if (metric.options.integer("kernel_size") % 2 == 0)
    metric.refuse("an odd kernel_size", std::to_string(metric.options.integer("kernel_size")));
  // Pictures go on over their borders as in a mirror, half a window far.
  const std::int64_t least = window_size(metric.options) / 2 + 1;
  for (const Dim& side : {shape[2], shape[3]})
    if (at_least(side, least) == Known::no)
      metric.refuse(fmt::format("images of at least {} by {}, half its window", least, least), str(shape));
}

MetricKind noise_ratio() {
  return {
      .name = "peak_signal_noise_ratio",
      .doc = "PSNR in decibels: of all numbers at once, or the mean over samples with dim.",
      .inputs = {"images", "targets"},
      .attributes = {data_range(),
                     positive("base", 10, "of the logarithm"),
                     {.name = "dim",
                      .type = AttributeType::integers,
                      .doc = "dimensions of one picture, such as { 1, 2, 3 }; none: all numbers at once"}},
      .larger_is_better = true,
      .check = check_noise};
}

MetricKind similarity() {
  return {.name = "structural_similarity_index_measure",
          .doc = "SSIM: the mean over samples, 1 for equal images.",
          .inputs = {"images", "targets"},
          .attributes = {switch_option("gaussian_kernel", true, "false: a window of equal weights"),
                         positive("sigma", 1.5, "deviation of the Gaussian window in pixels"),
                         whole_number("kernel_size", std::int64_t{11}, "side of the window of equal weights"),
                         data_range(), amount("k1", 0.01, "steadies the means"),
                         amount("k2", 0.03, "steadies the variances")},
          .larger_is_better = true,
          .check = check_similarity};
}

}  // namespace

std::vector<MetricKind> image_metrics() { return {noise_ratio(), similarity()}; }

}  // namespace orrery
