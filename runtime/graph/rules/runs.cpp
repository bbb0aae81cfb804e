#include "runtime/graph/rules/tables.h"

namespace orrery {

RuleGroup rules_of_runs() {
  return {
      "While it runs",
      {
          {"O701", "loss-not-finite", Severity::error,
           "A loss became NaN or infinite; the run stops before it spoils the weights (exit code 6).",
           "the loss 'loss' became NaN in epoch 1, step 5 of 23",
           "Lower the learning rate, or look for NaN and very large numbers in the data. With "
           "--detect-nan the "
           "run names the first value that is not finite."},
          {"O702", "value-not-finite", Severity::error,
           "With --detect-nan: a value became NaN, or infinite where nobody asked for an infinity.",
           "train.lua:42: features/log (log) became NaN in 3 of 640 places, in epoch 1, step 5 of 23; "
           "its inputs: "
           "input (64, 10) between -0.3 and 4.1, mean 0.52",
           "Look at the inputs' range: logarithms and roots of 0, divisions by 0, exponentials of large "
           "numbers."},
          {"O703", "gradient-not-finite", Severity::error,
           "With --detect-nan: the gradient of a value or parameter became NaN or infinite.",
           "train.lua:42: the gradient of norm/mul (mul) became infinite in 1 of 3 places, in epoch 1, "
           "step 5 of "
           "23; it came back through norm/sqrt (sqrt)",
           "Keep the arguments of roots, logarithms and divisions away from 0: x:clamp(1e-6)."},
          {"O704", "label-out-of-range", Severity::error,
           "A label of a batch is no class that the loss has a score for.",
           "train.lua:42: cross_entropy_loss (CrossEntropyLoss) failed: label 10 is out of range",
           "Labels count from 0: a network with 10 scores takes 0 to 9. Look at the data, or make the "
           "last layer "
           "larger."},
          {"O705", "value-out-of-range", Severity::error,
           "A value leaves the range that g:expect says of it.",
           "train.lua:42: expect (expect) expects values between 0 and 1, got values between 0 and 255 from "
           "input.image (train.lua:8)",
           "Look at the data and at what is done to them before: a scale that was left out, a sign."},
      }};
}

}  // namespace orrery
