#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void fit_boundaries(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[1]->shape = random_shape(dice, 1, 1);
  if (!dice.one_in(4)) one.inputs[1]->dtype = one.inputs[0]->dtype;
}

void fit_searched(RandomCase& one, Dice& dice) {
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
  makers["topk"] = makers["kthvalue"] = {.options = fit_dim, .inputs = ranked(1, 3)};
  makers["kthvalue"].stricter = "LibTorch takes booleans where there is but one";
  makers["bucketize"] = {.inputs = fit_boundaries};
  makers["searchsorted"] = {.inputs = fit_searched};
}

}  // namespace orrery
