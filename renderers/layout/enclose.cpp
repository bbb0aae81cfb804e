#include <cmath>
#include <limits>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

/// Turns places in a flow (x across, y along) of some length into places on the page, and back.
struct Turn {
  Direction direction;
  double length;

  Point page(Point p) const {
    const double along = direction == Direction::north || direction == Direction::west ? length - p.y : p.y;
    return vertical(direction) ? Point{p.x, along} : Point{along, p.x};
  }
  Point flow(Point p) const {
    const Point q = vertical(direction) ? p : Point{p.y, p.x};
    return {q.x, direction == Direction::north || direction == Direction::west ? length - q.y : q.y};
  }
  Rect page(const Rect& r) const {
    return spanned(page(Point{r.x, r.y}), page(Point{r.right(), r.bottom()}));
  }
};

double along_of(Direction direction, Size size) { return vertical(direction) ? size.height : size.width; }

/// Breadth of the contents, and moves all of it so that it begins at 0 across.
void fit(Interior& in) {
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  const auto take = [&](double a, double b) { low = std::min(low, a), high = std::max(high, b); };
  for (const Item& item : in.items) take(item.across - item.before, item.across + item.after);
  for (const Link& link : in.links)
    for (Point p : link.path) take(p.x, p.x);
  if (in.items.empty()) low = high = 0;
  for (Item& item : in.items) item.across -= low;
  for (Link& link : in.links)
    for (Point& p : link.path) p.x -= low;
  for (Link& link : in.links) link.label_at.x -= low;
  for (auto& [net, at] : in.labels) at.x -= low;
  in.breadth = high - low;
}

struct Lead {
  int item;                 // the port
  Point at;                 // in the flow of the frame around, from the contents' corner
  std::vector<Point> path;  // from the border to the port, or from the port to the border
};

/// The room round the contents, in the flow of the frame around.
struct Insets {
  double before = 0, after = 0, start = 0, end = 0;
};

/// Leads ports to those sides of the border that the frame around expects them on.
class Border {
 public:
  Border(const Interior& in, const Sketch& sketch, Direction outer)
      : in_(in),
        spacing_(sketch.spacing),
        own_{in.direction, in.length},
        content_(own_.page(Rect{0, 0, in.breadth, in.length})),
        outer_{outer, along_of(outer, {content_.width, content_.height})} {
    const Point far = outer_.flow({content_.right(), content_.bottom()}), near = outer_.flow({0, 0});
    flow_ = spanned(near, far);
    for (size_t i = 0; i < in.items.size(); ++i) {
      const Item& item = in.items[i];
      const Lead lead{static_cast<int>(i), outer_.flow(own_.page(Point{item.across, item.along})), {}};
      if (item.kind == Item::Kind::in_port) ins_.push_back(lead);
      if (item.kind == Item::Kind::out_port) outs_.push_back(lead);
    }
    insets_ = {spacing_.frame, spacing_.frame, spacing_.frame, spacing_.frame};
  }

  void lead() {
    if (in_.direction == outer_.direction)
      lead_straight();
    else if (vertical(in_.direction) == vertical(outer_.direction))
      lead_round();
    else
      lead_sideways();
  }

  const Insets& insets() const { return insets_; }
  const std::vector<Lead>& ins() const { return ins_; }
  const std::vector<Lead>& outs() const { return outs_; }
  const Turn& outer() const { return outer_; }
  const Turn& own() const { return own_; }
  const Rect& content() const { return content_; }

 private:
  void lead_straight() {
    if (!ins_.empty()) insets_.start = 0;
    if (!outs_.empty()) insets_.end = 0;
    for (Lead& lead : ins_) lead.path = {lead.at, lead.at};
    for (Lead& lead : outs_) lead.path = {lead.at, lead.at};
  }

  // The contents flow to the side: what enters at the start goes down beside them until it is level
  // with its port. The farther it has to go, the farther outside it runs, so that no two cross.
  void lead_sideways() {
    const bool from_low = ins_.empty() ? !outs_.empty() && outs_[0].at.x > flow_.x + flow_.width / 2
                                       : ins_[0].at.x < flow_.x + flow_.width / 2;
    sort_along(ins_);
    sort_along(outs_);
    const auto beside = [&](bool low, size_t lane) {
      const double distance = spacing_.frame + spacing_.lane * static_cast<double>(lane);
      return low ? flow_.x - distance : flow_.right() + distance;
    };
    for (size_t i = 0; i < ins_.size(); ++i) {
      const double x = beside(from_low, i);
      ins_[i].path = {{x, 0}, {x, ins_[i].at.y}, ins_[i].at};
    }
    for (size_t i = 0; i < outs_.size(); ++i) {
      const double x = beside(!from_low, outs_.size() - 1 - i);
      outs_[i].path = {outs_[i].at, {x, outs_[i].at.y}, {x, flow_.bottom()}};
    }
    (from_low ? insets_.before : insets_.after) += spacing_.lane * static_cast<double>(ins_.size());
    (from_low ? insets_.after : insets_.before) += spacing_.lane * static_cast<double>(outs_.size());
  }

  // The contents flow against the frame around: inputs pass on one side to their far end, outputs on
  // the other.
  void lead_round() {
    sort_across(ins_);
    sort_across(outs_);
    for (size_t i = 0; i < ins_.size(); ++i) {
      const double out = spacing_.frame + spacing_.lane * static_cast<double>(i);
      const double x = flow_.x - out, y = flow_.bottom() + out;
      ins_[i].path = {{x, 0}, {x, y}, {ins_[i].at.x, y}, ins_[i].at};
    }
    for (size_t i = 0; i < outs_.size(); ++i) {
      const double out = spacing_.frame + spacing_.lane * static_cast<double>(outs_.size() - 1 - i);
      const double x = flow_.right() + out, y = flow_.y - out;
      outs_[i].path = {outs_[i].at, {outs_[i].at.x, y}, {x, y}, {x, flow_.bottom()}};
    }
    insets_.before += spacing_.lane * static_cast<double>(ins_.size());
    insets_.end += spacing_.lane * static_cast<double>(ins_.size());
    insets_.after += spacing_.lane * static_cast<double>(outs_.size());
    insets_.start += spacing_.lane * static_cast<double>(outs_.size());
  }

  static void sort_along(std::vector<Lead>& leads) {
    std::stable_sort(leads.begin(), leads.end(),
                     [](const Lead& a, const Lead& b) { return a.at.y < b.at.y; });
  }
  static void sort_across(std::vector<Lead>& leads) {
    std::stable_sort(leads.begin(), leads.end(),
                     [](const Lead& a, const Lead& b) { return a.at.x < b.at.x; });
  }

  const Interior& in_;
  const Spacing& spacing_;
  Turn own_;
  Rect content_;
  Turn outer_;
  Rect flow_;
  std::vector<Lead> ins_, outs_;
  Insets insets_;
};

/// The same room on the page.
struct Margins {
  double left, top, right, bottom;
};

Margins margins(const Insets& i, Direction outer) {
  switch (outer) {
    case Direction::south: return {i.before, i.start, i.after, i.end};
    case Direction::north: return {i.before, i.end, i.after, i.start};
    case Direction::east: return {i.start, i.before, i.end, i.after};
    case Direction::west: return {i.end, i.before, i.start, i.after};
  }
  return {};
}

/// Where lines pass the title's strip, from the left edge of the contents.
std::vector<double> crossings_of_title(const Border& border, Direction outer) {
  std::vector<double> result;
  if (!vertical(outer)) return result;
  for (const Lead& lead : outer == Direction::south ? border.ins() : border.outs())
    result.push_back(border.outer().page(outer == Direction::south ? lead.path.front() : lead.path.back()).x);
  std::sort(result.begin(), result.end());
  return result;
}

/// Finds room for the title in its strip, left of all lines if possible; widens the frame when no gap
/// is wide enough. Returns where the title begins.
double place_title(Margins& m, double content, std::vector<double> lines, double width, double pad) {
  for (double& line : lines) line += m.left;
  const double whole = m.left + content + m.right;
  if (lines.empty()) {
    const double missing = std::max(0.0, width + 2 * pad - whole);
    m.left += missing / 2, m.right += missing / 2;
    return pad;
  }
  if (lines.front() >= width + 2 * pad) return pad;
  if (whole - lines.back() >= width + 2 * pad) return whole - pad - width;
  const double missing = width + 2 * pad - lines.front();
  m.left += missing, m.right += missing;
  return pad;
}

/// Writes the results of one frame: everything moves from the contents' flow to the frame's own corner.
class Result {
 public:
  Result(Interior& in, Sketch& sketch, const Border& border, Direction outer, Point corner)
      : in_(in), sketch_(sketch), border_(border), outer_(outer), corner_(corner) {}

  void write() {
    for (const Lead& lead : border_.ins())
      in_.in_ports.emplace_back(in_.items[lead.item].net, add_lead(lead, true));
    for (const Lead& lead : border_.outs())
      in_.out_ports.emplace_back(in_.items[lead.item].net, add_lead(lead, false));
    for (Link& link : in_.links) {
      for (Point& p : link.path) p = border_.own().page(p) + corner_;
      link.label_at = border_.own().page(link.label_at).moved(corner_);
      if (const auto at = leads_.find(link.source); at != leads_.end())
        link.path.insert(link.path.begin(), at->second.begin(), at->second.end());
      if (const auto at = leads_.find(link.sink); at != leads_.end())
        link.path.insert(link.path.end(), at->second.begin(), at->second.end());
    }
    for (const Item& item : in_.items) {
      if (item.kind != Item::Kind::box) continue;
      const Rect place{item.across - item.breadth / 2, item.along, item.breadth, item.length};
      SketchBox& box = sketch_.boxes[item.box];
      box.at = border_.own().page(place).moved(corner_);
      if (box.stretch) box.size = {box.at.width, box.at.height};
    }
    for (auto& [net, at] : in_.labels) at = border_.own().page(at).moved(corner_);
  }

 private:
  // Returns the port's place on the border.
  Point add_lead(const Lead& lead, bool enters) {
    auto& path = leads_[lead.item];
    for (Point p : lead.path) path.push_back(border_.outer().page(p) + corner_);
    Point& end = enters ? path.front() : path.back();
    return end = on_border(end, enters);
  }

  Point on_border(Point p, bool enters) const {
    const Size size = sketch_.boxes[in_.frame].size;
    const bool low = (outer_ == Direction::south || outer_ == Direction::east) == enters;
    if (vertical(outer_)) return {p.x, low ? 0 : size.height};
    return {low ? 0 : size.width, p.y};
  }

  Interior& in_;
  Sketch& sketch_;
  const Border& border_;
  Direction outer_;
  Point corner_;
  std::map<int, std::vector<Point>> leads_;  // by port, in the order of the flow
};

}  // namespace

void enclose(Interior& in, Sketch& sketch, Direction outer) {
  fit(in);
  SketchBox& frame = sketch.boxes[in.frame];
  Border border(in, sketch, outer);
  border.lead();
  Margins m = margins(border.insets(), outer);
  const double title = frame.title.width > 0 ? frame.title.height : 0;
  if (title > 0) {
    const double x = place_title(m, border.content().width, crossings_of_title(border, outer),
                                 frame.title.width, sketch.spacing.frame / 2);
    frame.title_at = {x, 0, frame.title.width, title};
    m.top += title;
  }
  frame.size = {m.left + border.content().width + m.right, m.top + border.content().height + m.bottom};
  Result(in, sketch, border, outer, {m.left, m.top}).write();
}

}  // namespace orrery::layout
