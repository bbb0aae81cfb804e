#pragma once

#include <string>
#include <vector>

namespace orrery {

/// A note in lines of about 30 characters, broken between words and where it has line breaks itself.
std::vector<std::string> note_lines(const std::string& note);

}  // namespace orrery
