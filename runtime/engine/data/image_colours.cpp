#include <ATen/ATen.h>

#include "runtime/engine/data/image_transforms.h"

namespace orrery {
namespace {

double white(const at::Tensor& image) { return image.scalar_type() == at::kByte ? 255 : 1; }

at::Tensor as_float(const at::Tensor& image) {
  return image.is_floating_point() ? image : image.to(at::kFloat);
}

// Back to bytes by cutting off the fraction, where it was bytes.
at::Tensor like(const at::Tensor& made, const at::Tensor& image) { return made.to(image.scalar_type()); }

at::Tensor blended(const at::Tensor& image, const at::Tensor& other, double factor) {
  const at::Tensor mixed = as_float(image).mul(factor).add(as_float(other).mul(1 - factor));
  return like(mixed.clamp(0, white(image)), image);
}

// Hue, saturation and value of colours in 0…1.
at::Tensor to_hsv(const at::Tensor& image) {
  const auto channels = image.unbind(-3);
  const at::Tensor &r = channels[0], &g = channels[1], &b = channels[2];
  const at::Tensor most = image.amax(-3), least = image.amin(-3);
  const at::Tensor same = most.eq(least), range = most.sub(least);
  const at::Tensor one = at::ones_like(most);
  const at::Tensor saturation = range.div(at::where(same, one, most));
  const at::Tensor divisor = at::where(same, one, range);
  const at::Tensor rc = most.sub(r).div(divisor), gc = most.sub(g).div(divisor),
                   bc = most.sub(b).div(divisor);
  const at::Tensor red = most.eq(r), green = most.eq(g).logical_and(red.logical_not());
  const at::Tensor blue = red.logical_or(green).logical_not();
  const at::Tensor hue =
      bc.sub(gc).mul(red).add(rc.add(2).sub(bc).mul(green)).add(gc.add(4).sub(rc).mul(blue));
  return at::stack({hue.div(6).add(1).fmod(1), saturation, most}, -3);
}

at::Tensor from_hsv(const at::Tensor& image) {
  const auto channels = image.unbind(-3);
  const at::Tensor &h = channels[0], &s = channels[1], &v = channels[2];
  const at::Tensor h6 = h.mul(6), sector = h6.floor(), f = h6.sub(sector);
  const at::Tensor p = v.mul(s.neg().add(1)).clamp(0, 1), q = v.mul(s.mul(f).neg().add(1)).clamp(0, 1),
                   t = v.mul(s.mul(f.neg().add(1)).neg().add(1)).clamp(0, 1);
  const at::Tensor place = sector.to(at::kLong).remainder(6).unsqueeze(0);
  const auto pick = [&](std::initializer_list<at::Tensor> list) {
    return at::stack(list).gather(0, place).squeeze(0);
  };
  return at::stack({pick({v, q, p, p, t, v}), pick({t, v, v, q, p, p}), pick({p, p, t, v, v, q})}, -3);
}

}  // namespace

at::Tensor grey(const at::Tensor& image, std::int64_t channels) {
  at::Tensor one = image;
  if (image.size(-3) == 3) {
    const auto parts = as_float(image).unbind(-3);
    one = like(parts[0].mul(0.2989).add(parts[1].mul(0.587)).add(parts[2].mul(0.114)), image).unsqueeze(-3);
  }
  if (channels == 1) return one;
  std::vector<std::int64_t> sizes(one.sizes().begin(), one.sizes().end());
  sizes[sizes.size() - 3] = channels;
  return one.expand(sizes);
}

at::Tensor with_brightness(const at::Tensor& image, double factor) {
  return like(as_float(image).mul(factor).clamp(0, white(image)), image);
}

at::Tensor with_contrast(const at::Tensor& image, double factor) {
  return blended(image, as_float(grey(image, 1)).mean({-3, -2, -1}, true), factor);
}

at::Tensor with_saturation(const at::Tensor& image, double factor) {
  return image.size(-3) == 3 ? blended(image, grey(image, 1), factor) : image;
}

at::Tensor with_hue(const at::Tensor& image, double turn) {
  if (image.size(-3) != 3 || turn == 0) return image;
  const at::Tensor hsv = to_hsv(as_float(image).div(white(image)));
  auto parts = hsv.unbind(-3);
  parts[0] = parts[0].add(turn).remainder(1);
  const at::Tensor made = from_hsv(at::stack(parts, -3));
  // As torchvision's conversion of floats to bytes: each byte stands for an equal part of 0…1.
  return image.scalar_type() == at::kByte ? made.mul(256 - 1e-3).to(at::kByte) : like(made, image);
}

}  // namespace orrery
