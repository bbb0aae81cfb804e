#include "runtime/engine/kernels/vision.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

std::vector<at::Tensor> pixel_shuffle_backward(const DerivativeContext& d) {
  return d.result({at::pixel_unshuffle(d.gradient(), d.call.attributes.integer("upscale_factor"))});
}

std::vector<at::Tensor> pixel_unshuffle_backward(const DerivativeContext& d) {
  return d.result({at::pixel_shuffle(d.gradient(), d.call.attributes.integer("downscale_factor"))});
}

std::vector<at::Tensor> channel_shuffle_backward(const DerivativeContext& d) {
  return d.result({at::channel_shuffle(d.gradient(), d.sizes()[1] / d.call.attributes.integer("groups"))});
}

std::vector<at::Tensor> grid_sample_backward(const DerivativeContext& d) {
  const auto [mode, padding, align] = grid_options(d.call.attributes);
  const at::Tensor &input = d.call.input(), &grid = d.call.input(1);
  const auto derivative = input.dim() == 4 ? at::grid_sampler_2d_backward : at::grid_sampler_3d_backward;
  const auto [of_input, of_grid] =
      derivative(d.gradient(), input, grid, mode, padding, align, {d.wants(0), d.wants(1)});
  return d.result({d.wants(0) ? of_input : at::Tensor(), d.wants(1) ? of_grid : at::Tensor()});
}

constexpr DerivativeEntry kVisionDerivatives[] = {
    {"PixelShuffle", pixel_shuffle_backward},
    {"pixel_shuffle", pixel_shuffle_backward},
    {"PixelUnshuffle", pixel_unshuffle_backward},
    {"pixel_unshuffle", pixel_unshuffle_backward},
    {"ChannelShuffle", channel_shuffle_backward},
    {"channel_shuffle", channel_shuffle_backward},
    {"grid_sample", grid_sample_backward, {.inputs = 3}},
};

}  // namespace

std::span<const DerivativeEntry> vision_derivatives() { return kVisionDerivatives; }

}  // namespace orrery
