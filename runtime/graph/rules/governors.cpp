#include "runtime/graph/rules/tables.h"

namespace orrery {

RuleGroup rules_of_governors() {
  return {
      "Managers, metrics and savers",
      {
          {"O501", "governor-foreign", Severity::error,
           "An optimizer, metric or saver was given something of another graph.",
           "train.lua:42: AdamW of graph 'student' has the loss mse_loss, which belongs to graph 'teacher'",
           "Give each graph its own optimizers, metrics and savers, made from its own values."},
          {"O502", "data-mismatch", Severity::error,
           "The data for training, for validation or of a single call (manager:evaluate, manager:predict, "
           "manager:forward) do not have the fields of the graph's input. Fields that the call does not read "
           "may "
           "be missing.",
           "train.lua:42: the validation data (fashion_mnist) must have the field 'image' (N, 1, 8, 8) "
           "float32, as the graph's input has, got 'image' (N, 1, 28, 28) float32",
           "Use data of one kind for the graph's input, for training and for validation."},
          {"O503", "metric-mismatch", Severity::error,
           "A metric was given values of the wrong number, shape or type.",
           "train.lua:42: metric 'accuracy' expects labels of shape (N), got (N, 10)",
           "Accuracy takes scores (N, classes) first and integer labels (N) second."},
          {"O504", "saver-source-unknown", Severity::error, "A saver was given a path that names nothing.",
           "train.lua:42: the saver of best.safetensors finds no block or layer 'encoder/attm' (did you mean "
           "'encoder/attn'?)",
           "orrery summary lists the paths of a script's blocks and layers."},
          {"O505", "saver-source-ambiguous", Severity::error,
           "A saver was given the end of a path that several blocks or layers have.",
           "train.lua:42: the saver of best.safetensors cannot tell which 'conv1' is meant: encoder/conv1, "
           "decoder/conv1",
           "Give the whole path."},
          {"O506", "saver-source-empty", Severity::error,
           "A saver was given something that holds no parameters.",
           "train.lua:42: the saver of best.safetensors has nothing to write: features/relu holds no "
           "parameters",
           "Name a block or layer with parameters, or leave the sources out to write the whole graph. What "
           "is computed is written by values = { … }."},
          {"O507", "saver-value-no-image", Severity::error,
           "A saver was to write a value as an image that is none: it has another number of dimensions or "
           "channels, or complex numbers.",
           "train.lua:42: the saver of features.png cannot write features/conv1 as an image: expected (C, H, "
           "W) with one or three channels, (H, W), or a batch (N, C, H, W), got (N, 16, 28, 28) float32",
           "Give the saver process = function(t) … end to make an image of it, or write it as .npy."},
      }};
}

}  // namespace orrery
