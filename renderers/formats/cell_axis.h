#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace orrery {

/// Gives the positions of things on one axis whole numbers, in the order of the positions. Things that share
/// a slot of the other axis get different numbers.
class CellAxis {
 public:
  /// Something at a position that takes the slots `first` to `last` of the other axis, and `extent` more
  /// cells behind its own. Returns its index.
  int add(double position, int first, int last, int extent = 0);
  /// The second stands at least so many cells behind the first.
  void keep_apart(int before, int after, int least);
  /// Things that share a slot stand `gap` apart. When `proportional`, everything stands where its position
  /// says, moved as far as what is before it was.
  void solve(int slots, int gap, bool proportional);

  int cell(int index) const { return things_[static_cast<size_t>(index)].cell; }
  /// One more than the last cell taken.
  int size() const { return size_; }

 private:
  struct Thing {
    double position;
    int first, last, extent, cell;
    std::vector<std::pair<int, int>> behind;  // things and least distances
  };

  std::vector<Thing> things_;
  int size_ = 0;
};

}  // namespace orrery
