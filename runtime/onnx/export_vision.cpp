#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

void require_batch_of_images(const OnnxExportCall& call) {
  if (call.rank() != 4) OnnxExportCall::refuse("its input is no batch of images");
}

void export_pixel_shuffle(OnnxExportCall& call) {
  require_batch_of_images(call);
  call.give(call.add(
      "DepthToSpace", {call.input()},
      {onnx_integer("blocksize", call.options().integer("upscale_factor")), onnx_word("mode", "CRD")}));
}

// SpaceToDepth puts the channels of a block in the other order.
void export_pixel_unshuffle(OnnxExportCall& call) {
  require_batch_of_images(call);
  const std::int64_t factor = call.options().integer("downscale_factor");
  const Shape &from = call.shape(), &to = call.result().shape;
  const Shape blocks{from[0], from[1], to[2], factor, to[3], factor};
  const Shape turned{from[0], from[1], factor, factor, to[2], to[3]};
  const std::string apart = call.transpose(call.reshape(call.input(), from, blocks), {0, 1, 3, 5, 2, 4});
  call.give(call.reshape(apart, turned, to));
}

void export_channel_shuffle(OnnxExportCall& call) {
  const std::int64_t groups = call.options().integer("groups");
  const Shape& shape = call.shape();
  const auto each = exact_div(shape[1], groups);
  if (!each) OnnxExportCall::refuse("its channels are not known");
  Shape apart{shape[0], groups, *each}, turned{shape[0], *each, groups};
  std::vector<std::int64_t> dims{0, 2, 1};
  for (std::size_t i = 2; i < shape.size(); ++i) {
    apart.push_back(shape[i]);
    turned.push_back(shape[i]);
    dims.push_back(static_cast<std::int64_t>(i) + 1);
  }
  const std::string mixed = call.transpose(call.reshape(call.input(), shape, apart), dims);
  call.give(call.reshape(mixed, turned, shape));
}

// How places of the output are told from those of the input. Source: the kernels of PyTorch's upsampling.
OnnxGiven resizing(const std::string& mode, bool corners) {
  if (mode == "nearest")
    return {onnx_word("coordinate_transformation_mode", "asymmetric"), onnx_word("mode", "nearest"),
            onnx_word("nearest_mode", "floor")};
  if (mode == "nearest-exact")
    return {onnx_word("coordinate_transformation_mode", "half_pixel"), onnx_word("mode", "nearest"),
            onnx_word("nearest_mode", "round_prefer_ceil")};
  if (mode == "area") OnnxExportCall::refuse("ONNX's Resize has no mode 'area'");
  OnnxGiven given{onnx_word("coordinate_transformation_mode", corners ? "align_corners" : "half_pixel"),
                  onnx_word("mode", mode == "bicubic" ? "cubic" : "linear")};
  if (mode == "bicubic") given.push_back(onnx_real("cubic_coeff_a", -0.75));
  return given;
}

// The factors that the script gave, which tell places more exactly than the sizes; empty: the sizes count.
std::vector<double> factors_of(const Attributes& options, std::size_t spatial) {
  const auto is_given = [&](const char* name) {
    for (const Attributes::Entry& entry : options.entries())
      if (entry.name == name) return options.has(name);
    return false;
  };
  if (!is_given("scale_factor")) return {};
  if (is_given("recompute_scale_factor") && options.boolean("recompute_scale_factor")) return {};
  const AttributeValue& value = options.at("scale_factor");
  if (const auto* several = std::get_if<std::vector<double>>(&value)) {
    return several->size() == 1 ? std::vector<double>(spatial, several->front()) : *several;
  }
  return std::vector<double>(spatial, options.real("scale_factor"));
}

void resize(OnnxExportCall& call, const std::string& mode, bool corners, bool antialias) {
  const auto spatial = static_cast<std::size_t>(call.rank() - 2);
  OnnxGiven given = resizing(mode, corners);
  if (antialias) {
    call.require_opset(18, "Resize with antialias");
    given.push_back(onnx_integer("antialias", 1));
  }
  const std::vector<double> factors = factors_of(call.options(), spatial);
  if (factors.empty()) {
    call.give(call.add("Resize", {call.input(), "", "", call.sizes(call.result().shape)}, given));
    return;
  }
  OnnxNames all(2, call.numbers(1, 1, DType::float32));
  for (const double factor : factors) all.push_back(call.numbers(factor, 1, DType::float32));
  call.give(
      call.add("Resize", {call.input(), "", call.add("Concat", all, {onnx_integer("axis", 0)})}, given));
}

bool corners_of(const Attributes& options) {
  return options.has("align_corners") && options.boolean("align_corners");
}

void export_upsample(OnnxExportCall& call) {
  resize(call, call.options().text("mode"), corners_of(call.options()), false);
}

void export_interpolate(OnnxExportCall& call) {
  resize(call, call.options().text("mode"), corners_of(call.options()), call.options().boolean("antialias"));
}

void export_upsampling_nearest(OnnxExportCall& call) { resize(call, "nearest", false, false); }
void export_upsampling_bilinear(OnnxExportCall& call) { resize(call, "bilinear", true, false); }

void export_grid_sample(OnnxExportCall& call) {
  call.require_opset(16, "GridSample");
  const bool later = call.opset() >= 20;
  if (!later && call.rank() != 4) call.require_opset(20, "GridSample of volumes");
  const std::string& mode = call.options().text("mode");
  const std::string word = !later || mode == "nearest" ? mode : mode == "bicubic" ? "cubic" : "linear";
  call.give(
      call.add("GridSample", {call.input(), call.input(1)},
               {onnx_integer("align_corners", corners_of(call.options()) ? 1 : 0), onnx_word("mode", word),
                onnx_word("padding_mode", call.options().text("padding_mode"))}));
}

void export_affine_grid(OnnxExportCall& call) {
  call.require_opset(20, "AffineGrid");
  call.give(call.add("AffineGrid", {call.input(), call.sizes(call.options().shape("size"))},
                     {onnx_integer("align_corners", corners_of(call.options()) ? 1 : 0)}));
}

}  // namespace

void add_exported_vision(OnnxExportTable& table) {
  table.add({"PixelShuffle", "pixel_shuffle"}, export_pixel_shuffle);
  table.add({"PixelUnshuffle", "pixel_unshuffle"}, export_pixel_unshuffle);
  table.add({"ChannelShuffle", "channel_shuffle"}, export_channel_shuffle);
  table.add({"Upsample"}, export_upsample);
  table.add({"interpolate"}, export_interpolate);
  table.add({"UpsamplingNearest2d"}, export_upsampling_nearest);
  table.add({"UpsamplingBilinear2d"}, export_upsampling_bilinear);
  table.add({"grid_sample"}, export_grid_sample);
  table.add({"affine_grid"}, export_affine_grid);
}

}  // namespace orrery
