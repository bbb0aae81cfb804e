#include "runtime/graph/rules/tables.h"

namespace orrery {

RuleGroup rules_of_operations() {
  return {
      "Operations and their inputs",
      {
          {"O101", "shape-mismatch", Severity::error, "An input's shape does not fit the operation.",
           "train.lua:42: conv2 (Conv2d) expects 64 input channels, got 32 from relu1 (train.lua:38)",
           "Mend the option that the remedy names, or reshape the value before. When a size is a symbol such "
           "as the batch N, the rule is kept and checked with the same words when a batch arrives."},
          {"O102", "rank-mismatch", Severity::error,
           "An input has another number of dimensions than the operation takes.",
           "train.lua:42: conv1 (Conv2d) expects an input of 3 or 4 dimensions, (N, C, H, W) or (C, H, W), "
           "got 2 dimensions of shape (N, 64)",
           "Add or merge dimensions before: x:unsqueeze(1), x:unflatten(1, {1, 8, 8}), x:flatten(1)."},
          {"O103", "dtype-mismatch", Severity::error,
           "An input's element type does not fit: float labels for a class loss, double precision for a "
           "layer "
           "with weights in single precision.",
           "train.lua:42: loss (CrossEntropyLoss) expects int64 class labels, got float32 from input.label "
           "(train.lua:8)",
           "Convert the value: x:to(\"float32\"), label:to(\"int64\")."},
          {"O104", "integer-input", Severity::error,
           "An operation that computes with real numbers got integers or booleans: a layer with weights, a "
           "mean, "
           "an inverse.",
           "train.lua:42: linear (Linear) expects a floating-point input, got int64 from input.label "
           "(train.lua:8)",
           "Convert the value, x:to(\"float32\"), or look words up first: nn.Embedding."},
          {"O105", "option-mismatch", Severity::error,
           "An option does not fit the input that the operation got: a dimension that is not there, a "
           "dimension named twice.",
           "train.lua:42: softmax (softmax) expects dim between -2 and 1 for an input of shape (N, 10), got "
           "2",
           "Dimensions count from 0, or from -1 backwards from the last."},
          {"O106", "port-unlinked", Severity::error, "An operation got no value for an input that it needs.",
           "train.lua:42: loss (CrossEntropyLoss) expects a value for 'target', got nothing",
           "Pass the value. A name that was misspelt is nil in Lua and looks like this too."},
          {"O107", "port-unknown", Severity::error, "An operation got more values than it has inputs.",
           "train.lua:42: relu (ReLU) takes 1 input, got 2",
           "Take the surplus out; options go into the layer's constructor."},
          {"O108", "foreign-value", Severity::error, "An operation reads a value of another graph.",
           "train.lua:42: relu (ReLU) reads features/conv1 as its 'input', which belongs to graph 'teacher', "
           "not to 'student'",
           "Build both in one graph, or pass the other's result as a constant."},
          {"O109", "groups-mismatch", Severity::error,
           "Groups do not divide the channels that they are to share out.",
           "train.lua:42: Conv2d expects in_channels divisible by groups, got 4 channels in 3 groups",
           "Choose a number of groups that divides the channels, those of the output too: groups = 2."},
          {"O110", "kernel-too-large", Severity::error,
           "A kernel or window does not fit into its input, padding and dilation counted.",
           "train.lua:42: conv4 (Conv2d) expects an input at least 5 high (kernel 5, padding 0), got 3 from "
           "pool3 "
           "(train.lua:40)",
           "Use a smaller kernel or more padding, or shrink the input less before. Symbolic sizes are asked "
           "when a batch arrives."},
          {"O111", "device-mismatch", Severity::error,
           "What is computed with together lies on different devices: values of a graph that were moved "
           "there, "
           "x:to(device), or tensors that a script computes with at once.",
           "train.lua:42: add (add) expects values on one device, got cuda:0 from to (train.lua:40) and "
           "cuda:1 "
           "from to_2 (train.lua:41)",
           "Move one of them first: x:to(\"cuda\"). Blocks that are placed, block:to(\"cuda\"), and layers "
           "with "
           "parameters fetch what they read."},
          {"O112", "inplace-overwrites", Severity::error,
           "A layer with inplace would write over what is needed still: by another node, an output or a "
           "metric, by the backward pass of the operation that made it (sigmoid, exp, softmax), or, a "
           "parameter or constant, by the next step. PyTorch computes other numbers then, or refuses the "
           "gradient.",
           "train.lua:42: relu (ReLU) with inplace writes over its input from conv1 (train.lua:40), which "
           "add (add, train.lua:43) reads, too",
           "Leave inplace out: a graph is computed out of place anyhow. The order of lines does not count; "
           "what was read before is refused, too. In a loop, orrery.scan, each turn writes again: over a "
           "value from outside of it, over the first carry, over rows of what is looped over, and over the "
           "last turn's carry, which was stacked perhaps. Views share memory with what they view; x:clone() "
           "has its own."},
      }};
}

}  // namespace orrery
