#pragma once

#include <string_view>

namespace orrery {

/// Does a name fit a pattern as shells write them: `*` stands for any characters, dots too, `?` for one?
bool fits_pattern(std::string_view name, std::string_view pattern);

}  // namespace orrery
