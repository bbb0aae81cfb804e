#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void small_factor(Entries& options, Dice& dice) {
  for (const char* name : {"upscale_factor", "downscale_factor", "groups"})
    if (AttributeValue* value = drawn(options, name)) *value = dice.between(1, 2);
}

// Channels, height and width that come out when they are divided, mostly.
void fit_pixels(RandomCase& one, Dice& dice) {
  ranked(3, 4)(one, dice);
  Shape& shape = one.inputs[0]->shape;
  if (shape.size() < 3 || dice.one_in(4)) return;
  for (size_t back : {1, 2, 3}) shape[shape.size() - back] = 4 * dice.between(1, 2);
}

// One of size and scale_factor, and nothing that contradicts the mode.
void fit_resizing(Entries& options, Dice& dice) {
  leave_out(options, "size");
  leave_out(options, "scale_factor");
  const AttributeValue* mode = drawn(options, "mode");
  const std::string word = mode ? std::get<std::string>(*mode) : "nearest";
  if (word.find("nearest") != std::string::npos || word == "area") leave_out(options, "align_corners");
  if (word != "bilinear" && word != "bicubic") leave_out(options, "antialias");
  if (dice.one_in(2)) {
    leave_out(options, "recompute_scale_factor");
    options.push_back({"size", Shape{dice.between(1, 5)}});
  } else {
    options.push_back({"scale_factor", std::vector<double>{dice.pick<double>({0.5, 2, 1.3, 1.5, 0.2})}});
  }
}

void fit_resized(RandomCase& one, Dice& dice) {
  if (dice.one_in(6)) return;
  std::int64_t rank = dice.between(3, 5);
  for (const auto& entry : one.attributes.entries()) {
    if (entry.name != "mode" || dice.one_in(8)) continue;
    const std::string& mode = one.attributes.text("mode");
    if (mode == "linear") rank = 3;
    if (mode == "bilinear" || mode == "bicubic") rank = 4;
    if (mode == "trilinear") rank = 5;
  }
  one.inputs[0]->shape = random_shape(dice, rank, rank);
}

void fit_upsampling(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 4, 4);
}

void fit_grid(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 4, 5);
  const Shape& input = one.inputs[0]->shape;
  if (input.empty() || dice.one_in(8)) return;
  const auto rank = static_cast<std::int64_t>(input.size());
  Shape grid = random_shape(dice, rank, rank);
  if (!dice.one_in(8)) grid.front() = input.front();
  if (!dice.one_in(8)) grid.back() = rank - 2;
  one.inputs[1] = TensorType{grid, dice.one_in(8) ? random_dtype(dice) : one.inputs[0]->dtype};
}

void fit_size(Entries& options, Dice& dice) {
  *drawn(options, "size") = random_shape(dice, dice.one_in(6) ? 3 : 4, 5);
}

void fit_theta(RandomCase& one, Dice& dice) {
  const Shape& size = one.attributes.shape("size");
  const auto axes = static_cast<std::int64_t>(size.size()) - 2;
  one.inputs[0]->shape = {size[0], axes, axes + 1};
  if (dice.one_in(4)) one.inputs[0]->shape[dice.between(0, 2)] = dice.between(1, 4);
  if (dice.one_in(8)) one.inputs[0]->shape.pop_back();
}

void fit_statistics(Entries& options, Dice& dice) {
  leave_out(options, "mean");
  leave_out(options, "std");
  if (dice.one_in(3)) return;
  const auto count = static_cast<size_t>(dice.between(1, 3));
  options.push_back({"mean", std::vector<double>(count, 0.5)});
  options.push_back({"std", std::vector<double>(count, 0.25)});
}

void fit_means(RandomCase& one, Dice& dice) {
  ranked(3, 4)(one, dice);
  Shape& shape = one.inputs[0]->shape;
  if (shape.size() >= 3 && !dice.one_in(6))
    shape[shape.size() - 3] = static_cast<std::int64_t>(one.attributes.reals("mean").size());
}

void fit_four(RandomCase& one, Dice& dice) {
  if (!dice.one_in(4)) one.inputs[0]->shape = random_shape(dice, 4, 4);
}

}  // namespace

void add_vision_cases(CaseMakers& makers) {
  for (const char* name : {"PixelShuffle", "pixel_shuffle", "PixelUnshuffle", "pixel_unshuffle",
                           "ChannelShuffle", "channel_shuffle"})
    makers[name] = {.options = small_factor, .inputs = fit_pixels};
  for (const char* name : {"Upsample", "interpolate"})
    makers[name] = {.options = fit_resizing,
                    .inputs = fit_resized,
                    .stricter = "LibTorch averages areas to an output without elements"};
  for (const char* name : {"UpsamplingNearest2d", "UpsamplingBilinear2d"})
    makers[name] = {.options = fit_resizing, .inputs = fit_upsampling};
  makers["UpsamplingNearest2d"].stricter = "PyTorch documents images, LibTorch takes sequences and volumes";
  makers["grid_sample"] = {.inputs = fit_grid};
  makers["affine_grid"] = {.options = fit_size,
                           .inputs = fit_theta,
                           .stricter = "PyTorch refuses whole numbers, LibTorch multiplies them"};
  makers["Normalize"] = {
      .options = fit_statistics,
      .inputs = fit_means,
      .stricter = "LibTorch broadcasts one channel to several, and cuts the numbers off for integers"};
  makers["ClampData"] = {.stricter = "LibTorch makes floats of integers"};
  makers["GetGramMatrix"] = {.inputs = fit_four, .stricter = "LibTorch makes floats of integers"};
}

}  // namespace orrery
