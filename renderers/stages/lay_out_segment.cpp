#include <algorithm>
#include <cmath>
#include <map>

#include "renderers/layout/layout.h"
#include "renderers/stages/find_skips.h"

namespace orrery {
namespace {

constexpr double kEntry = 3;  // room in which an entering line may part

// Lines enter and leave in the middle. Beside the flow, texts take only the room that they need.
layout::SketchBox box_for(const Piece& piece, bool vertical) {
  layout::SketchBox box{.side_entry = piece.open_sides};
  const Rect all = bounds_of(piece.drawing), shapes = shapes_of(piece.drawing);
  if (vertical) {
    const double half = std::max(-shapes.x, shapes.right());
    box.size = {2 * half, all.height};
    box.before = std::max(0.0, -all.x - half);
    box.after = std::max(0.0, all.right() - half);
    return box;
  }
  const double half = std::max(-shapes.y, shapes.bottom());
  box.size = {all.width, 2 * half};
  box.before = std::max(0.0, -all.y - half);
  box.after = std::max(0.0, all.bottom() - half);
  return box;
}

// Where a box was made wider than its shape, since many lines enter it, texts make room for them.
void set_texts_apart(Picture& drawing, Point by) {
  const Rect shapes = shapes_of(drawing);
  for (PictureText& text : drawing.texts) {
    if (text.inside) continue;
    const Point off = text.at.middle() - shapes.middle();
    text.at = text.at.moved({std::copysign(by.x, off.x), std::copysign(by.y, off.y)});
  }
}

/// Lays one segment out with the passes for boxes, and puts pieces and lines where they say.
class SegmentLayout {
 public:
  SegmentLayout(const std::vector<Piece>& pieces, const Segment& segment, int next,
                const std::vector<PieceLine>& all, const ArrangeOptions& options)
      : pieces_(pieces), segment_(segment), next_(next), options_(options) {
    for (int piece : segment.pieces) box_of_[piece] = -1;
    for (const PieceLine& line : all)
      if (box_of_.contains(line.to) && (box_of_.contains(line.from) || line.from == segment.source))
        lines_.push_back(line);
  }

  LaidSegment lay_out() {
    std::set<int> skips;
    if (options_.direction == Direction::east) skips = find_skips(pieces_, lines_, segment_.source);
    for (;;) {
      sketch(skips);
      layout::lay_out(sketch_);
      read_back();
      const std::set<int> blocked = route_skips(pieces_, lines_, skips, segment_.source, fork_, laid_);
      if (blocked.empty()) break;
      for (int line : blocked) skips.erase(line);
    }
    for (size_t i = 0; i < lines_.size(); ++i)
      if (!skips.contains(static_cast<int>(i)) && inside_piece(lines_[i])) laid_.true_to_stages = false;
    laid_.bounds = united(bounds_of(laid_.picture), ends());
    return std::move(laid_);
  }

 private:
  // Begins or ends in the middle of a piece, which only a skip can.
  bool inside_piece(const PieceLine& line) const {
    return line.from_stage != pieces_[line.from].stages.back() ||
           line.to_stage != pieces_[line.to].stages.front();
  }

  bool vertical() const { return orrery::vertical(options_.direction); }

  int add_box(layout::SketchBox box) {
    sketch_.boxes.push_back(box);
    return static_cast<int>(sketch_.boxes.size()) - 1;
  }

  void sketch(const std::set<int>& skips) {
    sketch_ = {.spacing = options_.spacing};
    sketch_.spacing.frame = 0.5;
    add_box({.frame = true, .direction = options_.direction});
    entry_ = segment_.source >= 0
                 ? add_box({.parent = 0, .size = vertical() ? Size{1, kEntry} : Size{kEntry, 1}})
                 : -1;
    const int frame = add_box({.parent = 0, .frame = true, .direction = options_.direction});
    exit_ = next_ >= 0 ? add_box({.parent = 0, .size = {1, 1}}) : -1;
    for (int piece : segment_.pieces) {
      layout::SketchBox box = box_for(pieces_[piece], vertical());
      box.parent = frame;
      box.direction = options_.direction;
      box_of_[piece] = add_box(box);
    }
    add_nets(skips);
  }

  int box_from(int piece) const {
    const auto own = box_of_.find(piece);
    return own == box_of_.end() ? entry_ : own->second;
  }

  void add_nets(const std::set<int>& skips) {
    net_lines_.clear();
    std::map<int, size_t> net_of;
    const auto net = [&](int piece) -> layout::Net& {
      const auto [at, fresh] = net_of.try_emplace(piece, sketch_.nets.size());
      if (fresh) sketch_.nets.push_back({.source = box_from(piece)}), net_lines_.emplace_back();
      return sketch_.nets[at->second];
    };
    std::map<int, int> ports;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (skips.contains(static_cast<int>(i))) continue;
      net(lines_[i].from).sinks.push_back({.box = box_of_.at(lines_[i].to), .port = ports[lines_[i].to]++});
      net_lines_[net_of.at(lines_[i].from)].push_back(static_cast<int>(i));
    }
    if (exit_ < 0) return;
    net(next_).sinks.push_back({.box = exit_});
    net_lines_[net_of.at(next_)].push_back(-1);
  }

  void read_back() {
    laid_ = {};
    for (int piece : segment_.pieces) {
      const Rect& at = sketch_.boxes[box_of_.at(piece)].at;
      const Rect own = bounds_of(pieces_[piece].drawing);
      const Point origin =
          vertical() ? Point{at.middle().x, at.y - own.y} : Point{at.x - own.x, at.middle().y};
      laid_.origins.push_back({piece, origin});
      origins_[piece] = origin;
      Picture part = pieces_[piece].drawing;
      set_texts_apart(part, widened(piece));
      move(part, origin);
      for (PictureShape& shape : part.shapes) shape.piece = piece;
      for (PictureText& text : part.texts) text.piece = piece;
      std::move(part.shapes.begin(), part.shapes.end(), std::back_inserter(laid_.picture.shapes));
      std::move(part.texts.begin(), part.texts.end(), std::back_inserter(laid_.picture.texts));
    }
    if (entry_ >= 0) {
      const Rect& at = sketch_.boxes[entry_].at;
      laid_.entry = vertical() ? Point{at.middle().x, at.y} : Point{at.x, at.middle().y};
      fork_ = at.middle();
    }
    for (size_t i = 0; i < sketch_.nets.size(); ++i) read_net(i);
    if (exit_ >= 0) laid_.exit = laid_.leaving.back();
  }

  // How much wider than wished a piece's box is on either side.
  Point widened(int piece) const {
    const Rect& at = sketch_.boxes[box_of_.at(piece)].at;
    const Size wished = box_for(pieces_[piece], vertical()).size;
    return {(at.width - wished.width) / 2, (at.height - wished.height) / 2};
  }

  void read_net(size_t index) {
    const layout::Net& net = sketch_.nets[index];
    for (size_t i = 0; i < net.sinks.size(); ++i) {
      const int line = net_lines_[index][i];
      std::vector<Point> path = net.sinks[i].path;
      const int from = line < 0 ? next_ : lines_[line].from;
      const bool enters = !box_of_.contains(from);
      if (enters) path.insert(path.begin(), laid_.entry);
      if (!enters) reach(path, from, false);
      if (line < 0) {
        laid_.leaving = std::move(path);
        laid_.leaver = enters ? -1 : from;
        continue;
      }
      reach(path, lines_[line].to, true);
      PictureLine drawn{PictureLine::Kind::flow, from, lines_[line].to, std::move(path), lines_[line].faulty};
      (enters ? laid_.entering : laid_.picture.lines).push_back(std::move(drawn));
    }
  }

  // Boxes have room for texts around the shape; lines go on to the shape itself.
  void reach(std::vector<Point>& path, int piece, bool end) {
    if (end) std::reverse(path.begin(), path.end());
    const Point at = path[0], from = path[1];
    const double size = std::hypot(at.x - from.x, at.y - from.y);
    const Point by{(at.x - from.x) / size, (at.y - from.y) / size}, origin = origins_.at(piece);
    if (const auto hit = first_hit(pieces_[piece], origin, at, by)) {
      path[0] = *hit;
    } else {
      path[0] = turn_beside(piece, at, by);
      const Point side = by.y == 0 ? Point{0, std::copysign(1, origin.y - at.y)}
                                   : Point{std::copysign(1, origin.x - at.x), 0};
      path.insert(path.begin(), first_hit(pieces_[piece], origin, path[0], side).value_or(origin));
    }
    if (end) std::reverse(path.begin(), path.end());
  }

  // Where a line that passes its shape turns to it: the further outside, the further on, so that the lines
  // of many values do not meet.
  Point turn_beside(int piece, Point at, Point by) const {
    const Point origin = origins_.at(piece);
    const Rect shape = shapes_of(pieces_[piece].drawing).moved(origin);
    const Rect& box = sketch_.boxes[box_of_.at(piece)].at;
    const auto passed = [](double away, double middle, double low, double high, double half) {
      const double edge = away < middle ? middle - low : high - middle;
      return 0.15 + 0.7 * std::clamp((std::abs(away - middle) - edge) / std::max(half - edge, 1.0), 0.0, 1.0);
    };
    if (by.y == 0) {
      const double on = passed(at.y, origin.y, shape.y, shape.bottom(), box.height / 2) * shape.width;
      return {by.x > 0 ? shape.x + on : shape.right() - on, at.y};
    }
    const double on = passed(at.x, origin.x, shape.x, shape.right(), box.width / 2) * shape.height;
    return {at.x, by.y > 0 ? shape.y + on : shape.bottom() - on};
  }

  Rect ends() const {
    Rect all = exit_ >= 0 ? spanned(laid_.leaving.front(), laid_.exit) : Rect{};
    for (const PictureLine& line : laid_.entering)
      for (Point p : line.points) all = united(all, spanned(laid_.entry, p));
    for (Point p : laid_.leaving) all = united(all, spanned(laid_.exit, p));
    return all;
  }

  const std::vector<Piece>& pieces_;
  const Segment& segment_;
  int next_;
  const ArrangeOptions& options_;
  std::vector<PieceLine> lines_;
  std::map<int, int> box_of_;
  std::map<int, Point> origins_;
  std::vector<std::vector<int>> net_lines_;  // of each net's sinks; −1: the exit
  layout::Sketch sketch_;
  int entry_ = -1, exit_ = -1;
  Point fork_;
  LaidSegment laid_;
};

}  // namespace

LaidSegment lay_out_segment(const std::vector<Piece>& pieces, const Segment& segment, int next,
                            const std::vector<PieceLine>& lines, const ArrangeOptions& options) {
  return SegmentLayout(pieces, segment, next, lines, options).lay_out();
}

}  // namespace orrery
