#include "renderers/styles/face_image.h"

#include <algorithm>
#include <cmath>

namespace orrery {
namespace {

constexpr double kMostFaceDots = 160;

/// A part of an image.
struct Crop {
  double x, y, width, height;
};

Crop crop_of(const Image& image, double aspect) {
  const auto width = static_cast<double>(image.width), height = static_cast<double>(image.height);
  const double w = std::min(width, height * aspect), h = std::min(height, width / aspect);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

// The mean of the dots that an area touches.
void mean_of(const Image& image, double left, double right, double top, double bottom, unsigned char* to) {
  const auto low = [](double at) { return static_cast<std::int64_t>(std::floor(at)); };
  const auto high = [](double at, std::int64_t most) {
    return std::min(most, static_cast<std::int64_t>(std::ceil(at)));
  };
  double sums[3] = {};
  std::int64_t count = 0;
  for (std::int64_t y = low(top); y < high(bottom, image.height); ++y)
    for (std::int64_t x = low(left); x < high(right, image.width); ++x, ++count)
      for (int c = 0; c < 3; ++c)
        sums[c] += std::to_integer<int>(image.pixels.data()[(y * image.width + x) * 3 + c]);
  for (int c = 0; c < 3; ++c)
    to[c] = static_cast<unsigned char>(
        std::lround(sums[c] / static_cast<double>(std::max<std::int64_t>(count, 1))));
}

void make_grey(Raster& raster) {
  for (size_t i = 0; i + 2 < raster.rgb.size(); i += 3) {
    const int grey = (299 * raster.rgb[i] + 587 * raster.rgb[i + 1] + 114 * raster.rgb[i + 2]) / 1000;
    std::fill_n(raster.rgb.begin() + static_cast<std::ptrdiff_t>(i), 3, static_cast<unsigned char>(grey));
  }
}

}  // namespace

std::shared_ptr<const Raster> face_image(const Image& image, const FeatureMap& map) {
  const bool known = map.width() > 0 && map.height() > 0;
  const Crop crop =
      crop_of(image, known ? map.width() / map.height()
                           : static_cast<double>(image.width) / static_cast<double>(image.height));
  const double by = std::min(1.0, kMostFaceDots / std::max(crop.width, crop.height));
  auto raster = std::make_shared<Raster>();
  raster->width = std::max(1, static_cast<int>(std::lround(crop.width * by)));
  raster->height = std::max(1, static_cast<int>(std::lround(crop.height * by)));
  raster->rgb.resize(static_cast<size_t>(raster->width) * static_cast<size_t>(raster->height) * 3);
  const double dx = crop.width / raster->width, dy = crop.height / raster->height;
  unsigned char* to = raster->rgb.data();
  for (int y = 0; y < raster->height; ++y)
    for (int x = 0; x < raster->width; ++x, to += 3)
      mean_of(image, crop.x + x * dx, crop.x + (x + 1) * dx, crop.y + y * dy, crop.y + (y + 1) * dy, to);
  if (map.channels == 1) make_grey(*raster);
  return raster;
}

}  // namespace orrery
