#include <algorithm>
#include <map>
#include <set>

#include "renderers/stages/piece.h"
#include "renderers/stages/rows.h"

namespace orrery {
namespace {

std::vector<std::vector<int>> sources_of(size_t count, const std::vector<PieceLine>& lines) {
  std::vector<std::vector<int>> sources(count);
  for (const PieceLine& line : lines) sources[line.to].push_back(line.from);
  return sources;
}

// What nobody reads follows the last one that it reads itself.
std::vector<int> with_ends_early(const std::vector<int>& order, const std::vector<PieceLine>& lines) {
  std::vector<char> read(order.size(), 0);
  std::vector<int> place(order.size(), 0), last(order.size(), -1);
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<int>(i);
  for (const PieceLine& line : lines) {
    read[line.from] = 1;
    last[line.to] = std::max(last[line.to], place[line.from]);
  }
  std::vector<std::vector<int>> ends(order.size());
  for (int piece : order)
    if (!read[piece] && last[piece] >= 0) ends[last[piece]].push_back(piece);
  std::vector<int> result;
  for (size_t i = 0; i < order.size(); ++i) {
    if (read[order[i]] || last[order[i]] < 0) result.push_back(order[i]);
    result.insert(result.end(), ends[i].begin(), ends[i].end());
  }
  return result;
}

}  // namespace

std::vector<PieceLine> lines_between(const std::vector<Piece>& pieces, const Stages& stages) {
  std::vector<int> piece_of(stages.stages.size(), -1);
  for (size_t piece = 0; piece < pieces.size(); ++piece)
    for (int stage : pieces[piece].stages) piece_of[stage] = static_cast<int>(piece);
  std::vector<PieceLine> lines;
  for (const StageLine& line : stages.lines)
    if (piece_of[line.from] != piece_of[line.to])
      lines.push_back({piece_of[line.from], piece_of[line.to], line.from, line.to, line.faulty});
  return lines;
}

std::vector<int> order_pieces(size_t count, const std::vector<PieceLine>& lines) {
  const auto sources = sources_of(count, lines);
  std::vector<int> order;
  enum class State { open, begun, done };
  std::vector<State> state(count, State::open);
  const auto fed = [&](size_t piece) { return !sources[piece].empty(); };
  std::vector<int> stack;
  const auto finish = [&](int last) {
    stack.push_back(last);
    while (!stack.empty()) {
      const int top = stack.back();
      if (state[top] != State::open) {
        stack.pop_back();
        if (state[top] == State::begun) order.push_back(top);
        state[top] = State::done;
        continue;
      }
      state[top] = State::begun;
      for (size_t i = sources[top].size(); i-- > 0;)
        if (state[sources[top][i]] == State::open) stack.push_back(sources[top][i]);
    }
  };
  for (size_t piece = 0; piece < count; ++piece)
    if (fed(piece) && state[piece] == State::open) finish(static_cast<int>(piece));
  for (size_t piece = 0; piece < count; ++piece)
    if (state[piece] == State::open) finish(static_cast<int>(piece));
  return with_ends_early(order, lines);
}

std::vector<Segment> cut_segments(const std::vector<int>& order, const std::vector<PieceLine>& lines) {
  std::vector<int> place(order.size());
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<int>(i);
  // A value is open until its last reader.
  std::vector<std::map<int, int>> last(order.size());
  for (const PieceLine& line : lines) {
    const auto [low, high] = std::minmax(place[line.from], place[line.to]);
    int& until = last[low][line.from_stage];
    until = std::max(until, high);
  }
  std::vector<Segment> segments{{}};
  std::set<std::pair<int, int>> open;  // until, from: a piece that two values leave counts twice
  for (size_t i = 0; i < order.size(); ++i) {
    segments.back().pieces.push_back(order[i]);
    for (const auto& [stage, until] : last[i]) open.emplace(until, static_cast<int>(i));
    while (!open.empty() && open.begin()->first <= static_cast<int>(i)) open.erase(open.begin());
    if (open.size() <= 1 && i + 1 < order.size())
      segments.push_back({.source = open.empty() ? -1 : order[open.begin()->second]});
  }
  return segments;
}

namespace {

/// Lays a net out, and again in shorter segments where some are too long for a row. What flows south or north
/// is mirrored, so that columns are rows, too.
class Arranging {
 public:
  Arranging(const std::vector<Piece>& pieces, const Stages& stages, const ArrangeOptions& options)
      : pieces_(pieces),
        options_(options),
        upright_(vertical(options.direction)),
        in_rows_(options.direction == Direction::east || options.direction == Direction::south),
        room_(!in_rows_  ? 0
              : upright_ ? options.height
                         : options.width),
        blocks_(options.blocks),
        lines_(lines_between(pieces, stages)),
        order_(order_pieces(pieces.size(), lines_)) {
    for (const Piece& piece : pieces) turned_.push_back(upright_ ? transposed(piece) : piece);
    if (upright_)
      for (PieceBlock& block : blocks_) transpose(block);
  }

  Arranged arrange() {
    lay_out(in_rows_ ? cut_segments(order_, lines_) : std::vector<Segment>{{order_}}, lines_);
    if (room_ > 0) cut_long_ones();
    Arranged arranged = stack_rows(turned_, laid_, far_, blocks_, room_);
    for (const LaidSegment& segment : laid_) arranged.true_to_stages &= segment.true_to_stages;
    if (upright_) {
      transpose(arranged.picture);
      for (Point& origin : arranged.origins) std::swap(origin.x, origin.y);
    }
    drop_crossed_brackets(arranged.picture);
    part_lines(arranged.picture);
    return arranged;
  }

 private:
  void lay_out(std::vector<Segment> segments, const std::vector<PieceLine>& lines) {
    segments_ = std::move(segments);
    laid_.clear();
    for (size_t i = 0; i < segments_.size(); ++i) {
      const int next = i + 1 < segments_.size() ? segments_[i + 1].source : -1;
      laid_.push_back(lay_out_segment(pieces_, segments_[i], next, lines, options_));
      if (upright_) transpose(laid_.back());
    }
  }

  // What cannot go over the tops, since something stands above its ends, keeps its segment whole.
  void cut_long_ones() {
    std::set<int> too_long, kept;
    for (size_t i = 0; i < laid_.size(); ++i)
      if (laid_[i].bounds.width > room_) {
        too_long.insert(segments_[i].pieces.begin(), segments_[i].pieces.end());
        too_long.insert(segments_[i].source);
      }
    if (too_long.empty()) return;
    for (size_t blocked = 1; blocked > 0;) {
      std::set<int> far = find_far_skips(turned_, order_, lines_, too_long, kept);
      std::vector<PieceLine> near;
      far_.clear();
      for (size_t i = 0; i < lines_.size(); ++i)
        (far.contains(static_cast<int>(i)) ? far_ : near).push_back(lines_[i]);
      lay_out(cut_segments(order_, near), near);
      const size_t before = kept.size();
      for (int line : far)
        if (is_blocked(lines_[line].from, lines_[line].from_stage) ||
            is_blocked(lines_[line].to, lines_[line].to_stage))
          kept.insert(line);
      blocked = kept.size() - before;
    }
  }

  bool is_blocked(int piece, int stage) const {
    for (const LaidSegment& segment : laid_)
      for (const auto& [own, origin] : segment.origins)
        if (own == piece) return is_under_something(segment, piece, origin, turned_[piece].tops.at(stage));
    return false;
  }

  static bool is_under_something(const LaidSegment& segment, int piece, Point origin, const Piece::Top& top) {
    const double left = origin.x + top.left - 2, right = origin.x + top.right + 2, y = origin.y + top.y;
    const auto above = [&](int other, const Rect& r) {
      return other != piece && r.x < right && left < r.right() && r.y < y;
    };
    const Picture& all = segment.picture;
    return std::any_of(all.shapes.begin(), all.shapes.end(),
                       [&](const PictureShape& shape) { return above(shape.piece, shape.bounds()); }) ||
           std::any_of(all.texts.begin(), all.texts.end(),
                       [&](const PictureText& text) { return above(text.piece, text.at); });
  }

  const std::vector<Piece>& pieces_;
  const ArrangeOptions& options_;
  bool upright_, in_rows_;
  double room_;
  std::vector<PieceBlock> blocks_;
  std::vector<PieceLine> lines_, far_;
  std::vector<int> order_;
  std::vector<Piece> turned_;  // as rows have them
  std::vector<Segment> segments_;
  std::vector<LaidSegment> laid_;
};

}  // namespace

Arranged arrange(const std::vector<Piece>& pieces, const Stages& stages, const ArrangeOptions& options) {
  return Arranging(pieces, stages, options).arrange();
}

}  // namespace orrery
