#pragma once

#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery::test {

/// Texts that a careless writer would take for its own syntax, or could not set: markup, quotes, escapes,
/// control characters, other scripts and directions, emoji, letters that no font has, 10,000 letters.
const std::vector<std::string>& hostile_labels();

/// A diagram of a block with two operations whose texts are all the given one, as `make_diagram` makes it
/// safe.
Diagram labelled_diagram(const std::string& label);

}  // namespace orrery::test
