#include <cmath>

#include <gtest/gtest.h>

#include "renderers/layout/layout.h"
#include "renderers/styles/box.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/layout_checks.h"

namespace orrery {
namespace {

/// Letters as wide as they are high, so that no font is needed.
class SquareLetters : public TextMeasure {
 public:
  Size measure(const std::string& text, const TextStyle& style) override {
    size_t letters = 0;
    for (char c : text) letters += (c & 0xC0) != 0x80;
    return {style.size * static_cast<double>(letters), style.size};
  }
};

/// Remembers what is drawn.
class Recorder : public Painter {
 public:
  struct Text {
    std::string text;
    TextStyle style;
    Color color;
    Point at;
  };
  void draw(const Outline& outline, const std::optional<Color>& fill,
            const std::optional<Stroke>& stroke) override {
    for (const auto& step : outline.steps())
      if (step.verb != Outline::Verb::close) points.push_back(step.to);
    ++marks;
    if (fill) fills.push_back(*fill);
    if (stroke) strokes.push_back(*stroke);
  }
  void text(const std::string& text, const TextStyle& style, const Color& color, Point at) override {
    texts.push_back({text, style, color, at});
  }
  int marks = 0;
  std::vector<Point> points;
  std::vector<Color> fills;
  std::vector<Stroke> strokes;
  std::vector<Text> texts;
};

struct Drawn {
  Diagram diagram;
  layout::Sketch sketch;
  Recorder marks;
};

Drawn drawn(const Graph& graph, const DiagramOptions& options = {}) {
  SquareLetters letters;
  const Theme theme;
  Drawn result{make_diagram(graph, options), {}, {}};
  result.sketch = sketch_boxes(result.diagram, theme, letters);
  layout::lay_out(result.sketch);
  draw_boxes(result.diagram, result.sketch, theme, letters, result.marks);
  return result;
}

std::vector<std::unique_ptr<Graph>> examples() {
  std::vector<std::unique_ptr<Graph>> graphs;
  graphs.push_back(test::digits());
  graphs.push_back(test::resnet18());
  graphs.push_back(test::inception());
  graphs.push_back(test::unet());
  graphs.push_back(test::dense_block(12));
  graphs.push_back(test::attention(3));
  graphs.push_back(test::entangled());
  graphs.push_back(test::directions());
  return graphs;
}

TEST(BoxStyleTest, KeepsTheLayoutsPromisesForEveryExampleInEveryDirection) {
  for (const auto& graph : examples())
    for (const Direction direction : {Direction::south, Direction::east, Direction::north, Direction::west})
      EXPECT_EQ(test::faults(
                    drawn(*graph, {.all_shapes = true, .parameters = true, .direction = direction}).sketch),
                "")
          << graph->name();
}

TEST(BoxStyleTest, WritesEveryTextInsideItsBoxOrOnFreeGround) {
  SquareLetters letters;
  for (const auto& graph : examples()) {
    const Drawn d = drawn(*graph, {.parameters = true});
    for (const auto& text : d.marks.texts) {
      const Size size = letters.measure(text.text, text.style);
      const Rect at{text.at.x, text.at.y, size.width, size.height};
      for (size_t box = 1; box < d.sketch.boxes.size(); ++box) {
        if (d.sketch.boxes[box].frame) continue;
        const Rect& place = d.sketch.boxes[box].at;
        EXPECT_TRUE(!place.overlaps(at) || place.contains(at))
            << text.text << " over " << d.diagram.boxes[box].path;
      }
      EXPECT_TRUE(d.sketch.boxes[0].at.contains(at)) << text.text;
    }
  }
}

// Each box with a note, and each that may have one with a plot.
DiagramOptions with_notes_and_plots(const Graph& graph, Direction direction) {
  DiagramOptions options{.direction = direction};
  const Inset curve{.title = "loss 0.5", .left = "epoch 1", .right = "9", .values = {{3, NAN, 1}, {4, 2, 1}}};
  for (const DiagramBox& box : make_diagram(graph, {}).boxes)
    options.changes[box.path] = {.note = "a note that is longer than the box is wide", .insets = {curve}};
  return options;
}

TEST(BoxStyleTest, HasRoomForNotesAndPlotsInEveryDirection) {
  SquareLetters letters;
  for (const auto& graph : examples())
    for (const Direction direction : {Direction::south, Direction::east, Direction::north, Direction::west}) {
      const Drawn d = drawn(*graph, with_notes_and_plots(*graph, direction));
      EXPECT_EQ(test::faults(d.sketch), "") << graph->name();
      const Rect page = d.sketch.boxes[0].at.grown(0.01);
      for (const auto& text : d.marks.texts) {
        const Size size = letters.measure(text.text, text.style);
        const Rect at{text.at.x, text.at.y, size.width, size.height};
        EXPECT_TRUE(page.contains(at)) << text.text << " in " << graph->name();
        for (size_t box = 1; box < d.sketch.boxes.size(); ++box) {
          const Rect& place = d.sketch.boxes[box].at;
          EXPECT_TRUE(d.sketch.boxes[box].frame || !place.overlaps(at) || place.grown(0.01).contains(at))
              << text.text << " over " << d.diagram.boxes[box].path << " in " << graph->name();
        }
      }
      for (Point p : d.marks.points) ASSERT_TRUE(page.contains({p.x, p.y, 0, 0})) << graph->name();
    }
}

TEST(BoxStyleTest, DrawsNothingOutsideThePage) {
  for (const auto& graph : examples()) {
    const Drawn d = drawn(*graph);
    const Rect page = d.sketch.boxes[0].at.grown(0.01);
    for (Point p : d.marks.points) ASSERT_TRUE(page.contains({p.x, p.y, 0, 0})) << graph->name();
  }
}

TEST(BoxStyleTest, DrawsTheSameMarksTwice) {
  const auto graph = test::inception();
  const Drawn a = drawn(*graph), b = drawn(*graph);
  EXPECT_EQ(a.marks.points, b.marks.points);
  EXPECT_EQ(a.marks.marks, b.marks.marks);
}

TEST(BoxStyleTest, TellsKindsApartByOutlineAndColour) {
  const Theme theme;
  const auto look = [&](Category category) { return theme.look({.category = category}); };
  EXPECT_EQ(look(Category::activation).shape, BoxShape::pill);
  EXPECT_EQ(look(Category::pooling).shape, BoxShape::funnel);
  EXPECT_EQ(look(Category::shape).shape, BoxShape::square);
  EXPECT_NE(look(Category::convolution).fill, look(Category::linear).fill);
  EXPECT_EQ(theme.look({.symbol = "+", .category = Category::arithmetic}).shape, BoxShape::circle);
  EXPECT_NE(theme.look({.kind = DiagramBox::Kind::input}).dashes,
            theme.look({.kind = DiagramBox::Kind::label}).dashes);
}

// Relative luminance (WCAG 2.2): text on a fill needs a contrast of 7 to be read easily.
TEST(BoxStyleTest, KeepsTextReadableInGreyscale) {
  const auto luminance = [](const Color& c) {
    const auto linear = [](double v) {
      return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
  };
  const Theme theme;
  for (int i = 0; i < kCategoryCount; ++i) {
    const BoxLook look = theme.look({.category = static_cast<Category>(i)});
    const double a = luminance(look.fill), b = luminance(look.text);
    EXPECT_GE((std::max(a, b) + 0.05) / (std::min(a, b) + 0.05), 7) << i;
  }
}

TEST(BoxStyleTest, MarksAFindingWithAThickBorderAndItsCode) {
  const auto graph = test::digits();
  const Drawn d = drawn(*graph, {.findings = {test::finding("shape-mismatch", "classifier/linear")}});
  const Theme theme;
  EXPECT_TRUE(std::any_of(d.marks.strokes.begin(), d.marks.strokes.end(),
                          [&](const Stroke& s) { return s.color == theme.error; }));
  EXPECT_TRUE(std::any_of(d.marks.texts.begin(), d.marks.texts.end(), [&](const auto& t) {
    return t.text == "shape-mismatch" && t.color == theme.error;
  }));
}

}  // namespace
}  // namespace orrery
