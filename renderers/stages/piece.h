#pragma once

#include <map>
#include <set>

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
  bool faulty = false;
};

/// An open block with the pieces inside of it.
struct PieceBlock {
  int frame = -1;  ///< its box in the diagram
  int depth = 0;   ///< of blocks around it
  std::vector<int> pieces;
  std::vector<PictureText> title;  ///< from (0, 0) on
  Size size;                       ///< of the title
};

struct ArrangeOptions {
  Direction direction = Direction::east;
  double width = 0;   ///< room for a row of data that flow east; 0: any
  double height = 0;  ///< room for a column of data that flow south; 0: any
  layout::Spacing spacing;
  std::vector<PieceBlock> blocks;  ///< to be told beside the rows
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

/// The lines that go over the tops from one segment to another, when long segments are cut where only such
/// lines go on beside one value: by index. Both ends lie among the pieces that are `too_long`; `kept`: lines
/// that are none.
std::set<int> find_far_skips(const std::vector<Piece>& pieces, const std::vector<int>& order,
                             const std::vector<PieceLine>& lines, const std::set<int>& too_long,
                             const std::set<int>& kept);

/// `next`: the piece whose value the segments after this one read; −1 for none.
LaidSegment lay_out_segment(const std::vector<Piece>& pieces, const Segment& segment, int next,
                            const std::vector<PieceLine>& lines, const ArrangeOptions& options);

/// Sets segments behind each other, in as few rows as fit `room`, of about the same length. `far`: lines that
/// go over the tops and, to other rows, past the rows' ends. Under each row stand the blocks that alone have
/// a part of it.
Arranged stack_rows(const std::vector<Piece>& pieces, const std::vector<LaidSegment>& segments,
                    const std::vector<PieceLine>& far, const std::vector<PieceBlock>& blocks, double room);

/// Mirrors at the diagonal, so that columns of data that flow south become rows.
void transpose(Picture& picture);
void transpose(PieceBlock& block);
void transpose(LaidSegment& segment);
Piece transposed(const Piece& piece);

/// Draws what lines of one value share only once, with a dot where they part.
void part_lines(Picture& picture);

/// All of the above.
Arranged arrange(const std::vector<Piece>& pieces, const Stages& stages, const ArrangeOptions& options);

/// Where a ray from `from` in the direction of `by` (a unit vector along an axis) first meets one of the
/// piece's shapes, whose origin is at `origin`; nothing when it misses.
std::optional<Point> first_hit(const Piece& piece, Point origin, Point from, Point by);

}  // namespace orrery
