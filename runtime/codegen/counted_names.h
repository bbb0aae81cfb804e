#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// Is it made of digits alone, as the names of a list's members are?
bool is_whole_number(std::string_view text);

/// `layer1` of `layer1_2`: without the count that sets a name apart from others.
std::string without_count(const std::string& name);

}  // namespace orrery
