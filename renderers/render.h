#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// What to draw and how large.
struct RenderOptions {
  std::string format = "pdf";  ///< one of `render_formats()`
  std::string style = "box";
  int depth = -1;                     ///< blocks inside so many others are folded into one box; -1: none
  std::vector<std::string> expand;    ///< blocks to be shown open: paths, or patterns with `*` and `?`
  std::vector<std::string> collapse;  ///< blocks to be shown as one box
  bool fold = true;                   ///< a chain of equal blocks is drawn once, with their number
  bool shapes = true;                 ///< shapes beside the lines where they change
  bool all_shapes = false;            ///< shapes beside all lines
  bool parameters = false;            ///< numbers of parameters in layers and folded blocks
  std::string direction =
      "south";          ///< `south`, `east`, `north`, `west`: where the data flow; cues of blocks go first
  double width_mm = 0;  ///< width of the page; 0: as the drawing comes out (text of 8 points)
  double dpi = 150;     ///< dots per inch of a PNG
  int columns = 80;     ///< of a text
  bool ascii = false;   ///< a text in ASCII alone
  std::vector<Finding> findings;  ///< broken rules to mark on the boxes that they are about
};

/// The formats and styles that there are, for messages and completion.
const std::vector<std::string>& render_formats();
const std::vector<std::string>& render_styles();

/// Draws a graph (finalized or not) and returns the file's bytes, the same for the same graph and options.
/// Fails with an `Error(Fault::usage)` on options that do not exist or do not fit. Reentrant.
std::string render(const Graph& graph, const RenderOptions& options);

/// The diagram with the geometry of its box drawing, as the format `json` has it.
std::string layout_json(const Graph& graph, const RenderOptions& options);

}  // namespace orrery
