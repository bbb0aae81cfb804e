#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/history/cell.h"
#include "runtime/history/database.h"

namespace orrery {

/// A condition in SQL, with what its parameters take. It stands in a query as `RunField` says.
struct RunCondition {
  std::string sql;
  std::vector<Cell> values;
};

/// Compiles what a person asks of runs:
///
///     lr<0.01 and status=done
///     (optimizer ~ adam or tag = "long run") and not best:val_accuracy < 0.9
///
///     condition  = both { "or" both }
///     both       = one { "and" one }
///     one        = "not" one | "(" condition ")" | NAME operator value
///     operator   = "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" (contains, whatever the case) | "!~"
///     value      = number | word | "text" | 'text' | none | nan | inf | true | false
///
/// Names: see `RunField`; one with blanks or operators stands in quotes. A run that lacks what is compared
/// fits no comparison but `= none`. Nothing of the text becomes SQL: names are looked up, values are
/// bound. A usage Error shows the text and points at the place.
RunCondition run_condition(const Database& db, std::string_view text);

}  // namespace orrery
