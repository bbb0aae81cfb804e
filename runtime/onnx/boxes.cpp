// RoiAlign: what lies inside of boxes on images, read between the pixels.
#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

// One direction of all boxes.
struct Side {
  int first, last;      // columns of the boxes
  std::int64_t size;    // of the image
  std::int64_t places;  // of the output
};

// What an axis of the image weighs at each point: pixels below and above it, (R, 1, points, size) each.
struct Weights {
  Value low, high;
};

// Points of a box: `ratio` to a place of the output, at equal distances.
Value points_of(const OnnxCall& call, Value boxes, const Side& side, std::int64_t ratio, bool centred) {
  const OnnxComposer make(call);
  const Value first = make.select(boxes, 1, side.first), last = make.select(boxes, 1, side.last);
  Value length = make.with("sub", last, first);
  if (!centred) length = call.apply("clamp_min", {length}, {{"min", 1.0}});  // a box is one pixel at least
  const Value step = make.with("div", length, static_cast<double>(side.places));
  std::vector<double> fractions;
  for (std::int64_t place = 0; place < side.places; ++place)
    for (std::int64_t i = 0; i < ratio; ++i)
      fractions.push_back(static_cast<double>(place) +
                          (static_cast<double>(i) + 0.5) / static_cast<double>(ratio));
  const Value at = make.reals({1, side.places * ratio}, fractions, boxes.dtype());
  return make.with("add", make.with("mul", make.unsqueeze(step, 1), at), make.unsqueeze(first, 1));
}

// Points more than one pixel outside weigh nothing; others are brought onto the image.
Weights weights_of(const OnnxCall& call, Value points, const Side& side) {
  const OnnxComposer make(call);
  const DType dtype = points.dtype();
  const auto size = static_cast<double>(side.size);
  const Value inside =
      make.to(make.with("logical_and", make.with("ge", points, -1.0), make.with("le", points, size)), dtype);
  const Value at = make.clamp(points, 0, size - 1), low = call.apply("floor", {at});
  const Value above = make.with("sub", at, low), below = call.apply("rsub", {above}, {{"other", 1.0}});
  const Value pixels = make.to(make.arange(side.size), dtype);
  const auto spread = [&](Value pixel, Value share) {
    const Value hit = make.to(make.with("eq", make.unsqueeze(pixel, 2), pixels), dtype);
    return make.unsqueeze(make.with("mul", hit, make.unsqueeze(make.with("mul", share, inside), 2)), 1);
  };
  const Value high = call.apply("clamp_max", {make.with("add", low, 1.0)}, {{"max", size - 1}});
  return {spread(low, below), spread(high, above)};
}

Value sampled(const OnnxCall& call, Value images, Value rows, Value columns) {
  const OnnxComposer make(call);
  return make.with("matmul", make.with("matmul", rows, images), make.permute(columns, {0, 1, 3, 2}));
}

// With `max`, each of the four pixels around a point counts for itself, weighed.
Value largest(const OnnxCall& call, Value images, const Weights& rows, const Weights& columns) {
  Value largest;
  for (const Value& row : {rows.low, rows.high}) {
    for (const Value& column : {columns.low, columns.high}) {
      const Value one = sampled(call, images, row, column);
      largest = largest ? call.apply("maximum", {largest, one}) : one;
    }
  }
  return largest;
}

void import_roi_align(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0);
  if (call.rank(0) != 4) call.refuse(fmt::format("it takes images (N, C, H, W), got {}", str(x.shape())));
  const std::int64_t ratio = call.integer("sampling_ratio", 0);
  if (ratio < 1)
    call.refuse("sampling_ratio 0 takes as many points as a box is large, which only the data tell",
                "Export it with a sampling_ratio of 1 or more.");
  const std::string mode = call.text("mode", "avg");
  if (mode != "avg" && mode != "max") call.refuse(fmt::format("there is no mode '{}'", mode));
  const std::string usual = call.opset() < 16 ? "output_half_pixel" : "half_pixel";
  const bool centred = call.text("coordinate_transformation_mode", usual) == "half_pixel";
  Value boxes = make.with("mul", call.value(1), call.real("spatial_scale", 1.0));
  if (centred) boxes = make.with("sub", boxes, 0.5);
  const Value images =
      call.apply("index_select", {x, make.to(call.value(2), DType::int64)}, {{"dim", std::int64_t{0}}});
  const Side high{1, 3, make.known(x.shape()[2], "the height"), call.integer("output_height", 1)};
  const Side wide{0, 2, make.known(x.shape()[3], "the width"), call.integer("output_width", 1)};
  const Weights rows = weights_of(call, points_of(call, boxes, high, ratio, centred), high);
  const Weights columns = weights_of(call, points_of(call, boxes, wide, ratio, centred), wide);
  const bool mean = mode == "avg";
  const Value points = mean ? sampled(call, images, make.with("add", rows.low, rows.high),
                                      make.with("add", columns.low, columns.high))
                            : largest(call, images, rows, columns);
  if (ratio == 1) return call.give(points);
  call.give(call.apply(mean ? "avg_pool2d" : "max_pool2d", {points},
                       {{"kernel_size", std::vector<std::int64_t>{ratio, ratio}}}));
}

}  // namespace

void add_onnx_boxes(OnnxOperators& table) {
  table.add("RoiAlign", import_roi_align);
  add_onnx_suppression(table);
}

}  // namespace orrery
