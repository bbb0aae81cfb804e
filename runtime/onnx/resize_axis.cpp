#include "runtime/onnx/resize_axis.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace orrery {
namespace {

// Keys' cubic convolution (1981) at a distance; `a` is its slope at 1.
double cubic(double distance, double a) {
  const double x = std::abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0;
}

double triangle(double distance) { return std::clamp(1 - std::abs(distance), 0.0, 1.0); }

// While shrinking, the filter is stretched over all elements that a place of the output stands for.
std::vector<double> stretched(double ratio, double scale, int reach, auto filter) {
  const double factor = std::min(scale, 1.0);
  const int first = static_cast<int>(std::floor(-reach / factor)) + 1;
  std::vector<double> taps;
  for (int i = first; i < 2 - first; ++i) taps.push_back(filter((i - ratio) * factor));
  const double sum = std::accumulate(taps.begin(), taps.end(), 0.0);
  for (double& tap : taps) tap /= sum;
  return taps;
}

std::int64_t rounded(double position, const std::string& how) {
  if (how == "floor") return static_cast<std::int64_t>(std::floor(position));
  if (how == "ceil") return static_cast<std::int64_t>(std::ceil(position));
  if (how == "round_prefer_ceil") return static_cast<std::int64_t>(std::floor(position + 0.5));
  return static_cast<std::int64_t>(std::ceil(position - 0.5));
}

}  // namespace

double OnnxResize::position(const Axis& axis, std::int64_t place) const {
  const auto in = static_cast<double>(axis.in), at = static_cast<double>(place);
  const double out = axis.scale * in;  // not always whole
  if (coordinates == "align_corners") return out == 1 ? 0 : at * (in - 1) / (out - 1);
  if (coordinates == "asymmetric") return at / axis.scale;
  if (coordinates == "tf_half_pixel_for_nn") return (at + 0.5) / axis.scale;
  if (coordinates == "tf_crop_and_resize") {
    const double width = (axis.end - axis.start) * (in - 1);
    return axis.start * (in - 1) + (out == 1 ? width / 2 : at * width / (out - 1));
  }
  if (coordinates == "pytorch_half_pixel" && axis.out == 1) return 0;
  const double centred = (at + 0.5) / axis.scale - 0.5;
  if (coordinates != "half_pixel_symmetric") return centred;
  return in / 2 * (1 - static_cast<double>(axis.out) / out) + centred;
}

std::vector<std::int64_t> OnnxResize::sources(const Axis& axis) const {
  std::vector<std::int64_t> sources;
  for (std::int64_t place = 0; place < axis.out; ++place)
    sources.push_back(std::clamp<std::int64_t>(rounded(position(axis, place), nearest), 0, axis.in - 1));
  return sources;
}

std::vector<double> OnnxResize::taps(double ratio, double scale) const {
  const auto keys = [&](double distance) { return cubic(distance, cubic_a); };
  if (antialias)
    return mode == "cubic" ? stretched(ratio, scale, 2, keys) : stretched(ratio, scale, 1, triangle);
  if (mode == "linear") return {1 - ratio, ratio};
  return {keys(ratio + 1), keys(ratio), keys(1 - ratio), keys(2 - ratio)};
}

// A place on an element counts as the right end of the step before, as in the reference.
std::vector<double> OnnxResize::weights(const Axis& axis) const {
  std::vector<double> weights(static_cast<std::size_t>(axis.in * axis.out), 0.0);
  for (std::int64_t place = 0; place < axis.out; ++place) {
    const double position = this->position(axis, place), below = std::floor(position);
    const bool whole = position == below;
    std::vector<double> taps = this->taps(whole ? 1.0 : position - below, axis.scale);
    const auto count = static_cast<std::int64_t>(taps.size());
    std::int64_t first = static_cast<std::int64_t>(below);
    if (count % 2 == 0)
      first += whole ? -(count / 2) : -(count / 2) + 1;
    else
      first += position - below <= 0.5 ? -((count - 1) / 2) : -((count - 1) / 2) + 1;
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      double& tap = taps[static_cast<std::size_t>(i)];
      if (exclude_outside && (first + i < 0 || first + i >= axis.in)) tap = 0;
      sum += tap;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t source = std::clamp<std::int64_t>(first + i, 0, axis.in - 1);
      const double tap = taps[static_cast<std::size_t>(i)];
      weights[static_cast<std::size_t>(place * axis.in + source)] +=
          exclude_outside && sum != 0 ? tap / sum : tap;
    }
  }
  return weights;
}

std::vector<bool> OnnxResize::outside(const Axis& axis) const {
  std::vector<bool> outside;
  for (std::int64_t place = 0; place < axis.out; ++place) {
    const double position = this->position(axis, place);
    outside.push_back(position < 0 || position > static_cast<double>(axis.in - 1));
  }
  return outside;
}

}  // namespace orrery
