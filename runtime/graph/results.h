#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// What a graph is asked for when it predicts.
struct Result {
  /// How the numbers of an output (N, classes) tell how likely each class is.
  enum class Scores {
    none,               ///< they are no scores of classes
    logits,             ///< softmax gives the probabilities
    log_probabilities,  ///< their exponentials are
    probabilities,
  };
  std::string name;  ///< as the script named the output, else its node's name, or its field's
  Value value;
  Scores scores = Scores::none;
};

/// The values that are marked as outputs; where none is, those that no node reads but losses, that are no
/// losses themselves and that need no label; metrics, and nodes that lead only to them, are disregarded
/// (unless nothing is trained and nothing else is left). A softmax gives probabilities and a log-softmax
/// their logarithms; other outputs of two dimensions are logits where CrossEntropyLoss reads them, logarithms
/// where NLLLoss does, and logits, too, where no loss reads them and they are as many as the input's classes.
std::vector<Result> results_of(const Graph& graph);

/// A value of the graph that is asked for, under the name of its output or of its node.
Result result_of(const Graph& graph, Value value);

/// Which fields of the graph's input some values, and the states among what they are made of, are computed
/// from. REQUIRES: the graph has an input.
std::vector<bool> fields_needed(const Graph& graph, const std::vector<Value>& values);

}  // namespace orrery
