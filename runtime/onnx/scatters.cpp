// Operators that put elements where integers say.
#include <map>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

// Words of scatter_reduce; nothing for `none`, which replaces.
std::string joined_by(const OnnxCall& call) {
  static const std::map<std::string, std::string> kWords = {
      {"none", ""}, {"add", "sum"}, {"mul", "prod"}, {"max", "amax"}, {"min", "amin"}};
  const std::string reduction = call.text("reduction", "none");
  const auto found = kWords.find(reduction);
  if (found == kWords.end()) call.refuse(fmt::format("there is no reduction '{}'", reduction));
  return found->second;
}

Value scattered(const OnnxCall& call, Value x, Value indices, Value updates, std::int64_t dim,
                const std::string& how) {
  if (how.empty()) return call.apply("scatter", {x, indices, updates}, {{"dim", dim}});
  if (how == "sum") return call.apply("scatter_add", {x, indices, updates}, {{"dim", dim}});
  return call.apply("scatter_reduce", {x, indices, updates}, {{"dim", dim}, {"reduce", how}});
}

void import_scatter_elements(OnnxCall& call) {
  const Value x = call.value(0);
  const std::int64_t axis = call.axis(call.integer("axis", 0), call.rank(0));
  const Value indices = OnnxComposer(call).indices(1, x.shape()[static_cast<std::size_t>(axis)]);
  call.give(scattered(call, x, indices, call.value(2), axis, joined_by(call)));
}

// Where rows of places point to, counted as if the dimensions that they index were one.
Value places_in_row(const OnnxCall& call, const std::vector<Value>& columns, const Shape& shape) {
  const OnnxComposer make(call);
  Value row;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Value column = make.wrapped(columns[i], shape[i]);
    if (!row) {
      row = column;
      continue;
    }
    const std::int64_t size = make.known(shape[i], fmt::format("the size of axis {}", i));
    row = make.with("add", make.with("mul", row, size), column);
  }
  return row;
}

// Reductions other than sums know one dimension only: those indexed become one, those behind another.
Value reduced(const OnnxCall& call, Value x, const std::vector<Value>& columns, Value updates,
              const std::string& how) {
  const OnnxComposer make(call);
  const Shape shape = x.shape();
  const auto split = shape.begin() + static_cast<std::ptrdiff_t>(columns.size());
  const Dim rows = numel({shape.begin(), split}), slice = numel({split, shape.end()});
  const Value places = places_in_row(call, columns, shape);
  const Dim count = numel(places.shape());
  const Value spread = make.expand(make.reshape(places, {count, 1}), {count, slice});
  const Value flat = make.reshape(x, {rows, slice}), sources = make.reshape(updates, {count, slice});
  return make.reshape(scattered(call, flat, spread, sources, 0, how), shape);
}

void import_scatter_nd(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0), indices = make.to(call.value(1), DType::int64), updates = call.value(2);
  const std::string how = joined_by(call);
  const int rank = call.rank(1);
  if (rank < 1) call.refuse("its indices are a scalar");
  const std::int64_t places = make.known(indices.shape().back(), "the size of the indices' last dimension");
  if (places < 1 || places > call.rank(0))
    call.refuse(fmt::format("rows of {} places do not fit an input {}", places, str(x.shape())));
  const std::vector<Value> columns = make.unbind(indices, rank - 1);
  if (!how.empty() && how != "sum") return call.give(reduced(call, x, columns, updates, how));
  std::vector<Value> inputs = {x, updates};
  inputs.insert(inputs.end(), columns.begin(), columns.end());
  OnnxOptions options;
  if (how == "sum") options.emplace_back("accumulate", true);
  call.give(call.apply("index_put", std::move(inputs), std::move(options)));
}

}  // namespace

void add_onnx_scatters(OnnxOperators& table) {
  table.add("Scatter", import_scatter_elements);
  table.add("ScatterElements", import_scatter_elements);
  table.add("ScatterND", import_scatter_nd);
}

}  // namespace orrery
