// NonMaxSuppression of few boxes, one step a box.
#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

// Each box is a step of several nodes.
constexpr std::int64_t kMostBoxes = 128;

// The edges of all boxes, each (B, n).
struct Edges {
  Value top, left, bottom, right;
};

Edges edges_of(const OnnxCall& call, Value boxes) {
  const OnnxComposer make(call);
  std::vector<Value> columns = make.unbind(boxes, 2);
  if (columns.size() != 4)
    call.refuse(fmt::format("its boxes are {}, expected (N, boxes, 4)", str(boxes.shape())));
  const auto both = [&](Value a, Value b, const char* which) { return call.apply(which, {a, b}); };
  if (call.integer("center_point_box", 0) == 0)
    return {both(columns[0], columns[2], "minimum"), both(columns[1], columns[3], "minimum"),
            both(columns[0], columns[2], "maximum"), both(columns[1], columns[3], "maximum")};
  const Value wide = make.with("div", columns[2], 2.0), high = make.with("div", columns[3], 2.0);
  return {make.with("sub", columns[1], high), make.with("sub", columns[0], wide),
          make.with("add", columns[1], high), make.with("add", columns[0], wide)};
}

// What two boxes share of what they cover together, (B, n, n): 0 where they do not meet.
Value shares_of(const OnnxCall& call, const Edges& edges) {
  const OnnxComposer make(call);
  const auto pairs = [&](Value edge, const char* which) {
    return call.apply(which, {make.unsqueeze(edge, 2), make.unsqueeze(edge, 1)});
  };
  const auto extent = [&](Value from, Value to) {
    return call.apply("clamp_min", {make.with("sub", to, from)}, {{"min", 0.0}});
  };
  const Value high = extent(pairs(edges.top, "maximum"), pairs(edges.bottom, "minimum"));
  const Value wide = extent(pairs(edges.left, "maximum"), pairs(edges.right, "minimum"));
  const Value meet = make.with("mul", high, wide);
  const Value area =
      make.with("mul", make.with("sub", edges.bottom, edges.top), make.with("sub", edges.right, edges.left));
  const Value together = make.with("sub", pairs(area, "add"), meet);
  const Value share = make.with("div", meet, together);
  return make.where(make.with("gt", meet, 0.0), share, call.apply("zeros_like", {share}));
}

Value number_of(const OnnxCall& call, int input, DType dtype) {
  const OnnxComposer make(call);
  if (!call.has(input)) return make.scalar(0, dtype);
  return make.to(make.reshape(call.value(input), {}), dtype);
}

// Whether one box, in the order of the scores, covers another that comes later, (B, classes, n, n).
Value covered(const OnnxCall& call, Value shares, Value order) {
  const OnnxComposer make(call);
  const Shape batch = order.shape();
  const Shape square = {batch[0], batch[1], batch[2], batch[2]};
  Value sorted = make.expand(make.unsqueeze(shares, 1), square);
  sorted = call.apply("gather", {sorted, make.expand(make.unsqueeze(order, 3), square)},
                      {{"dim", std::int64_t{2}}});
  sorted = call.apply("gather", {sorted, make.expand(make.unsqueeze(order, 2), square)},
                      {{"dim", std::int64_t{3}}});
  const Value over = make.with("gt", sorted, number_of(call, 3, shares.dtype()));
  return call.apply("triu", {over}, {{"diagonal", std::int64_t{1}}});
}

// The boxes that are kept, in the order of the scores: from the best on, each removes those that it covers.
Value kept(const OnnxCall& call, Value alive, Value boxes, Value order, std::int64_t count) {
  const OnnxComposer make(call);
  const Value covers = count > 1 ? covered(call, shares_of(call, edges_of(call, boxes)), order) : Value{};
  for (std::int64_t box = 0; box + 1 < count; ++box) {
    const Value keeps = make.unsqueeze(make.select(alive, 2, box), 2);
    const Value removed = make.with("logical_and", make.select(covers, 2, box), keeps);
    alive = make.with("logical_and", alive, call.apply("logical_not", {removed}));
  }
  const Value most = number_of(call, 2, DType::int64);
  const Value rank = call.apply("cumsum", {make.to(alive, DType::int64)}, {{"dim", std::int64_t{2}}});
  return make.with("logical_and", alive, make.with("le", rank, most));
}

void import_non_max_suppression(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value boxes = call.value(0), scores = call.value(1);
  if (call.rank(0) != 3 || call.rank(1) != 3)
    call.refuse(
        fmt::format("its boxes are {} and its scores {}, expected (N, boxes, 4) and (N, classes, boxes)",
                    str(boxes.shape()), str(scores.shape())));
  const std::int64_t count = make.known(boxes.shape()[1], "the number of boxes");
  if (count > kMostBoxes)
    call.refuse(
        fmt::format("it chooses among {} boxes; up to {} are imported, one step a box", count, kMostBoxes),
        "Cut the net before it, and choose the boxes in a script.");
  const std::vector<Value> sorted =
      call.apply_all("sort", {scores}, {{"dim", std::int64_t{-1}}, {"descending", true}, {"stable", true}});
  const Value order = sorted[1];
  const Value alive = call.has(4) ? make.with("gt", sorted[0], number_of(call, 4, scores.dtype()))
                                  : call.apply("ones_like", {sorted[0]}, {{"dtype", DType::boolean}});
  const Value chosen = kept(call, alive, boxes, order, count);
  std::vector<Value> places = call.apply_all("nonzero", {chosen}, {{"as_tuple", true}});
  places[2] = call.apply("index", {order, places[0], places[1], places[2]});
  call.give(make.stack(places, 1));
}

}  // namespace

void add_onnx_suppression(OnnxOperators& table) {
  table.add("NonMaxSuppression", import_non_max_suppression);
}

}  // namespace orrery
