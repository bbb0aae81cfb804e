#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"
#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

using Entries = std::vector<Attributes::Entry>;

// Indices are 0, which every dimension has; all else is 1.
at::Tensor zero_indices(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[static_cast<size_t>(port)];
  return at::full(values(type.shape), port == 0 || !is_integral(type.dtype) || type.dtype == DType::boolean,
                  scalar_type(type.dtype));
}

void fit_dim(Entries& entries, Dice& dice) {
  if (AttributeValue* dim = drawn(entries, "dim"))
    if (!dice.one_in(6)) *dim = dice.between(-2, 1);
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

void fit_mask(RandomCase& one, Dice& dice) {
  if (!dice.one_in(8)) one.inputs[1]->dtype = DType::boolean;
  if (!one.inputs[1]->shape.empty() && dice.one_in(3)) one.inputs[1]->shape[0] = 1;
}

// A source with enough elements.
void fit_masked_source(RandomCase& one, Dice& dice) {
  fit_mask(one, dice);
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

void draw_classes(Entries& entries, Dice& dice) {
  if (AttributeValue* classes = drawn(entries, "num_classes")) *classes = dice.between(2, 5);
}

void add_masks(CaseMakers& makers) {
  makers["masked_select"] = {.inputs = fit_mask};
  makers["masked_scatter"] = {.inputs = fit_masked_source};
  const std::string masks = "uint8 masks are deprecated in PyTorch";
  makers["index"] = {.inputs = fit_index, .values = zero_indices, .stricter = masks};
  makers["index_put"] = {.inputs = fit_index_put, .values = zero_indices, .stricter = masks};
  makers["one_hot"] = {.options = draw_classes, .inputs = fit_classes};
  makers["unique"] = makers["unique_consecutive"] = {.options = fit_dim};
}

}  // namespace

void add_indexing_cases(CaseMakers& makers) {
  makers["gather"] = {.options = fit_dim, .inputs = fit_indices, .values = zero_indices};
  makers["index_select"] = {.options = fit_dim, .inputs = fit_row, .values = zero_indices};
  for (const char* name : {"scatter", "scatter_add", "scatter_reduce"})
    makers[name] = {.options = fit_dim, .inputs = fit_scatter, .values = zero_indices};
  for (const char* name : {"index_add", "index_copy"})
    makers[name] = {.options = fit_dim,
                    .inputs = fit_slices,
                    .values = zero_indices,
                    .stricter = "scalars count as vectors of one element"};
  makers["index_fill"] = {.options = fit_dim, .inputs = fit_fill, .values = zero_indices};
  makers["take"] = {.inputs = fit_row, .values = zero_indices};
  makers["take_along_dim"] = {.options = fit_dim, .inputs = fit_taken, .values = zero_indices};
  makers["select_scatter"] = {.options = fit_dim, .inputs = fit_part};
  makers["slice_scatter"] = {.options = fit_dim, .inputs = fit_slice};
  add_masks(makers);
}

}  // namespace orrery
