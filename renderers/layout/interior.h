#pragma once

#include <map>
#include <utility>
#include <vector>

#include "renderers/layout/sketch.h"

namespace orrery::layout {

/// Something in the rows of a frame. Positions are those of the frame's own flow: `along` grows with
/// the data, `across` to the right of someone who looks along the flow of a drawing that goes south
/// (so it is x for south, y for east).
struct Item {
  enum class Kind {
    box,
    in_port,   ///< where a value enters the frame
    out_port,  ///< where it leaves
    bend,      ///< where a long line passes a rank
    axis,      ///< marks the middle of a rank through which no main line runs
  } kind = Kind::box;
  int box = -1;  ///< of the sketch
  int net = -1;  ///< of the sketch
  double length = 0, breadth = 0;
  double before = 0, after = 0;  ///< room across on both sides of the middle, labels included
  int place = -1;                ///< of a box: in which order somebody wants it; -1: in any
  int rank = 0;
  int order = 0;      ///< place in its row
  bool main = false;  ///< on the main line
  int below = -1;     ///< an item that stands before this one in the flow
  double along = 0;   ///< where it begins
  double across = 0;  ///< its middle
};

/// One way of a value through the frame: from an item to an item.
struct Link {
  int net = -1;
  int source = -1, sink = -1;  ///< items
  int port = 0;                ///< of a sink that is a leaf
  bool backward = false;       ///< goes against the ranks: a loop, or where blocks are entangled
  bool main = false;           ///< part of the whole drawing's main line
  int chain = -1;
  int side = 0;  ///< −1 or 1: enters the sink from the left or right of the flow; 0: from its rank's start
  double offset = 0;        ///< of the entry from the sink's middle
  Size label = {};          ///< of a backward link
  std::vector<Point> path;  ///< result, in the frame's own coordinates
  Rect label_at = {};       ///< result, as the path
};

/// The lines of one value that share a source and run together: a bend for each rank that is passed.
struct Chain {
  int net = -1;
  int source = -1;
  bool backward = false;
  std::vector<int> links;
  int first_rank = 0;      ///< of the first bend
  std::vector<int> bends;  ///< one a rank
};

/// A line between neighbouring ranks.
struct Hop {
  int upper = -1, lower = -1;  ///< items
  int chain = -1;
  int link = -1;  ///< the link that ends here; -1 where the lower item is a bend
  double upper_offset = 0, lower_offset = 0;
};

/// The run of one chain between two ranks: across at `lane`; where `second` is set, back along at
/// `turn` and across again at `second_lane`.
struct Run {
  int chain = -1;
  int channel = 0;                     ///< between rank `channel` and the next
  std::vector<double> uppers, lowers;  ///< where lines come from above and leave below
  bool straight = true;
  double lane = 0;
  bool turned = false;
  double turn = 0, second_lane = 0;
};

/// Everything about one frame while it is laid out, and its result.
struct Interior {
  int frame = 0;
  Direction direction = Direction::south;
  bool columns = false;  ///< boxes keep their order
  std::vector<Item> items;
  std::vector<Link> links;
  std::vector<Chain> chains;
  std::vector<Hop> hops;
  std::vector<std::vector<int>> rows;      ///< items of each rank in order
  std::vector<std::vector<Run>> channels;  ///< behind each rank
  std::vector<int> spine;                  ///< the main line, one item a rank
  /// Where a value enters or leaves a box, from the box's middle; by item and net.
  std::map<std::pair<int, int>, double> in_offsets, out_offsets;
  double length = 0, breadth = 0;  ///< of the contents

  // Results, in coordinates of the frame's own corner.
  std::vector<std::pair<int, Rect>> labels;     ///< net, place
  std::vector<std::pair<int, Point>> in_ports;  ///< net, place on the border
  std::vector<std::pair<int, Point>> out_ports;
};

/// Where a sink's path is to be found: the links from its source outwards and inwards.
struct Piece {
  int frame;
  int link;
};

/// The sketch cut up frame by frame.
struct Plan {
  std::vector<Interior> interiors;                      ///< by box; empty for leaves
  std::vector<std::vector<std::vector<Piece>>> pieces;  ///< by net and sink
};

}  // namespace orrery::layout
