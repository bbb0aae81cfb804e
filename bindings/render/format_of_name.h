#pragma once

#include <string>
#include <vector>

namespace orrery::lua {

/// The format, one of `allowed`, that the ending of a file's name tells. Throws `Error(Fault::usage)` naming
/// the function and the endings when it tells none.
std::string format_of_name(const std::string& path, const char* function,
                           const std::vector<std::string>& allowed);

}  // namespace orrery::lua
