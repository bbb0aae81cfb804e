// Operators that join, cut and repeat.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

void import_concat(OnnxCall& call) {
  const int rank = call.rank(0);
  const std::int64_t axis =
      call.axis(call.opset() < 4 ? call.integer("axis", 1) : call.integer("axis"), rank);
  call.give(OnnxComposer(call).cat(call.values(), axis));
}

// Operator set 18 lets the last parts be smaller; before, all are equal.
Shape equal_parts(const OnnxCall& call, const Dim& whole, std::int64_t count) {
  const Dim size = ceil_div(whole, count);
  if (const auto exact = exact_div(whole, count)) return Shape(static_cast<std::size_t>(count), *exact);
  if (!call.given("num_outputs"))
    call.refuse(fmt::format("{} does not fall into {} equal parts", whole.str(), count));
  Shape parts;
  for (std::int64_t i = 0; i < count; ++i) parts.push_back(max(min(size, whole - i * size), 0));
  return parts;
}

void import_split(OnnxCall& call) {
  const Value x = call.value(0);
  const std::int64_t axis = call.axis(call.integer("axis", 0), call.rank(0));
  const auto outputs = static_cast<std::int64_t>(call.node().outputs.size());
  const std::int64_t count = call.integer("num_outputs", outputs);
  if (count < 1) call.refuse(fmt::format("it has {} parts", count));
  const Dim whole = x.shape()[static_cast<std::size_t>(axis)];
  const Shape parts = call.given("split") ? shape_of(call.integers("split"))
                      : call.has(1)       ? call.dims(1)
                                          : equal_parts(call, whole, count);
  if (static_cast<std::int64_t>(parts.size()) < outputs)
    call.refuse(fmt::format("it has {} parts for {} outputs", parts.size(), outputs));
  if (parts.size() == 1) return call.give(x);
  const auto values = call.apply_all("split", {x}, {{"split_size_or_sections", parts}, {"dim", axis}});
  for (std::size_t i = 0; i < values.size(); ++i) call.give(static_cast<int>(i), values[i]);
}

// Both sides broadcast: where the wanted shape has 1, the input's size stays.
void import_expand(OnnxCall& call) {
  Shape input = call.type(0).shape, wanted = call.dims(1);
  const std::size_t rank = std::max(input.size(), wanted.size());
  input.insert(input.begin(), rank - input.size(), Dim(1));
  wanted.insert(wanted.begin(), rank - wanted.size(), Dim(1));
  for (std::size_t i = 0; i < rank; ++i)
    if (wanted[i] == Dim(1) || wanted[i] == Dim(-1)) wanted[i] = input[i];
  call.give(OnnxComposer(call).expand(call.value(0), wanted));
}

// Operator set 1 repeated along one axis.
void import_tile(OnnxCall& call) {
  Shape repeats = call.opset() < 6 ? Shape(static_cast<std::size_t>(call.rank(0)), Dim(1)) : call.dims(1);
  if (call.opset() < 6)
    repeats.at(static_cast<std::size_t>(call.axis(call.integer(2), call.rank(0)))) = call.integer(1);
  call.give(call.apply("repeat", {call.value(0)}, {{"repeats", repeats}}));
}

}  // namespace

void add_onnx_joins(OnnxOperators& table) {
  table.add("Concat", import_concat);
  table.add("Split", import_split);
  table.add("Expand", import_expand);
  table.add("Tile", import_tile);
}

}  // namespace orrery
