#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/engine/data/image_transforms.h"

namespace orrery {
namespace {

constexpr std::int64_t kRows = -2, kColumns = -1;

// Calls the action with the image as floats and a batch in front, and undoes both.
template <class Action>
at::Tensor on_batch(const at::Tensor& image, Action action) {
  const bool floating = image.is_floating_point();
  std::vector<std::int64_t> sizes(image.sizes().begin(), image.sizes().end());
  const at::Tensor batch = image.reshape({-1, image.size(-3), image.size(-2), image.size(-1)})
                               .to(floating ? image.scalar_type() : at::kFloat);
  at::Tensor made = action(batch);
  if (image.scalar_type() == at::kByte) made = made.round().clamp(0, 255);
  sizes[sizes.size() - 2] = made.size(-2);
  sizes[sizes.size() - 1] = made.size(-1);
  return made.to(image.scalar_type()).reshape(sizes);
}

// The place in 0 … size-1 that the border shows at `at`, outside of it.
std::int64_t mirrored(std::int64_t at, std::int64_t size, const std::string& mode) {
  if (mode == "edge") return std::clamp<std::int64_t>(at, 0, size - 1);
  const bool twice = mode == "symmetric";  // the outermost pixel is repeated
  if (size == 1) return 0;
  const std::int64_t period = twice ? 2 * size : 2 * size - 2;
  at = ((at % period) + period) % period;
  return at < size ? at : period - at - (twice ? 1 : 0);
}

at::Tensor bordered(const at::Tensor& image, std::int64_t dim, std::int64_t before, std::int64_t after,
                    const std::string& mode) {
  if (before == 0 && after == 0) return image;
  const std::int64_t size = image.size(dim);
  check(mode != "reflect" || std::max(before, after) < size, Fault::usage,
        "a border of {} pixels cannot reflect an image of {}", std::max(before, after), size);
  std::vector<std::int64_t> places;
  for (std::int64_t at = -before; at < size + after; ++at) places.push_back(mirrored(at, size, mode));
  return image.index_select(dim, at::tensor(places, at::kLong));
}

// The rows of the matrix that leads from places of the result to places of the image, the middle being 0.
std::array<double, 6> inverse_matrix(const Warp& warp) {
  const double turn = warp.angle * std::numbers::pi / 180, x = warp.shear_x * std::numbers::pi / 180,
               y = warp.shear_y * std::numbers::pi / 180;
  const double a = std::cos(turn - y) / std::cos(y);
  const double b = -std::cos(turn - y) * std::tan(x) / std::cos(y) - std::sin(turn);
  const double c = std::sin(turn - y) / std::cos(y);
  const double d = -std::sin(turn - y) * std::tan(x) / std::cos(y) + std::cos(turn);
  std::array<double, 6> m = {d / warp.scale, -b / warp.scale, 0, -c / warp.scale, a / warp.scale, 0};
  m[2] = -m[0] * warp.move_x - m[1] * warp.move_y;
  m[5] = -m[3] * warp.move_x - m[4] * warp.move_y;
  return m;
}

// For each pixel of the result, its place in the image, scaled to -1…1.
at::Tensor grid_of(const Warp& warp, std::int64_t height, std::int64_t width) {
  const auto h = static_cast<double>(height), w = static_cast<double>(width);
  const std::array<double, 6> m = inverse_matrix(warp);
  const at::Tensor x = at::linspace((1 - w) / 2, (w - 1) / 2, width).unsqueeze(0);
  const at::Tensor y = at::linspace((1 - h) / 2, (h - 1) / 2, height).unsqueeze(1);
  const auto part = [&](size_t row, double half) {
    return x.mul(m[row] / half).add(y.mul(m[row + 1] / half)).add(m[row + 2] / half);
  };
  return at::stack({part(0, w / 2), part(3, h / 2)}, -1).unsqueeze(0);
}

}  // namespace

at::Tensor resized(const at::Tensor& image, std::int64_t height, std::int64_t width,
                   const std::string& interpolation, bool antialias) {
  if (image.size(kRows) == height && image.size(kColumns) == width) return image;
  const std::vector<std::int64_t> size = {height, width};
  return on_batch(image, [&](const at::Tensor& batch) {
    if (interpolation == "nearest") return at::upsample_nearest2d(batch, size);
    if (interpolation == "bilinear")
      return antialias ? at::_upsample_bilinear2d_aa(batch, size, false)
                       : at::upsample_bilinear2d(batch, size, false);
    return antialias ? at::_upsample_bicubic2d_aa(batch, size, false)
                     : at::upsample_bicubic2d(batch, size, false);
  });
}

at::Tensor padded(const at::Tensor& image, const std::vector<std::int64_t>& padding, double fill,
                  const std::string& mode) {
  if (mode == "constant")
    return at::constant_pad_nd(image, {padding[0], padding[2], padding[1], padding[3]}, fill);
  return bordered(bordered(image, kColumns, padding[0], padding[2], mode), kRows, padding[1], padding[3],
                  mode);
}

at::Tensor cropped(const at::Tensor& image, std::int64_t top, std::int64_t left, std::int64_t height,
                   std::int64_t width) {
  return image.narrow(kRows, top, height).narrow(kColumns, left, width);
}

at::Tensor center_cropped(const at::Tensor& image, std::int64_t height, std::int64_t width) {
  const std::int64_t tall = std::max<std::int64_t>(0, height - image.size(kRows));
  const std::int64_t wide = std::max<std::int64_t>(0, width - image.size(kColumns));
  const at::Tensor whole = padded(image, {wide / 2, tall / 2, (wide + 1) / 2, (tall + 1) / 2}, 0, "constant");
  // Python's round: halves go to the even number.
  const auto middle = [](std::int64_t outer, std::int64_t inner) {
    return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(outer - inner) / 2));
  };
  return cropped(whole, middle(whole.size(kRows), height), middle(whole.size(kColumns), width), height,
                 width);
}

at::Tensor warped(const at::Tensor& image, const Warp& warp, const std::string& interpolation, double fill) {
  const bool nearest = interpolation == "nearest";
  return on_batch(image, [&](const at::Tensor& batch) {
    const at::Tensor grid = grid_of(warp, batch.size(2), batch.size(3))
                                .to(batch.scalar_type())
                                .expand({batch.size(0), -1, -1, -1});
    const auto sampled = [&](const at::Tensor& of) {
      return at::grid_sampler(of, grid, nearest ? 1 : 0, 0, false);
    };
    const at::Tensor made = sampled(batch);
    const at::Tensor mask = sampled(at::ones_like(batch.narrow(1, 0, 1)));
    return nearest ? at::where(mask.lt(0.5), at::full_like(made, fill), made)
                   : made.sub(fill).mul(mask).add(fill);
  });
}

}  // namespace orrery
