// Operators that lay the same elements out in another shape or order.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// -1 is told from the other sizes where that is known.
Shape filled(const Shape& input, Shape wanted) {
  Dim others = 1;
  auto open = wanted.end();
  for (auto size = wanted.begin(); size != wanted.end(); ++size) {
    if (*size == Dim(-1))
      open = size;
    else
      others = others * *size;
  }
  if (open == wanted.end() || others == Dim(0)) return wanted;
  if (const auto size = exact_div(numel(input), others)) *open = *size;
  return wanted;
}

void import_reshape(OnnxCall& call) {
  const bool attribute = call.opset() < 5;
  const Shape wanted = attribute ? shape_of(call.integers("shape", Sizes{})) : call.dims(1);
  const bool zeros = call.integer("allowzero", 0) != 0;
  const Shape input = call.type(0).shape;
  Shape shape;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool copied = wanted[i] == Dim(0) && !zeros;
    if (copied && i >= input.size())
      call.refuse(fmt::format("size {} is that of the input, which has only {}", i, input.size()));
    shape.push_back(copied ? input[i] : wanted[i]);
  }
  call.give(OnnxComposer(call).reshape(call.value(0), filled(input, std::move(shape))));
}

void import_flatten(OnnxCall& call) {
  const Shape shape = call.type(0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::int64_t axis = call.integer("axis", 1);
  if (axis < -rank || axis > rank)
    call.refuse(fmt::format("axis {} is outside a tensor of rank {}", axis, rank));
  if (axis < 0) axis += rank;
  const Dim rows = numel({shape.begin(), shape.begin() + axis});
  const Dim columns = numel({shape.begin() + axis, shape.end()});
  if (axis == 1 && rank > 2)
    return call.give(call.apply("flatten", {call.value(0)}, {{"start_dim", std::int64_t{1}}}));
  call.give(OnnxComposer(call).reshape(call.value(0), {rows, columns}));
}

std::set<std::int64_t> axes_of(const OnnxCall& call, const Sizes& axes, int rank) {
  std::set<std::int64_t> dims;
  for (const std::int64_t axis : axes)
    if (!dims.insert(call.axis(axis, rank)).second) call.refuse(fmt::format("axis {} is told twice", axis));
  return dims;
}

// Only what is known to be 1 goes: else the rank would depend on the data.
void import_squeeze(OnnxCall& call) {
  const Shape shape = call.type(0).shape;
  const auto axes = call.integers("axes", 1);
  const auto chosen = axes_of(call, axes.value_or(Sizes{}), static_cast<int>(shape.size()));
  Sizes dims;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto dim = static_cast<std::int64_t>(i);
    const bool goes = axes ? chosen.contains(dim) : shape[i] == Dim(1);
    if (goes && !(shape[i] == Dim(1)))
      call.refuse(
          fmt::format("dimension {} is to go, but its size is {}, not 1", dim, shape[i].str()),
          shape[i].known() ? "" : "Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
    if (goes) dims.push_back(dim);
  }
  if (dims.empty()) return call.give(call.value(0));
  call.give(call.apply("squeeze", {call.value(0)}, {{"dim", dims}}));
}

void import_unsqueeze(OnnxCall& call) {
  const auto axes = call.integers("axes", 1);
  if (!axes) call.refuse("the axes are missing");
  const auto dims = axes_of(call, *axes, call.rank(0) + static_cast<int>(axes->size()));
  Value value = call.value(0);
  for (const std::int64_t dim : dims) value = OnnxComposer(call).unsqueeze(value, dim);
  call.give(value);
}

void import_transpose(OnnxCall& call) {
  const int rank = call.rank(0);
  Sizes order;
  for (int i = rank; i-- > 0;) order.push_back(i);
  order = call.integers("perm", order);
  for (std::int64_t& dim : order) dim = call.axis(dim, rank);
  call.give(OnnxComposer(call).permute(call.value(0), order));
}

// Element t of a sequence of length l comes from l - 1 - t while that is not below 0, else from t.
void import_reverse_sequence(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0);
  const int rank = call.rank(0);
  const std::int64_t batch = call.axis(call.integer("batch_axis", 1), rank);
  const std::int64_t time = call.axis(call.integer("time_axis", 0), rank);
  if (batch == time) call.refuse(fmt::format("batch_axis and time_axis are both {}", batch));
  const Value steps = make.along(make.arange(x.shape()[static_cast<std::size_t>(time)]), time, rank);
  const Value lengths = make.along(make.to(call.value(1), DType::int64), batch, rank);
  const Value mirrored = make.with("sub", make.with("sub", lengths, std::int64_t{1}), steps);
  const Value from = make.where(make.with("lt", steps, lengths), mirrored, steps);
  call.give(call.apply("gather", {x, make.expand(from, x.shape())}, {{"dim", time}}));
}

}  // namespace

void add_onnx_shapes(OnnxOperators& table) {
  table.add("Reshape", import_reshape);
  table.add("Flatten", import_flatten);
  table.add("Squeeze", import_squeeze);
  table.add("Unsqueeze", import_unsqueeze);
  table.add("Transpose", import_transpose);
  table.add("ReverseSequence", import_reverse_sequence);
  add_onnx_casts(table);
  add_onnx_joins(table);
  add_onnx_borders(table);
}

}  // namespace orrery
