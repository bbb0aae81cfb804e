#pragma once

#include <optional>
#include <vector>

#include "runtime/governors/manager.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// Learning rates that were tried one after another, and the loss after each.
struct LearningRates {
  std::vector<double> rates;
  std::vector<double> losses;        ///< smoothed; one per rate
  std::optional<double> suggestion;  ///< nothing where too few losses are left to tell
};

/// min_lr, max_lr, num_training, mode, early_stop_threshold, skip_begin, skip_end: as
/// lightning.pytorch.tuner.Tuner.lr_find.
const std::vector<Attribute>& lr_finder_attributes();

/// Trains from the weights as they are with rates from min_lr to max_lr, one update each, over as many
/// epochs as that takes, and then puts everything back to its bits: weights, buffers, the optimizer's options
/// and state, the generators. It begins without momenta, and steps no schedule. A loss is the mean of those
/// before, each 0.98 times as heavy as the next. It ends early when a loss is early_stop_threshold times the
/// least, or not finite. The suggestion is the rate at which the loss falls fastest from one update to the
/// next, without the first skip_begin and the last skip_end.
///
/// Throws `Error(Fault::usage)` unless the manager has one optimizer, with a loss, and `Stopped` when the
/// runtime's stop flag is set. REQUIRES: the graph is finalized; the governors' checks passed.
LearningRates find_learning_rate(Runtime& runtime, const Graph& graph, const Manager& manager,
                                 const Attributes& options);

/// As `LearningRates::suggestion`.
std::optional<double> steepest(const std::vector<double>& rates, const std::vector<double>& losses,
                               std::int64_t skip_begin, std::int64_t skip_end);

}  // namespace orrery
