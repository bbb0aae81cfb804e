#pragma once

#include <set>
#include <vector>

#include "runtime/engine/execution/plan.h"
#include "runtime/graph/aliasing.h"

namespace orrery {

/// Lets each slot go after its last reader; those of `kept` stay, those of `given` are filled from outside
/// and go, too. REQUIRES: no loops.
void renew_releases(std::vector<Step>& steps, const std::vector<int>& kept, const std::vector<int>& given);

/// Whose memory others than the plan may write to: what leaves the plan, what functions of the script read,
/// what an operation overwrites; and all that shares memory with it.
class ExposedMemory {
 public:
  explicit ExposedMemory(const Plan& plan);
  bool has(const Node& node) const;

 private:
  StorageRoots roots_;
  std::set<Value, ValueLess> exposed_;  ///< roots
};

/// Whether a node changes its layer's weights (an embedding's `max_norm`).
bool changes_its_table(const Node& node);

/// Whether a step gives the same results for the same inputs, and does nothing else.
bool is_pure(const Step& step);

}  // namespace orrery
