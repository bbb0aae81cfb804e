#pragma once

#include <string>

#include "renderers/diagram/diagram.h"
#include "renderers/styles/theme.h"
#include "renderers/text_measure.h"

namespace orrery {

/// What a view shows first. `theme` `light` without changes follows the reader's setting for light and dark.
struct ViewOptions {
  DiagramOptions diagram;
  std::string theme = "light";
  ThemeChanges theme_changes;
  std::string caption;
  bool legend = false;  ///< begin with the explanation of colours
};

/// Boxes that a view shows at once where nothing says what is to be open: blocks inside are shut until so few
/// are left.
inline constexpr size_t kViewBoxes = 1500;

/// A page for the screen: one HTML file that needs nothing else, in which blocks open and shut. It holds the
/// whole diagram, what is known of each operation, and the lines of the scripts that made it, where their
/// files can be read. The same bytes for the same graph, options and scripts. Fails with an `Error`:
/// `Fault::usage` on cues that fit nothing, `Fault::run` where Orrery was built without a compiler for
/// WebAssembly.
std::string view_page(const Graph& graph, const ViewOptions& options, TextMeasure& measure);

}  // namespace orrery
