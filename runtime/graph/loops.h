#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// One `orrery.scan`: two nodes, and between them the body, which is computed once for each slice of what is
/// looped over.
///
/// The begin's outputs are the numbers of the steps (which only link it to the end and tell how many there
/// are), the carries of a step, and the slices of a step. The end's inputs are the begin's first output, the
/// carries of a step, the same number of carries for the next step, and what is stacked; its outputs are the
/// last carries and the stacks.
struct Loop {
  const Node* begin;
  const Node* end;
  std::vector<const Node*> body;  ///< in the order given; loops inside belong to it, with their two nodes
  int around = -1;                ///< the innermost loop whose body holds this one; -1: none

  int carries() const;
  /// The carries that a step hands to the next, and what is stacked.
  std::vector<Value> next() const;
  std::vector<Value> stacked() const;
  /// How many times the body is computed.
  Dim length() const { return begin->outputs()[0].shape[0]; }
};

/// The node that begins the loop which this one ends; null when it ends none, or none that is sound: the end
/// must read the begin's first outputs as its own first inputs.
const Node* loop_begin(const Node& end);

/// The loops of a graph, and what is computed in which.
///
/// A body is what depends on the loop's begin and leads to its end. Random draws, and layers that training
/// changes, belong to it, too, where they were made after the begin in its block: each step has its own.
/// Everything else that the script made inside of it is computed once, before.
class Loops {
 public:
  /// REQUIRES: every begin has its end (`check_loops`). The graph outlives it.
  explicit Loops(const Graph& graph);

  /// Inner loops come before those around them.
  const std::vector<Loop>& all() const { return loops_; }
  /// The innermost loop in which a node is computed, -1 for none. A loop's begin counts as inside, its end as
  /// outside.
  int around(const Node& node) const;
  /// Whether a node is computed in a loop, or in one inside of it.
  bool within(const Node& node, int loop) const;
  /// How many times a node is computed.
  Dim times(const Node& node) const;

 private:
  void add(const Graph& graph, const Node& begin, const Node& end);

  std::vector<Loop> loops_;
  std::unordered_map<const Node*, int> around_;
};

/// Fails (Fault::input_file) unless every loop of a graph that was read has one begin and one end.
void check_loops(const Graph& graph);

/// `loop-value-escapes`: what is computed anew in each step of a loop leaves it only as its carry or stacked,
/// so that none of the nodes may read it outside, and it can be none of the targets.
std::vector<Finding> find_escapes(const Loops& loops, const std::vector<const Node*>& nodes,
                                  const std::vector<Value>& targets);

}  // namespace orrery
