#pragma once

#include "renderers/stages/piece.h"

namespace orrery {

/// A row while it is made: from (0, 0) on, before it has its place on the page.
struct Row {
  std::vector<int> pieces;
  std::map<int, Rect> shapes, all;  ///< by piece: of its shapes; with its texts
  std::vector<Rect> lines;          ///< straight parts of lines
  std::map<int, Point> origins;
  Rect bounds;
};

/// The values that go over the tops of rows, each in one lane of a row, and past the rows' ends to others.
class FarSkips {
 public:
  FarSkips(const std::vector<Piece>& pieces, const std::vector<PieceLine>& lines);

  /// Room that they take beside the rows.
  double room() const;
  /// Gives those that begin or end in a row their lanes, and the row the room for them.
  void enter(size_t index, Row& row);
  /// The row has been moved to its place. `end`: where its lines to others have their last corner.
  void place(size_t index, const Row& row, Point by, double end);
  /// All of their lines, once each row has its place.
  std::vector<PictureLine> lines();

 private:
  struct End {
    size_t row = 0;
    Point at;
  };
  struct Skip {
    std::vector<PieceLine> lines;
    End start;
    std::map<size_t, double> lanes;  // by row
    double gutter = 0;
    size_t last_row = 0;
  };

  Point top(int piece, int stage, double share) const;
  Point begin_of(const PieceLine& line) const;
  Point end_of(const PieceLine& line) const;
  void share_tops(const Row& row);
  double lane_above(const Row& row, double begin, double end) const;
  std::pair<double, double> span_in(const Skip& skip, size_t index, const Row& row) const;
  void take_gutters();

  const std::vector<Piece>& pieces_;
  std::vector<Skip> skips_;
  std::map<int, size_t> row_of_;  // by piece
  std::map<int, Point> origins_;
  std::map<std::pair<int, int>, double> arrivals_;  // by stages: the share of the target's top
  std::vector<double> ends_;                        // by row
};

/// Tells the blocks that alone have a part of the row, in lines under it, inner ones above.
void add_brackets(const std::vector<PieceBlock>& blocks, Row& row, Picture& picture);

/// Leaves out blocks over whose title a line would lie: where a net parts, the ends of a row may be in its
/// midst.
void drop_crossed_brackets(Picture& picture);

}  // namespace orrery
