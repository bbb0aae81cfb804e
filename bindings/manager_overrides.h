#pragma once

#include <vector>

#include "bindings/border.h"
#include "runtime/governors/manager.h"

namespace orrery::lua {

/// Sets what the command line sets, which wins over the script: `epochs`, an option of a table as
/// `early_stopping.patience`, which makes the table where the script gives none, or a whole table as
/// `early_stopping`, true or false. Marks all of them as used. Throws `Error(Fault::usage)` for an unknown
/// one, with the nearest, and for a value that does not fit.
void apply_overrides(std::vector<Border::Override>& overrides, Attributes& options, Manager::Groups& groups);

}  // namespace orrery::lua
