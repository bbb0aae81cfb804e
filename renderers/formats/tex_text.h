#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// A text as TeX sets it, whatever it holds: characters with a meaning in TeX are written as commands, common
/// mathematical ones as their symbols, other letters beyond accented Latin as `\letter{1F600}`.
std::string tex_text(std::string_view text);

}  // namespace orrery
