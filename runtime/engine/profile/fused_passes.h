#pragma once

#include <vector>

#include "runtime/engine/profile/timeline.h"

namespace orrery {

/// The passes over memory of a step that compute several nodes at once, as a layer and the activation behind
/// it. Such a pass has a unit of the timeline to itself, where its nodes do not belong to one unit anyway;
/// when the step is over its time is split over them by their predicted cost.
class FusedPasses {
 public:
  /// A node, and what it is predicted to cost beside the others of its pass; not below 0.
  struct Member {
    int node;
    double cost;
  };
  /// How many units a timeline needs.
  static size_t timed_units(size_t units, size_t nodes) { return units + nodes; }
  /// The node whose pass has that unit, or that is that unit where units are nodes.
  static int node_of(int unit, size_t units);

  /// `unit_of`: by node id, each below `units`. Outlives it.
  FusedPasses(const std::vector<int>& unit_of, size_t units) : unit_of_(&unit_of), units_(units) {}

  /// `member` is computed by the pass that computes `by`.
  void add(Member member, Member by);
  /// By node id: whose time it is while the node is computed.
  const std::vector<int>& timed() const { return timed_.empty() ? *unit_of_ : timed_; }
  /// The part of its pass's time that a node has; 0: it has all of its own.
  double share(int node) const;
  /// Gives the nodes' units what the passes took since the last time, to the nanosecond.
  void split(Timeline& times) const;

 private:
  struct Pass {
    std::vector<Member> members;  ///< the first computes the others
    std::vector<double> shares;   ///< beside them
    void share_alike_or_by_cost();
  };

  const std::vector<int>* unit_of_;
  size_t units_;
  std::vector<int> timed_;
  std::vector<Pass> passes_;
};

}  // namespace orrery
