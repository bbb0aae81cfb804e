#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/history/cell.h"
#include "runtime/history/database.h"

namespace orrery {

/// What a name in a question about runs stands for, first that fits:
///
/// 1. a column of `run_summary`, by its name or a shorter one: `status`, `epochs`, `took`, `threads`, …;
///    `tag` and `note` are any of a run's;
/// 2. a metric: its last value in validation, else in training, else on the test data; `train_loss`,
///    `val_loss`, `test_loss` are of one split; `best:val_loss`, `min:…`, `max:…` are not the last;
/// 3. a setting of the config: `lr`, `optimizer.lr` within another; `config.epochs` is never a column.
///
/// The SQL stands in a query over `run_summary s JOIN runs r USING (run_id)`.
struct RunField {
  enum class Kind {
    text,     ///< a column that holds text
    number,   ///< a column that holds numbers
    seconds,  ///< a column that holds seconds; values may be given in other units of time
    metric,   ///< a number that may be NaN, which `nan_sql` tells
    setting,  ///< whatever a config holds
    several,  ///< texts of which a run has any number; `sql` is a condition with `{}` for that on `value`
  };
  std::string name;
  Kind kind = Kind::text;
  std::string sql;
  /// What the parameters of `sql` take, in their order.
  std::vector<Cell> values;
  /// 1 where a metric's value is NaN; the same parameters.
  std::string nan_sql;
};

/// The field that a name stands for. A usage Error names the nearest where there is none.
RunField run_field(const Database& db, std::string_view name);

/// A metric's values of one run as a person names them, such as `val_loss`, apart: split and metric. The
/// split is empty for any. A usage Error when no run has it.
struct MetricName {
  std::string split;
  std::string metric;
};
MetricName metric_name(const Database& db, std::string_view name);

/// Whether more of what a name stands for is better: of the metrics that `larger_is_better` names, whichever
/// of their values is asked for. A usage Error where there is no such name.
bool more_is_better(const Database& db, std::string_view name);

/// What `run_summary.status` says, with the runs that have ended though the file says `running`
/// (temp.ended).
extern const char* const kSeenStatus;

}  // namespace orrery
