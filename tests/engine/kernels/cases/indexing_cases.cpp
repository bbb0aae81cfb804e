#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

// Indices are 0, which every dimension has; all else is 1.
at::Tensor zero_indices(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[static_cast<size_t>(port)];
  return at::full(values(type.shape), port == 0 || !is_integral(type.dtype) || type.dtype == DType::boolean,
                  scalar_type(type.dtype));
}

void fit_indices(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 2, 3);
  one.inputs[1]->shape = one.inputs[0]->shape;
  for (Dim& dim : one.inputs[1]->shape)
    if (dice.one_in(2)) dim = dice.between(1, dim.value() + 1);
  if (!dice.one_in(8)) one.inputs[1]->dtype = dice.one_in(3) ? DType::int32 : DType::int64;
}

// A number, or a source of the input's dtype as large as the indices.
void fit_source(RandomCase& one, Dice& dice) {
  fit_indices(one, dice);
  if (!one.inputs[2]) return;
  if (!dice.one_in(6)) one.inputs[2]->shape = one.inputs[1]->shape;
  if (!dice.one_in(6)) one.inputs[2]->dtype = one.inputs[0]->dtype;
}

void draw_float(RandomCase& one, Dice& dice) {
  if (dice.one_in(3)) return;
  one.inputs[0]->dtype = DType::float32;
  one.inputs[2]->dtype = DType::float32;
}

void fit_scatter(RandomCase& one, Dice& dice) {
  fit_source(one, dice);
  if (one.inputs[2]) draw_float(one, dice);
}

void fit_row(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 2, 3);
  if (!dice.one_in(6)) one.inputs[1]->shape = random_shape(dice, 0, 1);
  if (!dice.one_in(6)) one.inputs[1]->dtype = dice.one_in(3) ? DType::int32 : DType::int64;
}

void fit_slices(RandomCase& one, Dice& dice) {
  fit_row(one, dice);
  TensorType& source = *one.inputs[2];
  if (!dice.one_in(6)) source.dtype = one.inputs[0]->dtype;
  if (dice.one_in(6)) return;
  source.shape = one.inputs[0]->shape;
  const std::int64_t rank = static_cast<std::int64_t>(source.shape.size()),
                     dim = one.attributes.integer("dim");
  if (dim < -rank || dim >= rank) return;
  source.shape[static_cast<size_t>(dim < 0 ? dim + rank : dim)] = numel(one.inputs[1]->shape);
}

void fit_fill(RandomCase& one, Dice& dice) {
  fit_row(one, dice);
  if (one.inputs[2] && !dice.one_in(6)) one.inputs[2]->shape = {};
}

void fit_classes(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->dtype = DType::int64;
}

void fit_taken(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 3);
  one.inputs[1]->shape = one.inputs[0]->shape;
  for (Dim& dim : one.inputs[1]->shape)
    if (dice.one_in(3)) dim = dice.between(1, 3);
  if (!dice.one_in(6)) one.inputs[1]->dtype = DType::int64;
}

// A selected element or slice of the first input.
void fit_part(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = {3, 4};
  const std::int64_t dim = one.attributes.integer("dim");
  const Dim other = dim == 0 || dim == -2 ? 4 : 3;
  if (one.attributes.at("index") != AttributeValue()) one.inputs[1]->shape = {other};
  if (dice.one_in(6)) one.inputs[1]->shape.push_back(2);
}

void fit_slice(RandomCase& one, Dice& dice) {
  const Attributes& a = one.attributes;
  const std::int64_t size = 6;
  one.inputs[0]->shape = {size, size};
  const auto place = [&](const char* name, std::int64_t none) {
    const std::int64_t at = a.has(name) ? a.integer(name) : none;
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t start = place("start", 0), end = place("end", size), step = a.integer("step");
  const std::int64_t length = end > start ? (end - start + step - 1) / step : 0, dim = a.integer("dim");
  one.inputs[1]->shape = {size, size};
  if (dim >= -2 && dim < 2) one.inputs[1]->shape[static_cast<size_t>(dim < 0 ? dim + 2 : dim)] = length;
  if (dice.one_in(6)) one.inputs[1]->shape = {1, 2};
}

void fit_index_mask(RandomCase& one, Dice& dice) {
  if (!dice.one_in(8)) one.inputs[1]->dtype = DType::boolean;
  if (!one.inputs[1]->shape.empty() && dice.one_in(3)) one.inputs[1]->shape[0] = 1;
}

// A source with enough elements.
void fit_masked_source(RandomCase& one, Dice& dice) {
  fit_index_mask(one, dice);
  if (!dice.one_in(6)) one.inputs[2]->dtype = one.inputs[0]->dtype;
  one.inputs[2]->shape = {7, 7, 7, 7, 7};
}

void fit_index_lists(RandomCase& one, Dice& dice, size_t first) {
  one.inputs[0]->shape = random_shape(dice, 2, 4);
  one.inputs.resize(first);
  std::vector<std::int64_t> dims;
  const bool mask = dice.one_in(3);
  for (std::int64_t i = dice.between(1, 2); i > 0; --i) {
    dims.push_back(static_cast<std::int64_t>(dims.size()) + (dice.one_in(3) ? dice.between(0, 1) : 0));
    one.inputs.push_back(TensorType{mask             ? Shape{1}
                                    : dice.one_in(2) ? Shape{2}
                                                     : Shape{3, 1},
                                    dice.one_in(8) ? random_dtype(dice) : DType::int64});
  }
  if (mask)
    one.inputs.back() = TensorType{{one.inputs[0]->shape[static_cast<size_t>(dims.back()) % 2]},
                                   dice.one_in(8) ? DType::uint8 : DType::boolean};
  one.attributes.set("dims", dice.one_in(3) ? AttributeValue() : AttributeValue(dims));
}

void fit_index(RandomCase& one, Dice& dice) { fit_index_lists(one, dice, 1); }

void fit_index_put(RandomCase& one, Dice& dice) {
  fit_index_lists(one, dice, 2);
  // How many places a mask chooses is told by the data alone: only a scalar fits them all.
  const bool mask = one.inputs.back()->dtype == DType::boolean || one.inputs.back()->dtype == DType::uint8;
  one.inputs[1]->shape = !mask && dice.one_in(3) ? Shape{2} : Shape{};
  if (!dice.one_in(6)) one.inputs[1]->dtype = one.inputs[0]->dtype;
}

std::int64_t size_at(const Shape& shape, std::int64_t dim) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  return dim < -rank || dim >= rank ? 1 : shape[static_cast<size_t>(dim < 0 ? dim + rank : dim)].value();
}

// 0, 1, 2, … and from 0 again.
at::Tensor in_turn(const TensorType& type, std::int64_t size) {
  const at::Tensor places = at::arange(numel(type.shape).value()).remainder(std::max<std::int64_t>(size, 1));
  return places.view(values(type.shape)).to(scalar_type(type.dtype));
}

// Which of several writers of one place wins is open.
bool has_slices_for_all(const RandomCase& one) {
  return numel(one.inputs[1]->shape).value() <= size_at(one.inputs[0]->shape, one.attributes.integer("dim"));
}

at::Tensor rows_in_turn(const RandomCase& one, int port) {
  if (port != 1 || !is_integral(one.inputs[1]->dtype)) return zero_indices(one, port);
  return in_turn(*one.inputs[1], size_at(one.inputs[0]->shape, one.attributes.integer("dim")));
}

// Of scatter: 0, 1, 2, … along its dimension.
at::Tensor places_in_turn(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[static_cast<size_t>(port)];
  const std::int64_t dim = one.attributes.integer("dim"), rank = static_cast<std::int64_t>(type.shape.size());
  if (port != 1 || !is_integral(type.dtype) || dim < -rank || dim >= rank) return zero_indices(one, port);
  std::vector<std::int64_t> sizes(type.shape.size(), 1);
  sizes[static_cast<size_t>(dim < 0 ? dim + rank : dim)] = size_at(type.shape, dim);
  const std::int64_t most = std::max<std::int64_t>(size_at(one.inputs[0]->shape, dim), 1);
  return at::arange(size_at(type.shape, dim))
      .remainder(most)
      .view(sizes)
      .expand(values(type.shape))
      .to(scalar_type(type.dtype));
}

// LibTorch has no derivative of the ways to join; which of several writers wins is open.
bool replaces_each_once(const RandomCase& one) {
  const std::int64_t dim = one.attributes.integer("dim");
  return !one.attributes.has("reduce") &&
         size_at(one.inputs[1]->shape, dim) <= size_at(one.inputs[0]->shape, dim);
}

// Of index_put, whose lists of indices follow the values.
std::int64_t size_of_list(const RandomCase& one, size_t list) {
  const Attributes& a = one.attributes;
  if (a.has("dims") && list >= a.integers("dims").size()) return 1;
  return size_at(one.inputs[0]->shape,
                 a.has("dims") ? a.integers("dims")[list] : static_cast<std::int64_t>(list));
}

bool writes_each_once(const RandomCase& one) {
  if (one.attributes.boolean("accumulate")) return true;
  for (size_t port = 2; port < one.inputs.size(); ++port)
    if (numel(one.inputs[port]->shape).value() > size_of_list(one, port - 2)) return false;
  return true;
}

at::Tensor lists_in_turn(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[static_cast<size_t>(port)];
  if (port < 2 || (type.dtype != DType::int64 && type.dtype != DType::int32)) return zero_indices(one, port);
  return in_turn(type, size_of_list(one, static_cast<size_t>(port) - 2));
}

void draw_classes(Entries& entries, Dice& dice) {
  if (AttributeValue* classes = drawn(entries, "num_classes")) *classes = dice.between(2, 5);
}

void add_masks(CaseMakers& makers) {
  makers["masked_select"] = {.inputs = fit_index_mask};
  makers["masked_scatter"] = {.inputs = fit_masked_source};
  const std::string masks = "uint8 masks are deprecated in PyTorch";
  makers["index"] = {.inputs = fit_index, .values = zero_indices, .stricter = masks};
  makers["index_put"] = {
      .inputs = fit_index_put, .values = lists_in_turn, .stricter = masks, .smooth = writes_each_once};
  makers["one_hot"] = {.options = draw_classes, .inputs = fit_classes};
  makers["unique"] = makers["unique_consecutive"] = {.options = fit_dim};
}

}  // namespace

void add_indexing_cases(CaseMakers& makers) {
  makers["gather"] = {.options = fit_dim, .inputs = fit_indices, .values = zero_indices};
  makers["index_select"] = {.options = fit_dim, .inputs = fit_row, .values = zero_indices};
  for (const char* name : {"scatter", "scatter_add", "scatter_reduce"})
    makers[name] = {.options = fit_dim, .inputs = fit_scatter, .values = zero_indices};
  makers["scatter"].values = places_in_turn;
  makers["scatter"].smooth = replaces_each_once;
  for (const char* name : {"index_add", "index_copy"})
    makers[name] = {.options = fit_dim,
                    .inputs = fit_slices,
                    .values = zero_indices,
                    .stricter = "scalars count as vectors of one element"};
  makers["index_copy"].values = rows_in_turn;
  makers["index_copy"].smooth = has_slices_for_all;
  makers["index_fill"] = {.options = fit_dim, .inputs = fit_fill, .values = zero_indices};
  makers["take"] = {.inputs = fit_row, .values = zero_indices};
  makers["take_along_dim"] = {
      .options = fit_dim,
      .inputs = fit_taken,
      .values = zero_indices,
      .stricter = "PyTorch documents int64 indices; LibTorch takes int32 along no dimension"};
  makers["select_scatter"] = {.options = fit_dim, .inputs = fit_part};
  makers["slice_scatter"] = {.options = fit_dim, .inputs = fit_slice};
  add_masks(makers);
}

}  // namespace orrery
