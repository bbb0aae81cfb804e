#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

using Entries = std::vector<Attributes::Entry>;

void fit_dim(Entries& entries, Dice& dice) {
  if (AttributeValue* dim = drawn(entries, "dim"))
    if (!dice.one_in(6)) *dim = dice.between(-2, 1);
}

void fit_rank(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 3);
}

void fit_boundaries(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[1]->shape = random_shape(dice, 1, 1);
  if (!dice.one_in(4)) one.inputs[1]->dtype = one.inputs[0]->dtype;
}

void fit_sequence(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 2);
  if (!one.inputs[1]) return;
  if (!dice.one_in(4)) one.inputs[1]->dtype = one.inputs[0]->dtype;
  Shape& shape = one.inputs[1]->shape;
  shape = dice.one_in(6) ? random_shape(dice, 0, 2) : one.inputs[0]->shape;
  if (!shape.empty()) shape.back() = dice.between(1, 4);
}

}  // namespace

void add_sorting_cases(CaseMakers& makers) {
  makers["sort"] = makers["argsort"] = {.options = fit_dim};
  makers["topk"] = makers["kthvalue"] = {.options = fit_dim, .inputs = fit_rank};
  makers["kthvalue"].stricter = "LibTorch takes booleans where there is but one";
  makers["bucketize"] = {.inputs = fit_boundaries};
  makers["searchsorted"] = {.inputs = fit_sequence};
}

}  // namespace orrery
