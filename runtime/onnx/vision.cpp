// Operators on images that lay pixels out anew, or read them between their places.
#include <map>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

std::int64_t block_of(const OnnxCall& call) {
  const std::int64_t block = call.integer("blocksize");
  if (block < 1) call.refuse(fmt::format("its blocksize is {}", block));
  if (call.rank(0) != 4)
    call.refuse(fmt::format("it takes images (N, C, H, W), got {}", str(call.type(0).shape)));
  return block;
}

Dim divided(const OnnxCall& call, const Dim& size, std::int64_t by, const char* what) {
  if (const auto part = exact_div(size, by)) return *part;
  if (size.known()) call.refuse(fmt::format("{} {} do not fall into blocks of {}", size.str(), what, by));
  return floor_div(size, by);  // the run checks that it comes out
}

// In order CRD the places of a block are neighbouring channels, in DCR (the default) channels far apart.
bool neighbouring_channels(const OnnxCall& call) {
  const std::string mode = call.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") call.refuse(fmt::format("there is no mode '{}'", mode));
  return mode == "CRD";
}

void import_depth_to_space(OnnxCall& call) {
  const OnnxComposer make(call);
  const std::int64_t block = block_of(call);
  const Value x = call.value(0);
  if (neighbouring_channels(call))
    return call.give(call.apply("pixel_shuffle", {x}, {{"upscale_factor", block}}));
  const Shape shape = x.shape();
  const Dim channels = divided(call, shape[1], block * block, "channels");
  const Value parts = make.reshape(x, {shape[0], block, block, channels, shape[2], shape[3]});
  const Value laid = make.permute(parts, {0, 3, 4, 1, 5, 2});
  call.give(make.reshape(laid, {shape[0], channels, shape[2] * block, shape[3] * block}));
}

void import_space_to_depth(OnnxCall& call) {
  const OnnxComposer make(call);
  const std::int64_t block = block_of(call);
  const Value x = call.value(0);
  if (neighbouring_channels(call))
    return call.give(call.apply("pixel_unshuffle", {x}, {{"downscale_factor", block}}));
  const Shape shape = x.shape();
  const Dim rows = divided(call, shape[2], block, "rows"),
            columns = divided(call, shape[3], block, "columns");
  const Value parts = make.reshape(x, {shape[0], shape[1], rows, block, columns, block});
  const Value laid = make.permute(parts, {0, 3, 5, 1, 2, 4});
  call.give(make.reshape(laid, {shape[0], shape[1] * (block * block), rows, columns}));
}

// Operator set 20 renamed the modes.
void import_grid_sample(OnnxCall& call) {
  static const std::map<std::string, std::string> kModes = {{"bilinear", "bilinear"},
                                                            {"linear", "bilinear"},
                                                            {"nearest", "nearest"},
                                                            {"bicubic", "bicubic"},
                                                            {"cubic", "bicubic"}};
  const std::string word = call.text("mode", call.opset() < 20 ? "bilinear" : "linear");
  const auto mode = kModes.find(word);
  if (mode == kModes.end()) call.refuse(fmt::format("there is no mode '{}'", word));
  const Value x = call.value(0), grid = OnnxComposer(call).to(call.value(1), x.dtype());
  call.give(call.apply("grid_sample", {x, grid},
                       {{"mode", mode->second},
                        {"padding_mode", call.text("padding_mode", "zeros")},
                        {"align_corners", call.integer("align_corners", 0) != 0}}));
}

void import_affine_grid(OnnxCall& call) {
  call.give(call.apply("affine_grid", {call.value(0)},
                       {{"size", call.dims(1)}, {"align_corners", call.integer("align_corners", 0) != 0}}));
}

}  // namespace

void add_onnx_vision(OnnxOperators& table) {
  table.add("DepthToSpace", import_depth_to_space);
  table.add("SpaceToDepth", import_space_to_depth);
  table.add("GridSample", import_grid_sample);
  table.add("AffineGrid", import_affine_grid);
  add_onnx_resizing(table);
  add_onnx_boxes(table);
}

}  // namespace orrery
