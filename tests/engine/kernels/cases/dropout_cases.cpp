#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {}  // namespace

void add_dropout_cases(CaseMakers& makers) {
  const std::string reason =
      "what does not fit passes in evaluation and fails or is warned of while training";
  for (const char* name : {"Dropout", "dropout", "AlphaDropout", "alpha_dropout"})
    makers[name] = {.stricter = reason};
  for (const char* name : {"Dropout1d", "dropout1d", "Dropout2d", "dropout2d", "Dropout3d", "dropout3d",
                           "FeatureAlphaDropout", "feature_alpha_dropout"})
    makers[name] = {.inputs = ranked(2, 5), .stricter = reason};
}

}  // namespace orrery
