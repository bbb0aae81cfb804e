#include "runtime/graph/rules/tables.h"

namespace orrery {

RuleGroup rules_of_graph() {
  return {
      "The whole graph",
      {
          {"O301", "empty-graph", Severity::error, "The graph has no operation.",
           "train.lua:1: graph 'digits' has no operation",
           "Apply a layer or call a method of an input's value."},
          {"O302", "no-input", Severity::error, "The graph is trained and has no input.",
           "train.lua:1: graph 'digits' is trained and has no input",
           "Begin with g:input(data…), which gives one value per field of the data."},
          {"O303", "input-twice", Severity::error, "The graph has an input already.",
           "train.lua:9: graph 'digits' has an input already (train.lua:8)",
           "Give one input several named fields, or make the other data a constant."},
          {"O304", "dangling-node", Severity::error, "Nothing reads a node's value, and it is no output.",
           "train.lua:42: nothing reads features/conv3 (Conv2d)",
           "Use its value, mark it with g:output(value), or take the line out."},
          {"O305", "graph-cycle", Severity::error,
           "A loaded graph leads from a node back to itself. A script cannot make one: a value exists before "
           "it is read.",
           "the graph has a cycle: a → b → a", "The file is damaged or was written by hand; make it again."},
          {"O306", "graph-finalized", Severity::error,
           "A line adds to a graph that has been checked for running and cannot change any more.",
           "train.lua:60: graph 'digits' is finalized and cannot change any more",
           "Build everything before the manager runs, or build a second graph."},
          {"O307", "field-unused", Severity::warning, "A field of the data is read by nothing.",
           "train.lua:8: nothing reads the field 'length' of input (Input)",
           "Use it, or leave it out of the input's fields."},
          {"O308", "label-as-data", Severity::warning,
           "A label feeds a layer that learns: the network is told what it is to foretell. Sequences of "
           "integers are excepted.",
           "train.lua:42: linear (Linear) is fed with the label 'label', which it is to foretell",
           "Feed it with the data; the label belongs into the loss."},
          {"O309", "constant-nan", Severity::warning,
           "A constant holds NaN, and so will whatever is computed from it.",
           "train.lua:12: mean (Constant) holds NaN, and so will whatever is computed from it",
           "Look where its values come from; x:nan_to_num() replaces them."},
          {"O310", "state-not-carried", Severity::error,
           "Nothing says what a state is after a step, so that it would never change.",
           "train.lua:12: nothing says what h (State) is after a step",
           "Call g:carry(state, value) once, or make it a constant: g:constant(shape)."},
          {"O311", "state-carried-twice", Severity::error, "A state is told twice what it becomes.",
           "train.lua:20: h (State, train.lua:12) is carried on already, from gru (train.lua:18)",
           "Call g:carry once a state; choose between values with x:where(…)."},
          {"O312", "loop-value-escapes", Severity::error,
           "A value that a loop of orrery.scan computes anew in each step is read outside of it.",
           "train.lua:24: mul (mul) reads scan/tanh (tanh, train.lua:20), which is computed anew in each "
           "step "
           "of the loop scan",
           "Return it from the loop's function: as its y, which orrery.scan stacks, or as its carry."},
      }};
}

}  // namespace orrery
