// The operations of convolutional networks and perceptrons.
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void fit_linear(RandomCase& one, Dice& dice) {
  if (!one.inputs[0]->shape.empty() && !dice.one_in(6))
    one.inputs[0]->shape.back() = one.attributes.integer("in_features");
  fit_layer_dtype(one, dice);
}

// The second input becomes a matrix or vector for the first.
void fit_matmul(RandomCase& one, Dice& dice) {
  const Shape& first = one.inputs[0]->shape;
  if (first.empty() || dice.one_in(6)) return;
  one.inputs[1]->shape = dice.one_in(4) ? Shape{first.back()} : Shape{first.back(), dice.between(1, 4)};
}

void fit_cat(RandomCase& one, Dice& dice) {
  for (size_t i = 1; i < one.inputs.size(); ++i) {
    Shape& shape = one.inputs[i]->shape;
    if (!shape.empty() && dice.one_in(2)) shape[0] = dice.between(1, 4);
  }
}

}  // namespace

void add_classic_cases(CaseMakers& makers) {
  makers["Linear"] = {.inputs = fit_linear};
  makers["matmul"] = {.inputs = fit_matmul};
  makers["cat"] = {.inputs = fit_cat};
}

}  // namespace orrery
