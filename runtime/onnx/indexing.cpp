// Operators that take elements where integers say.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

// Rows of a matrix that the file holds: learned vectors of words.
bool is_embedding(const OnnxCall& call, std::int64_t axis) {
  const OnnxLiteral* table = call.literal(0);
  return table && axis == 0 && call.rank(0) == 2 && is_floating(table->dtype()) && table->identity() &&
         !call.literal(1);
}

// Those below 0 count from the end in `index`, and need not be brought into the range.
Value plain_indices(const OnnxCall& call, int input) {
  const Value indices = call.value(input);
  return indices.dtype() == DType::int32 ? indices : OnnxComposer(call).to(indices, DType::int64);
}

// LibTorch refuses indices below 0 here, which no file was seen to have: words are counted from 0.
Value embedded(const OnnxCall& call) {
  const OnnxLiteral& table = *call.literal(0);
  OnnxOptions options = {{"num_embeddings", table.shape()[0]}, {"embedding_dim", table.shape()[1]}};
  if (table.dtype() != DType::float32) options.emplace_back("dtype", table.dtype());
  return call.layer("Embedding", std::move(options), {plain_indices(call, 1)}, {{"weight", table}});
}

Value one_element(const OnnxCall& call, Value x, std::int64_t axis, const OnnxLiteral& known) {
  const std::int64_t index = known.integers()[0];
  if (known.shape().empty()) return OnnxComposer(call).select(x, axis, index);
  return call.apply("narrow", {x}, {{"dim", axis}, {"start", index}, {"length", std::int64_t{1}}});
}

// Indices of any rank take the place of the dimension.
void import_gather(OnnxCall& call) {
  const std::int64_t axis = call.axis(call.integer("axis", 0), call.rank(0));
  if (is_embedding(call, axis)) return call.give(embedded(call));
  const Value x = call.value(0);
  const OnnxLiteral* known = call.literal(1);
  if (known && known->numel() == 1 && known->shape().size() < 2 && !known->symbolic())
    return call.give(one_element(call, x, axis, *known));
  call.give(call.apply("index", {x, plain_indices(call, 1)}, {{"dims", std::vector<std::int64_t>{axis}}}));
}

void import_gather_elements(OnnxCall& call) {
  const Value x = call.value(0);
  const std::int64_t axis = call.axis(call.integer("axis", 0), call.rank(0));
  const Value indices = OnnxComposer(call).indices(1, x.shape()[static_cast<std::size_t>(axis)]);
  call.give(call.apply("gather", {x, indices}, {{"dim", axis}}));
}

// The last dimension of the indices holds places; those of the batch stand beside each other.
void import_gather_nd(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0), indices = make.to(call.value(1), DType::int64);
  const std::int64_t batch = call.integer("batch_dims", 0);
  const int rank = call.rank(1);
  if (rank < 1) call.refuse("its indices are a scalar");
  const std::int64_t places = make.known(indices.shape().back(), "the size of the indices' last dimension");
  if (batch < 0 || batch >= std::min(rank, call.rank(0)) || batch + places > call.rank(0) || places < 1)
    call.refuse(fmt::format("{} batch dimensions and {} places do not fit an input {}", batch, places,
                            str(x.shape())));
  std::vector<Value> inputs = {x};
  for (std::int64_t dim = 0; dim < batch; ++dim)
    inputs.push_back(make.along(make.arange(indices.shape()[static_cast<std::size_t>(dim)]), dim, rank - 1));
  const std::vector<Value> columns = make.unbind(indices, rank - 1);
  inputs.insert(inputs.end(), columns.begin(), columns.end());
  call.give(call.apply("index", std::move(inputs)));
}

// Where the class stands, the second of the values, else the first; classes outside give the first only.
void import_one_hot(OnnxCall& call) {
  const OnnxComposer make(call);
  const std::int64_t depth = static_cast<std::int64_t>(call.real(1));
  const int rank = call.rank(0) + 1;
  const std::int64_t axis = call.axis(call.integer("axis", -1), rank);
  const Value classes = make.wrapped(call.value(0), depth);
  const Value places = make.along(make.arange(depth), axis, rank);
  const Value hit = make.with("eq", make.unsqueeze(classes, axis), places);
  if (const OnnxLiteral* values = call.literal(2)) {
    const std::vector<double> both = values->reals();
    if (both.size() != 2) call.refuse(fmt::format("it has {} values, expected off and on", both.size()));
    if (both[0] == 0 && both[1] == 1) return call.give(make.to(hit, values->dtype()));
    return call.give(
        make.where(hit, make.scalar(both[1], values->dtype()), make.scalar(both[0], values->dtype())));
  }
  const Value values = call.value(2);
  call.give(make.where(hit, make.select(values, 0, 1), make.select(values, 0, 0)));
}

void import_nonzero(OnnxCall& call) {
  const Value places = call.apply("nonzero", {call.value(0)});
  call.give(OnnxComposer(call).permute(places, {1, 0}));
}

}  // namespace

void add_onnx_indexing(OnnxOperators& table) {
  table.add("Gather", import_gather);
  table.add("GatherElements", import_gather_elements);
  table.add("GatherND", import_gather_nd);
  table.add("OneHot", import_one_hot);
  table.add("NonZero", import_nonzero);
  add_onnx_slices(table);
  add_onnx_scatters(table);
}

}  // namespace orrery
