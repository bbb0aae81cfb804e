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
  const Attributes& a = k.attributes;
  const std::int64_t mode = number_of(a.text("mode"), {"bilinear", "nearest", "bicubic"});
  const std::int64_t padding = number_of(a.text("padding_mode"), {"zeros", "border", "reflection"});
  return {at::grid_sampler(k.input(), k.input(1), mode, padding, aligns(a))};
}

Outputs affine_grid(const KernelContext& k) {
  return {at::affine_grid_generator(k.input(), k.sizes("size"), aligns(k.attributes))};
}

constexpr KernelEntry kKernels[] = {
    {"PixelShuffle", pixel_shuffle},     {"pixel_shuffle", pixel_shuffle},
    {"PixelUnshuffle", pixel_unshuffle}, {"pixel_unshuffle", pixel_unshuffle},
    {"ChannelShuffle", channel_shuffle}, {"channel_shuffle", channel_shuffle},
    {"grid_sample", grid_sample},        {"affine_grid", affine_grid},
};

}  // namespace

std::span<const KernelEntry> vision_kernels() { return kKernels; }

}  // namespace orrery
