#pragma once

#include <utility>
#include <vector>

#include "renderers/layout/sketch.h"

namespace orrery {

/// A place on a page of letters: columns and rows from 0.
struct Cell {
  int column = 0, row = 0;
  bool operator==(const Cell&) const = default;
};

/// The cells of a box's border and of all inside.
struct CellRect {
  int left = 0, top = 0, right = 0, bottom = 0;
};

/// A laid-out sketch in cells. The order of everything from left to right and from top to bottom is that of
/// the sketch; columns keep the sketch's distances where nothing is in the way, rows close up.
struct TextGrid {
  std::vector<CellRect> boxes;                        ///< as the sketch's; nothing for the root
  std::vector<Cell> titles;                           ///< of frames, by box: where the text begins
  std::vector<std::vector<std::vector<Cell>>> paths;  ///< by net and sink, from border to border
  std::vector<Cell> labels;                           ///< by net: where the text begins
  int columns = 0, rows = 0;
};

/// What a box must offer: columns and lines of text inside its border.
struct TextRoom {
  int columns = 0, lines = 0;
};

/// Lays a sketch out in cells; all flows south. Of the sketch the boxes' frames and the nets count, not their
/// sizes: those follow from `rooms` (by box; of a frame its title's) and `label_columns` (by net; 0: none).
///
/// Post: boxes overlap only what they hold, no two values share a cell but where their lines cross, no line
/// passes a box other than the frames that it leaves and enters, and every text has its room to itself.
TextGrid text_grid(layout::Sketch sketch, const std::vector<TextRoom>& rooms,
                   const std::vector<int>& label_columns);

}  // namespace orrery
