#pragma once

#include <span>
#include <string>

#include "runtime/history/exported_run.h"

namespace orrery {

/// The numbers of several runs as one table (RFC 4180), a row a number:
/// `run,metric,split,epoch,step,time,value`. Epoch or step is empty, the time is in seconds since
/// 1970-01-01T00:00:00Z; `nan`, `inf` and `-inf` stand for what is not finite, other values come back
/// exactly.
std::string long_csv(std::span<const ExportedRun> runs);

/// The numbers of one run, a row an epoch (`epoch,train_loss,validation_loss`) or a step (`step,train_loss`);
/// a cell is empty where there is none. Empty when the run has no such numbers.
std::string wide_csv(const ExportedRun& run, bool over_epochs);

}  // namespace orrery
