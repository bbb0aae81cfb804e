#pragma once

#include <map>

#include "renderers/layout/sketch.h"
#include "renderers/stages/picture.h"
#include "renderers/stages/stages.h"

namespace orrery {

/// What a style draws for one stage, or for a few that touch each other: around (0, 0), through which the
/// line runs from its first stage to its last.
struct Piece {
  std::vector<int> stages;  ///< each the only reader of the one before, but for skips
  Picture drawing;          ///< shapes and texts
  bool open_sides = false;  ///< has no texts beside its shape: a line may come from any side

  /// Where skips may leave and arrive.
  struct Top {
    double left = 0, right = 0, y = 0;
  };
  std::map<int, Top> tops;  ///< by stage; those without one have none
};

/// A line between pieces, and the stages that it joins.
struct PieceLine {
  int from = -1, to = -1;
  int from_stage = -1, to_stage = -1;
};

struct ArrangeOptions {
  Direction direction = Direction::east;
  double width = 0;  ///< room for a row; 0: any. Rows are made of data that flow east only
  layout::Spacing spacing;
};

/// Pieces with their places and the lines between them.
struct Arranged {
  Picture picture;  ///< from (0, 0) on, without its size
  std::vector<Point> origins;
  bool true_to_stages = true;  ///< else a value would seem to come from a stage that does not make it
};

// The passes, in order.

/// The lines between pieces, without those inside of one.
std::vector<PieceLine> lines_between(const std::vector<Piece>& pieces, const Stages& stages);

/// Pieces in the order of the data; what nobody feeds stands right before its first reader.
std::vector<int> order_pieces(size_t count, const std::vector<PieceLine>& lines);

/// Some pieces that lie between two places where all data run through one value.
struct Segment {
  std::vector<int> pieces;  ///< in order
  int source = -1;          ///< the piece whose value enters; −1 for none
};
std::vector<Segment> cut_segments(const std::vector<int>& order, const std::vector<PieceLine>& lines);

/// A segment with places.
struct LaidSegment {
  Picture picture;  ///< its pieces and the lines that stay inside
  std::vector<std::pair<int, Point>> origins;
  std::vector<PictureLine> entering;  ///< from the entry
  std::vector<Point> leaving;         ///< to the exit: from a piece, or from the entry
  int leaver = -1;                    ///< that piece; −1: from the entry
  Point entry, exit;
  bool true_to_stages = true;  ///< no line but a skip begins or ends in the middle of a piece
  Rect bounds;
};
/// `next`: the piece whose value the segments after this one read; −1 for none.
LaidSegment lay_out_segment(const std::vector<Piece>& pieces, const Segment& segment, int next,
                            const std::vector<PieceLine>& lines, const ArrangeOptions& options);

/// Sets segments behind each other, in as few rows as fit the width, of about the same length.
Arranged stack_rows(size_t pieces, const std::vector<LaidSegment>& segments, const ArrangeOptions& options);

/// Draws what lines of one value share only once, with a dot where they part.
void part_lines(Picture& picture);

/// All of the above.
Arranged arrange(const std::vector<Piece>& pieces, const Stages& stages, const ArrangeOptions& options);

/// Where a ray from `from` in the direction of `by` (a unit vector along an axis) first meets one of the
/// piece's shapes, whose origin is at `origin`; nothing when it misses.
std::optional<Point> first_hit(const Piece& piece, Point origin, Point from, Point by);

}  // namespace orrery
