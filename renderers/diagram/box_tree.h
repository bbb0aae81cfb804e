#pragma once

#include <map>
#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Takes a diagram's boxes apart and puts them together in another nesting. While it is at work, indices of
/// boxes stay as they were, new boxes have further ones, and values may name either.
class BoxTree {
 public:
  explicit BoxTree(Diagram& diagram);

  const std::vector<int>& children(int frame) const { return children_[static_cast<size_t>(frame)]; }
  /// A box and all that is inside, outer before inner.
  std::vector<int> inside(int box) const;
  /// Adds a box at the end of a frame, or before one of the boxes there.
  int add(DiagramBox box, int frame, int before = -1);
  void move(int box, int frame);
  /// Takes a box away with all that is inside and the values that are made or read there.
  void remove(int box);
  /// Copies a box with all that is inside, and the values that are made and read inside, into a frame; gives
  /// the copies by what they are copies of.
  std::map<int, int> copy(int box, int frame);
  /// Numbers the boxes anew, so that a frame's contents follow it.
  void finish();

 private:
  Diagram& diagram_;
  std::vector<std::vector<int>> children_;
};

}  // namespace orrery
