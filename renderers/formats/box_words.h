#pragma once

#include <functional>
#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// What stands on a box, line by line, as the box style writes it; of a frame, its title.
std::vector<std::string> words_of(const DiagramBox& box, const Theme& theme);

/// Which operand a line brings, from 1, where its box is a symbol whose operands may not change places; empty
/// for all others.
std::string operand_number(const DiagramReader& reader, const Diagram& diagram, const Theme& theme);

/// Calls `enter` for each box, and for frames `leave` after all they hold; the root is left out. The frames
/// may be nested deeper than the program's stack.
void walk(const Diagram& diagram, const std::function<void(int box, int depth)>& enter,
          const std::function<void(int frame, int depth)>& leave);

}  // namespace orrery
