// DeformConv: a convolution whose kernels reach where another value says (Zhu et al. 2019, Deformable
// ConvNets v2).
#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"
#include "runtime/onnx/windows.h"

namespace orrery {
namespace {

// How the kernel's elements and the groups count.
struct Reach {
  OnnxWindow window;
  std::int64_t groups, offset_groups, elements;
  Dim batch, channels, high, wide;  // of the input's batch and channels, of the output's places
};

Reach reach_of(const OnnxCall& call, const Shape& input) {
  const OnnxComposer make(call);
  const Shape weight = call.type(1).shape, offset = call.type(2).shape;
  if (input.size() != 4 || weight.size() != 4 || offset.size() != 4)
    call.refuse(fmt::format("it takes images (N, C, H, W), got {}", str(input)));
  const std::vector<std::int64_t> kernel = {make.known(weight[2], "the kernel's height"),
                                            make.known(weight[3], "the kernel's width")};
  return {onnx_window(call, input, kernel),
          call.integer("group", 1),
          call.integer("offset_group", 1),
          kernel[0] * kernel[1],
          input[0],
          input[1],
          offset[2],
          offset[3]};
}

// Where each element of the kernel would stand without its offset, along one axis, (1, 1, elements, H, W) but
// for broadcasting.
Value places_of(const OnnxCall& call, const Reach& reach, std::size_t axis, DType dtype) {
  const OnnxComposer make(call);
  const OnnxWindow& window = reach.window;
  std::vector<double> elements;
  for (std::int64_t i = 0; i < reach.elements; ++i) {
    const std::int64_t at = axis == 0 ? i / window.kernel[1] : i % window.kernel[1];
    elements.push_back(static_cast<double>(at * window.dilation[axis] - window.before[axis]));
  }
  const Value steps = make.with("mul", make.to(make.arange(axis == 0 ? reach.high : reach.wide), dtype),
                                static_cast<double>(window.stride[axis]));
  return make.with("add", make.along(steps, axis == 0 ? 3 : 4, 5),
                   make.reals({1, 1, reach.elements, 1, 1}, elements, dtype));
}

// The input read at all places, (N, C, elements, H, W): as an image of which each group of offsets reads its
// own channels.
Value read(const OnnxCall& call, Value x, Value offset, const Reach& reach) {
  const OnnxComposer make(call);
  const Dim images = reach.batch * reach.offset_groups;
  const auto channels = exact_div(reach.channels, reach.offset_groups);
  if (!channels)
    call.refuse(
        fmt::format("{} channels do not fall into {} groups", reach.channels.str(), reach.offset_groups));
  const Value offsets = make.reshape(offset, {images, reach.elements, 2, reach.high, reach.wide});
  std::vector<Value> coordinates;  // grid_sample takes the column first, both between -1 and 1
  for (const std::size_t axis : {1, 0}) {
    const std::int64_t size = make.known(x.shape()[axis + 2], onnx_axis_word(axis, 2));
    const Value moved = make.with("add", make.select(offsets, 2, static_cast<std::int64_t>(axis)),
                                  make.select(places_of(call, reach, axis, x.dtype()), 1, 0));
    const Value centred = make.with("add", make.with("mul", moved, 2.0), 1.0);
    coordinates.push_back(make.with("sub", make.with("div", centred, static_cast<double>(size)), 1.0));
  }
  const Value grid =
      make.reshape(make.stack(coordinates, 4), {images, reach.elements * reach.high, reach.wide, 2});
  const Value planes = make.reshape(x, {images, *channels, x.shape()[2], x.shape()[3]});
  const Value sampled = call.apply("grid_sample", {planes, grid}, {{"align_corners", false}});
  return make.reshape(sampled, {images, *channels, reach.elements, reach.high, reach.wide});
}

void import_deform_conv(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0), weight = call.value(1);
  const Reach reach = reach_of(call, x.shape());
  Value samples = read(call, x, call.value(2), reach);
  if (call.has(4))
    samples = make.with("mul", samples,
                        make.reshape(call.value(4), {reach.batch * reach.offset_groups, 1, reach.elements,
                                                     reach.high, reach.wide}));
  const Dim out = weight.shape()[0], fan_in = weight.shape()[1] * reach.elements;
  const Value columns = make.reshape(samples, {reach.batch, reach.groups, fan_in, reach.high * reach.wide});
  const Value kernels = make.reshape(weight, {reach.groups, floor_div(out, reach.groups), fan_in});
  Value y = make.reshape(make.with("matmul", kernels, columns), {reach.batch, out, reach.high, reach.wide});
  if (call.has(3)) y = make.with("add", y, make.along(call.value(3), 1, 4));
  call.give(y);
}

}  // namespace

void add_onnx_deformed(OnnxOperators& table) { table.add("DeformConv", import_deform_conv); }

}  // namespace orrery
