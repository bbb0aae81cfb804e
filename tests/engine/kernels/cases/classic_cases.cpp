// The operations of convolutional networks and perceptrons.
#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

std::int64_t option(const RandomCase& one, const std::string& name) { return one.attributes.integer(name); }

// The layer's dtype, mostly.
void fit_dtype(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->dtype = one.attributes.dtype("dtype");
}

void fit_linear(RandomCase& one, Dice& dice) {
  if (!one.inputs[0]->shape.empty() && !dice.one_in(6))
    one.inputs[0]->shape.back() = option(one, "in_features");
  fit_dtype(one, dice);
}

void fit_batch_norm2d(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 4, 4);
  Shape& shape = one.inputs[0]->shape;
  if (shape.size() >= 2 && !dice.one_in(6)) shape[1] = option(one, "num_features");
  fit_dtype(one, dice);
}

// The second input becomes a matrix or vector for the first.
void fit_matmul(RandomCase& one, Dice& dice) {
  const Shape& first = one.inputs[0]->shape;
  if (first.empty() || dice.one_in(6)) return;
  one.inputs[1]->shape = dice.one_in(4) ? Shape{first.back()} : Shape{first.back(), dice.between(1, 4)};
}

void fit_classes(RandomCase& one, Dice& dice) {
  const Shape& scores = one.inputs[0]->shape;
  Shape& labels = one.inputs[1]->shape;
  if (!dice.one_in(6)) labels = scores;
  if (!labels.empty() && !dice.one_in(3)) labels.erase(labels.begin() + (labels.size() == 1 ? 0 : 1));
  if (!dice.one_in(4)) one.inputs[1]->dtype = DType::int64;
}

// Fewer dimensions, or one of size 1: they are spread.
void fit_spread(RandomCase& one, Dice& dice) {
  if (!one.inputs[1]) return;
  Shape& shape = one.inputs[1]->shape;
  if (!shape.empty() && dice.one_in(2)) shape.erase(shape.begin());
  if (!shape.empty() && dice.one_in(3)) shape.back() = 1;
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
  makers["BatchNorm2d"] = {
      .inputs = fit_batch_norm2d,
      .stricter = "the rank and, without parameters, the channels are checked by PyTorch's module at most"};
  makers["Dropout"] = {.stricter = "integers pass while evaluating and fail while training"};
  makers["matmul"] = {.inputs = fit_matmul};
  makers["CrossEntropyLoss"] = {.inputs = fit_classes};
  makers["NLLLoss"] = {
      .inputs = fit_classes,
      .stricter = "scores without a batch take a label in a list of one, whose result has no batch"};
  makers["MSELoss"] = {.stricter = "PyTorch broadcasts and warns that this is likely a mistake"};
  for (const char* name : {"add", "sub", "mul", "div", "rsub"}) makers[name] = {.inputs = fit_spread};
  makers["cat"] = {.inputs = fit_cat};
}

}  // namespace orrery
