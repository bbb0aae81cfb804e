#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

void fit_places(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 2, 5);
}

}  // namespace

void add_dropout_cases(CaseMakers& makers) {
  const std::string reason =
      "what does not fit passes in evaluation and fails or is warned of while training";
  for (const char* name : {"Dropout", "dropout", "AlphaDropout", "alpha_dropout"})
    makers[name] = {.stricter = reason};
  for (const char* name : {"Dropout1d", "dropout1d", "Dropout2d", "dropout2d", "Dropout3d", "dropout3d",
                           "FeatureAlphaDropout", "feature_alpha_dropout"})
    makers[name] = {.inputs = fit_places, .stricter = reason};
}

}  // namespace orrery
