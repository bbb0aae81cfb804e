#pragma once

#include <array>
#include <set>
#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Equal blocks of one frame, each of which reads the one before and nobody else does.
struct Chain {
  std::vector<int> members;  ///< boxes; at least two
  int size = 1;              ///< boxes of one member, itself and what is inside
  bool shared = false;       ///< all have the same weights
};

/// Finds chains. Two blocks follow each other in one when they hold equal boxes, the second reads the first
/// in the same way as the third the second, and whatever else they read is the same for all; the first reads
/// one value wherever the others read one of their predecessor's. Weights are either those of the first
/// member or each member's own, and no member bears the mark of a finding.
class Chains {
 public:
  explicit Chains(const Diagram& diagram);
  /// The longest ones of a frame, in order.
  std::vector<Chain> in(int frame) const;

 private:
  struct Crossing {
    int value, box, port, count;  ///< the box is the one inside, as an offset from the block
    int other;                    ///< the box outside
  };
  /// How a member reads: value or place of the source, place of the reader, port, count.
  using Reading = std::array<int, 5>;
  struct Step {
    std::set<Reading> carried, outer;
    bool operator==(const Step&) const = default;
  };

  const DiagramBox& box(int index) const { return diagram_.boxes[static_cast<size_t>(index)]; }
  int size(int block) const { return ends_[static_cast<size_t>(block)] - block; }
  bool is_inside(int box, int block) const { return box >= block && box < ends_[static_cast<size_t>(block)]; }
  void add_crossings(int value, const DiagramReader& reader);
  int next(int block) const;
  bool equal(int a, int b) const;
  bool marked(int block) const;
  Step step(int from, int to) const;
  bool begins(int first, const Step& step) const;
  enum class Weights { none, shared, distinct, mixed };
  Weights weights(int first, int other) const;
  Chain from(int first) const;

  const Diagram& diagram_;
  std::vector<int> ends_;
  std::vector<std::vector<int>> children_;
  std::vector<std::vector<Crossing>> in_, out_;  ///< by block
};

}  // namespace orrery
