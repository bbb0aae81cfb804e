#include "runtime/graph/rules/tables.h"

namespace orrery {

RuleGroup rules_of_optimizers() {
  return {
      "Optimizers and their losses",
      {
          {"O401", "loss-is-label", Severity::error, "An optimizer's loss is the data's label.",
           "train.lua:42: AdamW expects a loss that is computed, got input (Input), whose 'label' is the "
           "data's label",
           "Compare the label with the network's output: nn.CrossEntropyLoss()(output, label)."},
          {"O402", "loss-not-scalar", Severity::error, "An optimizer's loss is more than one number.",
           "train.lua:42: AdamW expects a loss that is one number, got loss (CrossEntropyLoss), of shape (N)",
           "Reduce it: loss:mean(), loss:sum(), or the loss's reduction option."},
          {"O403", "loss-without-gradient", Severity::error, "Nothing trainable reaches an optimizer's loss.",
           "train.lua:42: AdamW expects a loss that is computed from trainable parameters, got mse_loss "
           "(MSELoss), which carries no gradient",
           "Look for a detach(), an argmax(), a conversion to integers, or a freeze() on the way to it."},
          {"O404", "optimizer-not-leaf", Severity::error,
           "An optimizer was asked to update a value that is computed, or an input whose data are not known.",
           "train.lua:42: SGD cannot update features/relu (ReLU), which is computed",
           "Give it a layer's parameters, or make the value a parameter: g:parameter(name, shape). "
           "Constants may be updated, and an input that was made of data: g:input(data.tensors { … })."},
          {"O405", "optimizer-not-trainable", Severity::error,
           "An optimizer was asked to update a buffer (such as a running mean), a state, integers, or a "
           "constant that is the tensor of a frozen layer.",
           "train.lua:42: SGD cannot update input.label (Input), which holds int64 numbers",
           "Leave buffers out: layers update them. States are carried on by g:carry. Integers have no "
           "gradient: convert them. A frozen layer is trained again after layer:unfreeze()."},
          {"O406", "optimizer-unreached", Severity::error,
           "An optimizer updates parameters from which no path leads to its loss: they would never change.",
           "train.lua:42: AdamW updates head.weight, head.bias, which no path joins to its loss loss",
           "Use the layer's result on the way to the loss, or leave its parameters out. Frozen parameters "
           "may be in an optimizer; they are passed over."},
          {"O407", "optimizer-overlap", Severity::error, "A parameter is in two optimizers, or twice in one.",
           "train.lua:43: SGD updates features.conv1.weight, which is also updated by AdamW (train.lua:42)",
           "Leave it in one optimizer and one group only. Tied parameters are one."},
          {"O408", "parameter-not-optimized", Severity::warning,
           "Trainable parameters reach a loss, but no optimizer updates them.",
           "train.lua:12: block features has trainable parameters that reach a loss but that no optimizer "
           "updates: features.conv1.weight, features.conv1.bias",
           "Give them to an optimizer, or say that they shall stay as they are: features:freeze()."},
          {"O409", "input-in-batches", Severity::error,
           "An optimizer updates the input itself, and a batch is not all of its samples in their order.",
           "train.lua:8: the training data (tensors) must be all 12 samples in one batch, in their order, "
           "since input is trained itself, got batches of 4",
           "Say batch = 12 without shuffle. What many batches shall train together is a g:parameter."},
          {"O410", "parameter-without-loss", Severity::warning,
           "A graph with a manager has trainable parameters that are in no optimizer and reach no loss: they "
           "stay as they were drawn.",
           "train.lua:12: block head has trainable parameters that no path joins to any loss: "
           "head.linear.weight, head.linear.bias",
           "Use the layer's result on the way to a loss, or say that it shall stay as it is: head:freeze()."},
      }};
}

}  // namespace orrery
