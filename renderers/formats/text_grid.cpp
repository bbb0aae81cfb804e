#include "renderers/formats/text_grid.h"

#include <algorithm>
#include <cmath>

#include "renderers/formats/cell_axis.h"
#include "renderers/layout/layout.h"

namespace orrery {
namespace {

using layout::Net;
using layout::Sink;
using layout::Sketch;
using layout::SketchBox;

long key_of(double y) { return std::lround(y * 1024); }

/// The heights at which something begins, ends or turns, numbered from above. Slot 2·n is the height n
/// itself, slot 2·n + 1 the room below it.
class Levels {
 public:
  explicit Levels(const Sketch& sketch) {
    for (const SketchBox& box : sketch.boxes) add(box.at.y), add(box.at.bottom());
    for (const Net& net : sketch.nets)
      for (const Sink& sink : net.sinks)
        for (Point p : sink.path) add(p.y);
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  }

  int slot(double y) const {
    return 2 * static_cast<int>(std::lower_bound(keys_.begin(), keys_.end(), key_of(y)) - keys_.begin());
  }
  int slots() const { return 2 * static_cast<int>(keys_.size()) + 1; }

 private:
  void add(double y) { keys_.push_back(key_of(y)); }
  std::vector<long> keys_;
};

/// What the things on an axis are: borders of boxes, points of paths.
struct Indices {
  std::vector<int> low, high, titles;             // by box
  std::vector<std::vector<std::vector<int>>> at;  // by net, sink, and point
};

Indices empty_indices(const Sketch& sketch) {
  const size_t boxes = sketch.boxes.size();
  Indices indices{std::vector<int>(boxes, -1), std::vector<int>(boxes, -1), std::vector<int>(boxes, -1), {}};
  for (const Net& net : sketch.nets) {
    auto& sinks = indices.at.emplace_back();
    for (const Sink& sink : net.sinks) sinks.emplace_back(sink.path.size(), -1);
  }
  return indices;
}

bool from_the_side(const Sink& sink) {
  const size_t n = sink.path.size();
  return sink.path[n - 1].x != sink.path[n - 2].x;
}

/// Columns first, from the heights' order; rows then, from the columns.
class GridMaker {
 public:
  GridMaker(const Sketch& sketch, const std::vector<TextRoom>& rooms, const std::vector<int>& label_columns)
      : sketch_(sketch), rooms_(rooms), label_columns_(label_columns), levels_(sketch) {}

  TextGrid make() {
    find_columns();
    find_rows();
    grid_.columns = columns_.size();
    grid_.rows = rows_.size();
    return std::move(grid_);
  }

 private:
  size_t boxes() const { return sketch_.boxes.size(); }

  void find_columns() {
    across_ = empty_indices(sketch_);
    for (size_t i = 1; i < boxes(); ++i) add_sides(i);
    for (size_t net = 0; net < sketch_.nets.size(); ++net)
      for (size_t sink = 0; sink < sketch_.nets[net].sinks.size(); ++sink) add_falls(net, sink);
    columns_.solve(levels_.slots(), 2, true);
  }

  void add_sides(size_t i) {
    const SketchBox& box = sketch_.boxes[i];
    const int top = levels_.slot(box.at.y), bottom = levels_.slot(box.at.bottom());
    across_.low[i] = columns_.add(box.at.x, top, bottom);
    across_.high[i] = columns_.add(box.at.right() - 1, top, bottom);
    columns_.keep_apart(across_.low[i], across_.high[i], rooms_[i].columns + 3);
    if (!box.frame || rooms_[i].columns == 0) return;
    across_.titles[i] = columns_.add(box.title_at.x, top, top, rooms_[i].columns + 1);
    columns_.keep_apart(across_.titles[i], across_.high[i], rooms_[i].columns + 2);
  }

  // A line down stands in the middle of its column. Its ends lie inside the boxes that they touch.
  void add_falls(size_t net, size_t sink) {
    const Sink& to = sketch_.nets[net].sinks[sink];
    const auto& path = to.path;
    const bool side = from_the_side(to);
    for (size_t p = 0; p + (side ? 1 : 0) < path.size(); ++p) {
      const bool first = p == 0, last = p + 1 == path.size();
      const int own = levels_.slot(path[p].y);
      const int label = first && sink == 0 && label_columns_[net] > 0 ? label_columns_[net] + 1 : 0;
      int from = own, until = own;
      if (first) from = until = own + 1;
      if (last) from = until = own - 1;
      if (p > 0 && path[p].x == path[p - 1].x) from = levels_.slot(path[p - 1].y) + (p == 1 ? 1 : 0);
      across_.at[net][sink][p] = columns_.add(path[p].x - 0.5, from, until);
      if (label > 0) columns_.add(path[p].x - 0.5, own + 1, own + 1, label);
    }
    keep_inside(sketch_.nets[net].source, across_.at[net][sink].front());
    if (!side) keep_inside(to.box, across_.at[net][sink].back());
  }

  void keep_inside(int box, int end) {
    columns_.keep_apart(across_.low[static_cast<size_t>(box)], end, 1);
    columns_.keep_apart(end, across_.high[static_cast<size_t>(box)], 1);
  }

  void find_rows() {
    down_ = empty_indices(sketch_);
    grid_.boxes.resize(boxes());
    grid_.titles.resize(boxes());
    for (size_t i = 1; i < boxes(); ++i) add_ends(i);
    grid_.paths.resize(sketch_.nets.size());
    grid_.labels.resize(sketch_.nets.size());
    for (size_t net = 0; net < sketch_.nets.size(); ++net) {
      grid_.paths[net].resize(sketch_.nets[net].sinks.size());
      for (size_t sink = 0; sink < sketch_.nets[net].sinks.size(); ++sink) add_crossways(net, sink);
      add_label(net);
    }
    rows_.solve(columns_.size() + 1, 1, false);
    take_rows();
  }

  void add_ends(size_t i) {
    const SketchBox& box = sketch_.boxes[i];
    CellRect& cells = grid_.boxes[i];
    cells.left = columns_.cell(across_.low[i]);
    cells.right = columns_.cell(across_.high[i]);
    if (across_.titles[i] >= 0) grid_.titles[i].column = columns_.cell(across_.titles[i]);
    down_.low[i] = rows_.add(box.at.y, cells.left, cells.right);
    down_.high[i] = rows_.add(box.at.bottom(), cells.left, cells.right);
    rows_.keep_apart(down_.low[i], down_.high[i], box.frame ? 1 : rooms_[i].lines + 1);
  }

  void add_crossways(size_t net, size_t sink) {
    const Sink& to = sketch_.nets[net].sinks[sink];
    const auto& path = to.path;
    const size_t n = path.size();
    const bool side = from_the_side(to);
    auto& cells = grid_.paths[net][sink];
    for (size_t p = 0; p < n; ++p)
      if (const int index = across_.at[net][sink][p]; index >= 0) cells.push_back({columns_.cell(index), 0});
    const CellRect& box = grid_.boxes[static_cast<size_t>(to.box)];
    if (side) cells.push_back({path[n - 1].x < path[n - 2].x ? box.right : box.left, 0});
    const int source = down_.high[static_cast<size_t>(sketch_.nets[net].source)];
    const int top = down_.low[static_cast<size_t>(to.box)], bottom = down_.high[static_cast<size_t>(to.box)];
    auto& rows = down_.at[net][sink];
    rows.front() = source;
    if (!side) rows.back() = top;
    for (size_t p = 1; p + 1 < n; ++p) {
      if (path[p].y != path[p + 1].y) continue;
      rows[p] = rows[p + 1] = rows_.add(path[p].y, cells[p].column, cells[p + 1].column);
      if (!side || p + 2 < n) continue;
      rows_.keep_apart(top, rows[p], 1);
      rows_.keep_apart(rows[p], bottom, 1);
    }
    if (n == 2) rows_.keep_apart(source, top, 2);
  }

  // The text stands in the row below its box, one blank from the line.
  void add_label(size_t net) {
    if (label_columns_[net] == 0 || grid_.paths[net].empty()) return;
    Cell& label = grid_.labels[net];
    label.column = grid_.paths[net][0][0].column + 2;
    rows_.add(sketch_.boxes[static_cast<size_t>(sketch_.nets[net].source)].at.bottom(), label.column,
              label.column + label_columns_[net] - 1, 1);
  }

  void take_rows() {
    for (size_t i = 1; i < boxes(); ++i) {
      grid_.boxes[i].top = grid_.titles[i].row = rows_.cell(down_.low[i]);
      grid_.boxes[i].bottom = rows_.cell(down_.high[i]);
    }
    for (size_t net = 0; net < grid_.paths.size(); ++net) {
      for (size_t sink = 0; sink < grid_.paths[net].size(); ++sink)
        for (size_t p = 0; p < grid_.paths[net][sink].size(); ++p)
          grid_.paths[net][sink][p].row = rows_.cell(down_.at[net][sink][p]);
      if (!grid_.paths[net].empty()) grid_.labels[net].row = grid_.paths[net][0][0].row + 1;
    }
  }

  const Sketch& sketch_;
  const std::vector<TextRoom>& rooms_;
  const std::vector<int>& label_columns_;
  Levels levels_;
  CellAxis columns_, rows_;
  Indices across_, down_;
  TextGrid grid_;
};

// A column is one unit wide, a row two units high. Boxes have a column in their middle, so that lines fall on
// columns; labels need no height, since the row of a line's beginning is theirs.
void measure_in_cells(Sketch& sketch, const std::vector<TextRoom>& rooms,
                      const std::vector<int>& label_columns) {
  sketch.spacing = {.box = 3, .lane = 2, .beside = 2.5, .rank = 2, .arrow = 2, .frame = 2, .label = 0.5};
  sketch.spacing.port = sketch.spacing.frames = 2;
  for (size_t i = 0; i < sketch.boxes.size(); ++i) {
    SketchBox& box = sketch.boxes[i];
    box.direction = Direction::south;
    if (box.frame)
      box.title = i > 0 && rooms[i].columns > 0 ? Size{rooms[i].columns + 2.0, 2} : Size{};
    else
      box.size = {static_cast<double>((rooms[i].columns + 4) | 1), 2.0 * (rooms[i].lines + 2)};
  }
  for (size_t i = 0; i < sketch.nets.size(); ++i)
    sketch.nets[i].label = label_columns[i] > 0 ? Size{label_columns[i] + 2.0, 0} : Size{};
}

}  // namespace

TextGrid text_grid(Sketch sketch, const std::vector<TextRoom>& rooms, const std::vector<int>& label_columns) {
  measure_in_cells(sketch, rooms, label_columns);
  layout::lay_out(sketch);
  return GridMaker(sketch, rooms, label_columns).make();
}

}  // namespace orrery
