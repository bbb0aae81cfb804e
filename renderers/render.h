#pragma once

#include <memory>
#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"
#include "renderers/styles/theme.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// A second graph in the same drawing: the one before, against which the graph is marked.
struct Comparison {
  std::shared_ptr<const Graph> before;
  bool all = false;  ///< also what is the same is open
  /// What the run of the graph before has of the overlay's quantity; colours then tell by how much it grew.
  std::optional<Overlay> overlay = {};
};

/// What to draw and how large.
struct RenderOptions {
  std::string format = "pdf";  ///< one of `render_formats()`
  std::string style =
      "box";       ///< `box`; `lenet` and `volume`: feature maps; `unrolled` and `rolled`: steps of time
  int depth = -1;  ///< blocks inside so many others are folded into one box; -1: none
  std::vector<std::string> expand;    ///< blocks to be shown open: paths, or patterns with `*` and `?`
  std::vector<std::string> collapse;  ///< blocks to be shown as one box
  bool fold =
      true;  ///< a chain of equal blocks is drawn once, with their number; not in `lenet` and `volume`
  /// Paths, patterns, or `activations`, `constants`, `dropout`, `labels`, `losses`, `norms`, `outputs`: not
  /// drawn, lines go on past them.
  std::vector<std::string> hide;
  /// Put aside, with marks at their neighbours: paths, patterns, or `constants`, `labels`, `losses`,
  /// `parameters`.
  std::vector<std::string> aside;
  /// Optimizers with their schedules, and savers, with letters at what they update or save; of boxes alone.
  bool governors = false;
  bool fuse = false;                    ///< activations, norms and dropout stand on their layer's box
  bool names = true;                    ///< names that people gave
  bool dtypes = false;                  ///< dtypes beside all lines
  ColourBy color = ColourBy::kind;      ///< what the colours tell
  std::string theme = "light";          ///< one of `theme_names()`
  ThemeChanges theme_changes;           ///< what is otherwise in a theme of one's own
  std::optional<Overlay> overlay = {};  ///< a quantity to be shown by colour
  /// Explains outlines and colours of kinds; tones and amounts always are. None: as the style has it, which
  /// is only where there are several kinds in `lenet` and `volume`.
  std::optional<bool> legend = {};
  std::string caption;      ///< stands under the drawing
  std::string image;        ///< a PNG or JPEG file for the face of the first input in `lenet` and `volume`
  std::string fit;          ///< one of `page_names()`: as many blocks are open as the page has room for
  bool shapes = true;       ///< shapes beside the lines where they change
  bool all_shapes = false;  ///< shapes beside all lines
  bool parameters = false;  ///< numbers of parameters in layers and folded blocks
  std::string direction;  ///< `south`, `east`, `north`, `west`: where the data flow; cues of blocks go first;
                          ///< empty: east for feature maps, else south
  double width_mm = 0;    ///< width of the page; 0: as the drawing comes out (text of 8 points)
  double height_mm = 0;   ///< height of the page: with `width_mm` as `fit`; alone, of any width; 0: no limit
  double min_font = 6;    ///< the smallest text on a page, in points
  bool wrap = true;       ///< breaks chains longer than the page, and ribbons of two pages and more
  double dpi = 150;       ///< dots per inch of a PNG
  int columns = 80;       ///< of a text
  bool ascii = false;     ///< a text in ASCII alone
  Cues cues;              ///< what people arranged in a view, or in a file
  /// What boxes show, by path, in place of what they would show.
  std::map<std::string, BoxChange> boxes;
  LineWidth line_width = LineWidth::even;  ///< whether lines are as wide as their tensors are large
  std::int64_t batch = 1;                  ///< the batch that those widths are told for
  std::optional<Comparison> comparison;    ///< in the style `box` alone
  std::vector<Finding> findings;           ///< broken rules to mark on the boxes that they are about
};

/// The formats and styles that there are, for messages and completion.
const std::vector<std::string>& render_formats();
const std::vector<std::string>& render_styles();

/// Pages to fit on: `neurips-column` (140 × 229 mm), `ieee-column` (88.9 × 241 mm), `a4` (170 × 257 mm,
/// inside of margins of 20 mm) and `slide` (254 × 143 mm, 16:9).
const std::vector<std::string>& page_names();

/// Draws a graph (finalized or not) and returns the file's bytes, the same for the same graph and options.
/// Fails with an `Error(Fault::usage)` on options that do not exist or do not fit. Reentrant.
std::string render(const Graph& graph, const RenderOptions& options);

/// The diagram with the geometry of its box drawing, as the format `json` has it.
std::string layout_json(const Graph& graph, const RenderOptions& options);

}  // namespace orrery
