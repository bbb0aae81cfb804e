#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/governors/manager.h"

namespace orrery {

/// A graph's governors by kind, those inside a manager included, each once, in the order of attachment.
struct Attached {
  std::vector<const Manager*> managers;
  std::vector<const Optimizer*> optimizers;
  std::vector<const Saver*> savers;
};

Attached attached_to(const Graph& graph);

/// The optimizers whose loss can be judged: given, of this graph, and no field of the data.
std::vector<const Optimizer*> optimizers_with_loss(const Graph& graph);

/// The parameter that a target stands for; null when it is a value that is no leaf.
ParameterPtr leaf_of(const Target& target);

/// True for a field of the input that is the label.
bool is_label(const Value& value);

/// What a run of a graph may change (`Graph::state_of_run`), by pointer; the first key of tied ones.
std::unordered_map<const Parameter*, Graph::Entry> owners_of(const Graph& graph);

}  // namespace orrery
