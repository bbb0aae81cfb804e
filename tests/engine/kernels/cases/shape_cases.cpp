#include <algorithm>

#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

// Dimensions that most inputs have.
void draw_dim(Entries& entries, Dice& dice) {
  if (AttributeValue* dim = drawn(entries, "dim")) *dim = dice.between(-2, 1);
}

// Sizes that the first input expands to: a 1 in it becomes another size.
void fit_expand(RandomCase& one, Dice& dice) {
  if (dice.one_in(5)) return;
  one.inputs[0]->shape.resize(std::min(one.inputs[0]->shape.size(), size_t{2}), Dim(1));
  Shape& input = one.inputs[0]->shape;
  for (Dim& dim : input)
    if (dice.one_in(2)) dim = 1;
  Shape wanted(static_cast<size_t>(dice.between(0, 1)), Dim(dice.between(0, 3)));
  for (const Dim& dim : input)
    wanted.push_back(dice.one_in(3) ? Dim(-1) : dim == Dim(1) ? Dim(dice.between(0, 4)) : dim);
  one.attributes.set("size", wanted);
}

void fit_expand_as(RandomCase& one, Dice& dice) {
  if (dice.one_in(5)) return;
  one.inputs[1]->shape = one.inputs[0]->shape;
  if (!one.inputs[0]->shape.empty() && dice.one_in(2)) one.inputs[0]->shape[0] = 1;
  if (dice.one_in(3)) one.inputs[1]->shape.insert(one.inputs[1]->shape.begin(), Dim(2));
}

// The input's own shape, with a size that may be any.
void fit_expectation(RandomCase& one, Dice& dice) {
  if (!one.attributes.has("shape") || dice.one_in(4)) return;
  Shape shape = one.inputs[0]->shape;
  if (!shape.empty() && dice.one_in(2)) shape[0] = -1;
  one.attributes.set("shape", shape);
}

void fit_split(RandomCase& one, Dice& dice) {
  Shape& shape = one.inputs[0]->shape;
  const std::int64_t dim = one.attributes.integer("dim");
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (dice.one_in(5) || dim < -rank || dim >= rank) return;
  Dim sum = 0;
  const Shape& sizes = one.attributes.shape("split_size_or_sections");
  for (const Dim& size : sizes) sum = sum + size;
  if (sizes.size() > 1) shape[static_cast<size_t>(dim < 0 ? dim + rank : dim)] = sum;
}

// A batch comes out evenly: else there may be fewer chunks than a symbolic one promises.
void fit_chunks(RandomCase& one, Dice& dice) {
  Shape& shape = one.inputs[0]->shape;
  if (!shape.empty()) shape[0] = dice.between(1, 3) * one.attributes.integer("chunks");
}

void draw_sections(Entries& entries, Dice& dice) {
  draw_dim(entries, dice);
  *drawn(entries, "split_size_or_sections") =
      dice.one_in(2) ? AttributeValue(dice.between(0, 4))
                     : AttributeValue(Shape{dice.between(0, 3), dice.between(0, 3)});
}

void draw_places(Entries& entries, Dice& dice) {
  draw_dim(entries, dice);
  if (dice.one_in(2)) *drawn(entries, "indices_or_sections") = dice.between(0, 4);
}

// Half of the counts are values, of which each is 1 long.
void fit_repeat_interleave(RandomCase& one, Dice& dice) {
  if (dice.one_in(2)) {
    if (!one.attributes.has("repeats")) one.attributes.set("repeats", dice.between(0, 3));
    one.inputs[1].reset();
    one.attributes.set("output_size", std::monostate{});
    return;
  }
  one.attributes.set("repeats", std::monostate{});
  one.inputs[1] = {{dice.between(1, 3)}, dice.pick<DType>({DType::int64, DType::int32, DType::float32})};
  const std::int64_t dim = one.attributes.has("dim") ? one.attributes.integer("dim") : 0;
  one.inputs[0]->shape = {dice.between(1, 3), dice.between(1, 3)};
  const Dim size =
      one.attributes.has("dim") ? one.inputs[0]->shape[dim == 1 || dim == -1] : numel(one.inputs[0]->shape);
  one.attributes.set("output_size", size.value());
}

void draw_roll(Entries& entries, Dice& dice) {
  if (AttributeValue* dims = drawn(entries, "dims"))
    *dims = dice.one_in(2) ? std::vector<std::int64_t>{0, -1} : std::vector<std::int64_t>{0};
  if (dice.one_in(2)) *drawn(entries, "shifts") = std::vector<std::int64_t>{2, -1};
}

void draw_two_dims(Entries& entries, Dice& dice) {
  if (AttributeValue* dims = drawn(entries, "dims"))
    if (!dice.one_in(4)) *dims = std::vector<std::int64_t>{dice.between(0, 1), -1};
}

void draw_moves(Entries& entries, Dice& dice) {
  for (const char* name : {"source", "destination"})
    if (!dice.one_in(5))
      *drawn(entries, name) =
          dice.one_in(2) ? std::vector<std::int64_t>{dice.between(-2, 1)} : std::vector<std::int64_t>{0, -1};
}

void fit_joined_vectors(RandomCase& one, Dice& dice) {
  for (auto& input : one.inputs) {
    if (!dice.one_in(6)) input->shape = {dice.between(1, 4)};
    if (!dice.one_in(6)) input->dtype = one.inputs[0]->dtype;
  }
}

// Fewer elements than a vector of them holds ways to choose.
void draw_choice(Entries& entries, Dice& dice) {
  if (AttributeValue* r = drawn(entries, "r")) *r = dice.between(0, 3);
}

void fit_joined(RandomCase& one, Dice& dice) {
  for (auto& input : one.inputs)
    if (!dice.one_in(5)) input->shape = one.inputs[0]->shape;
}

void fit_elements(RandomCase& one, Dice& dice) {
  if (dice.one_in(4)) return;
  one.inputs[1]->shape = one.inputs[0]->shape;
  std::ranges::reverse(one.inputs[1]->shape);
}

void add_joins(CaseMakers& makers) {
  for (const char* name : {"hstack", "vstack", "dstack"}) makers[name] = {.inputs = fit_joined};
  makers["meshgrid"] = makers["cartesian_prod"] = {.inputs = fit_joined_vectors};
  makers["combinations"] = {.options = draw_choice, .inputs = fit_joined_vectors};
  makers["block_diag"] = {.inputs = ranked(0, 2)};
}

}  // namespace

void add_shape_cases(CaseMakers& makers) {
  add_joins(makers);
  makers["expand"] = makers["broadcast_to"] = {.inputs = fit_expand};
  makers["expand_as"] = {.inputs = fit_expand_as};
  makers["repeat"] = makers["tile"] = {.inputs = ranked(0, 2)};
  makers["repeat_interleave"] = {.options = draw_dim, .inputs = fit_repeat_interleave};
  makers["split"] = {.options = draw_sections, .inputs = fit_split};
  makers["chunk"] = {.options = draw_dim, .inputs = fit_chunks};
  makers["unbind"] = {.options = draw_dim};
  makers["tensor_split"] = {.options = draw_places};
  makers["roll"] = {.options = draw_roll};
  makers["rot90"] = {.options = draw_two_dims, .inputs = ranked(2, 3)};
  makers["movedim"] = makers["moveaxis"] = {.options = draw_moves, .inputs = ranked(2, 3)};
  makers["t"] = {.inputs = ranked(0, 2)};
  for (const char* name : {"tril", "triu", "adjoint", "diagonal"}) makers[name] = {.inputs = ranked(2, 4)};
  makers["diag"] = {.inputs = ranked(1, 2)};
  makers["expect"] = {.inputs = fit_expectation};
  for (const char* name : {"float", "half", "bfloat16"})
    makers[name].no_differences = "a small step is lost in the coarser dtype";
  makers["view_as"] = makers["reshape_as"] = {.inputs = fit_elements};
}

}  // namespace orrery
