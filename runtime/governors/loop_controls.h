#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/core/source_site.h"
#include "runtime/graph/attributes.h"

namespace orrery {

/// The options of a manager that say how much of its data a run takes, as Lightning's Trainer names them:
/// limit_train_batches, limit_val_batches, overfit_batches, fast_dev_run, val_check_interval,
/// num_sanity_val_steps.
std::vector<Attribute> loop_attributes();

/// Throws `Error(Fault::usage)` for a limit that is neither a share nor a number of batches, and for options
/// that contradict each other. `options`: of a whole manager.
void check_loop_options(const Attributes& options, const SourceSite& site);

/// How many of so many batches `option`, one of the limits, lets a run take: numbers below 1 are a share,
/// rounded down, others a number of batches. All of them where the option is not given. Throws
/// `Error(Fault::usage)` for a share that is less than one batch.
std::int64_t limited_batches(const Attributes& options, const std::string& option, std::int64_t batches,
                             const SourceSite& site);

/// Every how many batches of an epoch of so many `val_check_interval` asks for a validation, by Lightning's
/// rule: numbers below 1 are a share, rounded down, and at least one batch. 0 where it is not given. Throws
/// `Error(Fault::usage)` for more batches than an epoch has.
std::int64_t validation_interval(const Attributes& options, std::int64_t batches, const SourceSite& site);

/// The options of a run that only tries one out: a single epoch of `fast_dev_run` batches in training and in
/// validation, without history and without a sanity check.
void shorten_to_fast_dev_run(Attributes& options);

}  // namespace orrery
