#pragma once

#include <functional>
#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// What stands on a box, line by line, as the box style writes it; of a frame, its title.
std::vector<std::string> words_of(const DiagramBox& box, const Theme& theme);

/// What a line into a box is to say beside the value's shape: which operand it is where that matters, and
/// how many inputs it stands for where these are several. Empty for most.
std::string words_at_end(const DiagramReader& reader, const Diagram& diagram, const Theme& theme);

/// Calls `enter` for each box, and for frames `leave` after all they hold; the root is left out. The frames
/// may be nested deeper than the program's stack.
void walk(const Diagram& diagram, const std::function<void(int box, int depth)>& enter,
          const std::function<void(int frame, int depth)>& leave);

}  // namespace orrery
