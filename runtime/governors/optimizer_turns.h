#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/governors/optimizer.h"

namespace orrery {

/// How a run uses one of several optimizers: frequency, as Lightning's.
const std::vector<Attribute>& optimizer_use_attributes();

/// Whose turn it is when the optimizers of a run update one after the other: the first makes as many updates
/// as its frequency says, then the second, and after the last the first again. A run keeps nothing for that
/// but the count of its updates.
class OptimizerTurns {
 public:
  /// One number per optimizer, each above 0; none: every update is one of all optimizers.
  explicit OptimizerTurns(std::vector<std::int64_t> frequencies) : frequencies_(std::move(frequencies)) {}

  bool taken() const { return !frequencies_.empty(); }
  /// 0 without turns.
  std::int64_t frequency(size_t optimizer) const { return taken() ? frequencies_.at(optimizer) : 0; }
  /// How many of a run's first `updates` are this optimizer's.
  std::int64_t updates_of(size_t optimizer, std::int64_t updates) const;
  /// The nth update of the run, from 1, is one of this optimizer's.
  bool has(size_t optimizer, std::int64_t update) const {
    return updates_of(optimizer, update) > updates_of(optimizer, update - 1);
  }

 private:
  std::vector<std::int64_t> frequencies_;
};

/// The turns that frequencies ask for: one per optimizer, 0 for one that was given none; empty: nobody was.
/// Throws `Error(Fault::usage)` at `site` when some have one and others none, and for one of an optimizer
/// without a loss.
OptimizerTurns turns_of(const std::vector<std::shared_ptr<Optimizer>>& optimizers,
                        const std::vector<std::int64_t>& frequencies, const SourceSite& site);

}  // namespace orrery
