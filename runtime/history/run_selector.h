#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/history/database.h"

namespace orrery {

/// The id of the run that a person means by `text`, first that fits:
///
/// - `last`, or `last~2`: two before the newest;
/// - `best:val_loss`, or `best:val_accuracy~1`: the run with the best value of any epoch, or the second best
/// run;
///   see `larger_is_better`, NaN and infinity never are; of equal runs the newest;
/// - an id, a name, the beginning of one run's name, or of its uid (four letters or more).
///
/// A usage Error says what else there is: the runs that an ambiguous prefix fits, the nearest name, the
/// newest runs, the metrics.
std::int64_t resolve_run(const Database& db, std::string_view text);

}  // namespace orrery
