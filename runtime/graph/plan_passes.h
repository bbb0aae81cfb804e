#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/graph/attributes.h"

namespace orrery {

/// What may be changed of a plan so that it takes less time, with the same results up to rounding. The user's
/// graph stays as it is.
enum class PlanPass {
  common_subexpressions,
  constant_folding,
  fold_batch_norm,
  dead_nodes,
  lowering,
  fuse_activations,
  relu_after_max_pool,
  branches_side_by_side,
  fold_updates,
};

/// A pass as scripts and messages have it.
struct PlanPassInfo {
  PlanPass pass;
  const char* name;
  const char* doc;  ///< one line
};

/// All of them, in the order in which they are made.
std::span<const PlanPassInfo> plan_passes();
std::vector<std::string> plan_pass_names();
const char* name(PlanPass pass);

/// Which passes are made; all at the start. Value type.
class PassSet {
 public:
  /// Without those that a manager's `skip_passes` names.
  static PassSet of(const Attributes& options);

  bool has(PlanPass pass) const { return !(left_out_ >> static_cast<unsigned>(pass) & 1U); }
  PassSet without(PlanPass pass) const;
  bool operator==(const PassSet&) const = default;

 private:
  unsigned left_out_ = 0;
};

}  // namespace orrery
