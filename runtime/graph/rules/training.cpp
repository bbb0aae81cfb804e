#include "runtime/graph/rules/tables.h"

namespace orrery {

RuleGroup rules_of_training() {
  return {
      "Likely mistakes of training",
      {
          {"O601", "softmax-over-batch", Severity::warning,
           "A softmax makes the batch sum to 1 instead of the classes.",
           "train.lua:42: softmax (Softmax) makes the batch dimension N sum to 1, not the classes",
           "Name the dimension of the classes: dim = 1, or dim = -1 for the last."},
          {"O602", "softmax-before-cross-entropy", Severity::warning,
           "CrossEntropyLoss, which applies log_softmax itself, gets what a softmax made: it learns slowly.",
           "train.lua:42: cross_entropy_loss (CrossEntropyLoss) applies log_softmax itself, and softmax has "
           "been through Softmax already",
           "Give it the plain scores, or use NLLLoss behind a log_softmax."},
          {"O603", "nll-without-log-softmax", Severity::warning,
           "NLLLoss gets scores or probabilities where it takes logarithms of probabilities.",
           "train.lua:42: nll_loss (NLLLoss) takes logarithms of probabilities, and linear (Linear) makes "
           "none",
           "Apply log_softmax(1) before it, or use CrossEntropyLoss on the plain scores."},
          {"O604", "sigmoid-before-logits-loss", Severity::warning,
           "BCEWithLogitsLoss, which applies a sigmoid itself, gets what a sigmoid made.",
           "train.lua:42: bce_with_logits_loss (BCEWithLogitsLoss) applies a sigmoid itself, and sigmoid "
           "(sigmoid) is one already",
           "Give it the plain scores, or use BCELoss behind the sigmoid."},
          {"O605", "bce-without-sigmoid", Severity::warning,
           "BCELoss, which takes probabilities, gets what may be any number.",
           "train.lua:42: bce_loss (BCELoss) takes probabilities between 0 and 1, and linear (Linear) gives "
           "any number",
           "Apply a sigmoid before it, or use BCEWithLogitsLoss on the plain scores."},
          {"O606", "dropout-at-the-end", Severity::warning, "A dropout drops parts of the result itself.",
           "train.lua:42: dropout (Dropout) drops parts of the result itself: no layer follows it",
           "Put it before the last layer, or take it out."},
          {"O607", "batch-norm-one-value", Severity::error,
           "A batch normalisation is trained with one value per channel, whose variance is 0.",
           "train.lua:42: batch_norm2d (BatchNorm2d) expects more than one value per channel while training, "
           "got (1, 16, 1, 1)",
           "Use larger batches, or GroupNorm or LayerNorm instead."},
          {"O608", "frozen-batch-norm", Severity::warning,
           "A frozen batch normalisation goes on changing its running statistics.",
           "train.lua:42: features/batch_norm2d (BatchNorm2d) is frozen, but its running statistics go on "
           "changing while training",
           "Call its eval(), so that it computes with the statistics that it has."},
          {"O609", "data-dependent-shape", Severity::error,
           "A size in a trained graph depends on what the data hold: masked_select, nonzero, unique, a mask "
           "as an index, one_hot without a number of classes. Each step would have other sizes, cost and "
           "memory.",
           "train.lua:12: masked_select (masked_select) gives (K), a size that only the data tell; a trained "
           "graph knows every size beforehand",
           "Keep the shape: a product with the mask, where, topk with a fixed k. A graph without an "
           "optimizer "
           "may do it."},
          {"O610", "scores-too-few", Severity::error,
           "A loss gets scores for fewer classes than the data's labels have: a label would be out of range.",
           "train.lua:42: loss (CrossEntropyLoss) expects scores for the 10 classes of input.label, got 8 "
           "from "
           "classifier/linear (train.lua:38)",
           "Give the layer in front of the loss as many outputs as there are classes."},
          {"O611", "scores-too-many", Severity::warning,
           "A loss gets scores for more classes than the data's labels have: some can never be right.",
           "train.lua:42: loss (CrossEntropyLoss) expects scores for the 10 classes of input.label, got 12 "
           "from "
           "classifier/linear (train.lua:38)",
           "Give the layer in front of the loss as many outputs as there are classes, or silence the rule "
           "where "
           "the network was made for other data."},
      }};
}

}  // namespace orrery
