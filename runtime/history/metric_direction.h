#pragma once

#include <string_view>

namespace orrery {

/// True for a metric that is better the larger it is, such as `accuracy` or `val_f1`; of all others less is
/// better. A history does not keep a metric's direction: its name tells.
bool larger_is_better(std::string_view metric);

}  // namespace orrery
