#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "renderers/formats/text_grid.h"

namespace orrery {

/// A page of letters on which boxes and lines are drawn with box-drawing characters, or with ASCII.
class TextCanvas {
 public:
  enum class Border {
    solid,    ///< of an operation
    twofold,  ///< of a folded block
    faint,    ///< of a frame: lines pass through it
  };

  TextCanvas(int columns, int rows, bool ascii);

  void box(const CellRect& at, Border border);
  /// The way of a value from border to border, with an arrow at its end. Lines of one value join; where those
  /// of two cross, the one that goes down is whole.
  void line(const std::vector<Cell>& path, int value);
  /// Writes to the right; letters beyond the page are lost.
  void text(Cell at, std::string_view text);
  bool is_free(Cell at) const;

  /// The rows, without the blanks at their ends, each with a line feed.
  std::string str() const;

 private:
  struct Letters {
    std::string bytes = " ";
    int value = -1;         // whose line passes
    std::uint8_t arms = 0;  // up 1, right 2, down 4, left 8
    bool border = false;
  };

  size_t index(Cell cell) const {
    return static_cast<size_t>(cell.row) * columns_ + static_cast<size_t>(cell.column);
  }
  Letters& at(Cell cell) { return cells_[index(cell)]; }
  const Letters& at(Cell cell) const { return cells_[index(cell)]; }
  void arm(Cell cell, std::uint8_t arm, int value);

  size_t columns_;
  int rows_;
  bool ascii_;
  std::vector<Letters> cells_;
};

}  // namespace orrery
