#include "runtime/engine/kernels/vision.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs pixel_shuffle(const KernelContext& k) {
  return {at::pixel_shuffle(k.input(), k.attributes.integer("upscale_factor"))};
}

Outputs pixel_unshuffle(const KernelContext& k) {
  return {at::pixel_unshuffle(k.input(), k.attributes.integer("downscale_factor"))};
}

Outputs channel_shuffle(const KernelContext& k) {
  return {at::channel_shuffle(k.input(), k.attributes.integer("groups"))};
}

bool aligns(const Attributes& a) { return a.has("align_corners") && a.boolean("align_corners"); }

// LibTorch's number of a word, counted in its own order.
std::int64_t number_of(const std::string& word, std::initializer_list<const char*> order) {
  return std::find(order.begin(), order.end(), word) - order.begin();
}

Outputs grid_sample(const KernelContext& k) {
  const auto [mode, padding, align] = grid_options(k.attributes);
  return {at::grid_sampler(k.input(), k.input(1), mode, padding, align)};
}

// LibTorch makes no grid of one place in half precision: made in single precision then.
Outputs affine_grid(const KernelContext& k) {
  const at::Tensor& theta = k.input();
  const auto sizes = k.sizes("size");
  const bool half = theta.scalar_type() == at::kHalf || theta.scalar_type() == at::kBFloat16;
  const bool single = half && std::find(sizes.begin() + 2, sizes.end(), 1) != sizes.end();
  const at::Tensor wide = single ? theta.to(at::kFloat) : theta;
  return {at::affine_grid_generator(wide, sizes, aligns(k.attributes)).to(theta.scalar_type())};
}

constexpr KernelEntry kVisionKernels[] = {
    {"PixelShuffle", pixel_shuffle},     {"pixel_shuffle", pixel_shuffle},
    {"PixelUnshuffle", pixel_unshuffle}, {"pixel_unshuffle", pixel_unshuffle},
    {"ChannelShuffle", channel_shuffle}, {"channel_shuffle", channel_shuffle},
    {"grid_sample", grid_sample},        {"affine_grid", affine_grid},
};

}  // namespace

GridOptions grid_options(const Attributes& a) {
  return {number_of(a.text("mode"), {"bilinear", "nearest", "bicubic"}),
          number_of(a.text("padding_mode"), {"zeros", "border", "reflection"}), aligns(a)};
}

std::span<const KernelEntry> vision_kernels() { return kVisionKernels; }

}  // namespace orrery
