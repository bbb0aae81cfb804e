#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

void fit_bilinear(RandomCase& one, Dice& dice) {
  const char* const features[] = {"in1_features", "in2_features"};
  for (size_t port : {0, 1}) {
    TensorType& input = *one.inputs[port];
    if (!dice.one_in(6)) input.dtype = one.attributes.dtype("dtype");
    if (port == 1 && !dice.one_in(6)) input.shape = one.inputs[0]->shape;
    if (!input.shape.empty() && !dice.one_in(6)) input.shape.back() = one.attributes.integer(features[port]);
  }
}

}  // namespace

void add_linear_cases(CaseMakers& makers) { makers["Bilinear"] = {.inputs = fit_bilinear}; }

}  // namespace orrery
