#include "renderers/styles/inset.h"

#include <algorithm>
#include <cmath>

namespace orrery {
namespace {

constexpr Size kPlot{66, 22};
constexpr double kHighestImage = 66;
constexpr double kAbove = 2;    // between plots, and below a title
constexpr double kInner = 1.5;  // between the plot's border and a line's extremes
constexpr double kBetweenEnds = 8;

struct InsetSizes {
  Size title, left, right;
  Size picture;
  Size whole;
};

// An image keeps its shape.
Size picture_size(const Inset& inset) {
  if (!inset.dots) return kPlot;
  const double height = kPlot.width * inset.dots->height / inset.dots->width;
  const double by = std::min(1.0, kHighestImage / height);
  return {kPlot.width * by, height * by};
}

InsetSizes sizes_of(const Inset& inset, const Theme& theme, TextMeasure& measure) {
  InsetSizes sizes;
  const auto size = [&](const std::string& text) {
    return text.empty() ? Size{} : measure.measure(text, theme.detail);
  };
  sizes.title = size(inset.title);
  sizes.left = size(inset.left);
  sizes.right = size(inset.right);
  sizes.picture = picture_size(inset);
  const double ends = sizes.left.width + sizes.right.width + kBetweenEnds;
  sizes.whole = {
      std::max({sizes.picture.width, sizes.title.width, ends}),
      kAbove + sizes.title.height + sizes.picture.height + std::max(sizes.left.height, sizes.right.height)};
  return sizes;
}

struct Range {
  double least = 0, most = 1;
  double part(double value) const { return (value - least) / (most - least); }
};

Range range_of(const Inset& inset) {
  double least = INFINITY, most = -INFINITY;
  for (const auto& row : inset.values)
    for (double value : row)
      if (std::isfinite(value)) least = std::min(least, value), most = std::max(most, value);
  if (!(least <= most)) return {};
  if (inset.kind == Inset::Kind::bars) return {0, most > 0 ? most : 1};
  return least < most ? Range{least, most} : Range{least - 1, most + 1};
}

/// One plot in its rectangle.
class InsetPlot {
 public:
  InsetPlot(const Inset& inset, const Rect& at, const BoxLook& look, Painter& painter)
      : inset_(inset),
        at_(at),
        inside_(at.grown(-kInner)),
        range_(range_of(inset)),
        look_(look),
        painter_(painter) {}

  void draw(Color paper) {
    painter_.draw(Outline::rounded(at_, 1), paper, Stroke{at_opacity(look_.line, 0.5), 0.4});
    if (inset_.mark) draw_mark();
    for (size_t row = 0; row < inset_.values.size(); ++row)
      inset_.kind == Inset::Kind::bars ? draw_bars(inset_.values[row]) : draw_line(inset_.values[row], row);
  }

 private:
  void draw_mark() {
    const double x = at_.x + std::clamp(*inset_.mark, 0.0, 1.0) * at_.width;
    painter_.draw(Outline::polyline({{x, at_.y}, {x, at_.bottom()}}), {},
                  Stroke{at_opacity(look_.line, 0.5), 0.4, {1.5, 1}});
  }

  Point place(const std::vector<double>& row, size_t i) const {
    const double across = row.size() < 2 ? 0.5 : static_cast<double>(i) / static_cast<double>(row.size() - 1);
    return {inside_.x + across * inside_.width, inside_.bottom() - range_.part(row[i]) * inside_.height};
  }

  // What is not known leaves a gap; one number alone is a dot.
  void draw_line(const std::vector<double>& row, size_t number) {
    Stroke stroke{look_.line, 0.9, {}, true};
    if (number > 0) stroke.dashes = {2.5 / static_cast<double>(number), 1.2};
    std::vector<Point> part;
    for (size_t i = 0; i <= row.size(); ++i) {
      if (i < row.size() && std::isfinite(row[i])) {
        part.push_back(place(row, i));
        continue;
      }
      if (part.size() > 1) painter_.draw(Outline::polyline(part), {}, stroke);
      if (part.size() == 1)
        painter_.draw(Outline::ellipse({part[0].x - 0.9, part[0].y - 0.9, 1.8, 1.8}), look_.line, {});
      part.clear();
    }
  }

  // One outline: bar beside bar would show the paper between them.
  void draw_bars(const std::vector<double>& row) {
    const double step = at_.width / static_cast<double>(row.size());
    std::vector<Point> outline{{at_.x, at_.bottom()}};
    for (size_t i = 0; i < row.size(); ++i) {
      const double part = std::isfinite(row[i]) ? std::max(range_.part(row[i]), 0.0) : 0;
      const double y = at_.bottom() - part * inside_.height;
      outline.push_back({at_.x + step * static_cast<double>(i), y});
      outline.push_back({at_.x + step * static_cast<double>(i + 1), y});
    }
    outline.push_back({at_.right(), at_.bottom()});
    painter_.draw(Outline::polygon(outline), at_opacity(look_.line, 0.75), {});
  }

  const Inset& inset_;
  const Rect at_, inside_;
  const Range range_;
  const BoxLook& look_;
  Painter& painter_;
};

}  // namespace

Size insets_size(const DiagramBox& box, const Theme& theme, TextMeasure& measure) {
  Size size;
  for (const Inset& inset : box.insets) {
    const Size one = sizes_of(inset, theme, measure).whole;
    size = {std::max(size.width, one.width), size.height + one.height};
  }
  return size;
}

void draw_insets(const DiagramBox& box, const Rect& at, const Theme& theme, TextMeasure& measure,
                 Painter& painter) {
  const BoxLook look = theme.look(box);
  double y = at.y;
  for (const Inset& inset : box.insets) {
    const InsetSizes sizes = sizes_of(inset, theme, measure);
    const double x = at.x + (at.width - sizes.whole.width) / 2;
    painter.text(inset.title, theme.detail, look.text,
                 {x + (sizes.whole.width - sizes.title.width) / 2, y + kAbove});
    const double left = x + (sizes.whole.width - sizes.picture.width) / 2;
    const Rect plot{left, y + kAbove + sizes.title.height, sizes.picture.width, sizes.picture.height};
    if (inset.dots) {
      painter.image(*inset.dots, {plot.x, plot.y}, {plot.width, 0}, {0, plot.height});
      painter.draw(Outline::rounded(plot, 0), {}, Stroke{look.line, 0.4});
    } else {
      InsetPlot(inset, plot, look, painter).draw(at_opacity(theme.background, 0.85));
    }
    painter.text(inset.left, theme.detail, look.text, {x, plot.bottom()});
    painter.text(inset.right, theme.detail, look.text,
                 {x + sizes.whole.width - sizes.right.width, plot.bottom()});
    y += sizes.whole.height;
  }
}

}  // namespace orrery
