#include "renderers/styles/tables.h"

#include <gtest/gtest.h>

#include "renderers/fonts.h"
#include "renderers/layout/layout.h"
#include "renderers/render_tables.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

TableDiagram library() {
  return {.groups = {"lending"},
          .tables = {{"books", -1, {"book_id"}, {}, {"title", "year"}},
                     {"people", -1, {"person_id"}, {{"guardian_id", 1}}, {"name"}},
                     {"loans", 0, {"book_id", "day"}, {{"book_id", 0}, {"person_id", 1}}, {}}}};
}

/// Keeps what is drawn.
class TextPainter : public Painter {
 public:
  void draw(const Outline&, const std::optional<Color>&, const std::optional<Stroke>&) override {}
  void text(const std::string& text, const TextStyle& style, const Color& color, Point at) override {
    texts.push_back({text, style, color, at});
  }
  struct Text {
    std::string text;
    TextStyle style;
    Color color;
    Point at;
  };
  std::vector<Text> texts;

  const Text& one(const std::string& wanted) const {
    static const Text kNothing;
    for (const Text& each : texts)
      if (each.text == wanted) return each;
    ADD_FAILURE() << "there is no text " << wanted;
    return kNothing;
  }
};

TextPainter drawn_tables(const TableDiagram& diagram) {
  Fonts fonts;
  layout::Sketch sketch = sketch_tables(diagram, fonts);
  layout::lay_out(sketch);
  TextPainter painter;
  draw_tables(diagram, sketch, fonts, painter);
  return painter;
}

}  // namespace

TEST(TablesTest, ANetGoesFromATableToThoseThatReferToIt) {
  Fonts fonts;
  const layout::Sketch sketch = sketch_tables(library(), fonts);
  ASSERT_EQ(sketch.boxes.size(), 5u);  // the page, one group, three tables
  EXPECT_EQ(sketch.boxes[4].parent, 1);
  ASSERT_EQ(sketch.nets.size(), 2u);  // none from people to itself
  EXPECT_EQ(sketch.nets[0].source, 2);
  EXPECT_EQ(sketch.nets[1].source, 3);
  EXPECT_EQ(sketch.nets[1].sinks.at(0).box, 4);
}

TEST(TablesTest, WhatIsReferredToStandsBefore) {
  Fonts fonts;
  layout::Sketch sketch = sketch_tables(library(), fonts);
  layout::lay_out(sketch);
  EXPECT_LT(sketch.boxes[2].at.right(), sketch.boxes[4].at.x);
  EXPECT_TRUE(sketch.boxes[1].at.contains(sketch.boxes[4].at));
}

TEST(TablesTest, KeysAreBoldAndReferencesHaveAColour) {
  const TextPainter painter = drawn_tables(library());
  EXPECT_TRUE(painter.one("day").style.bold);
  EXPECT_FALSE(painter.one("guardian_id").style.bold);
  EXPECT_FALSE(painter.one("guardian_id").color == painter.one("name").color);
  EXPECT_EQ(painter.one("title, year").at.x, painter.one("books").at.x);
  EXPECT_EQ(painter.one("lending").text, "lending");
}

TEST(TablesTest, AKeyThatRefersIsWrittenOnce) {
  int count = 0;
  for (const auto& text : drawn_tables(library()).texts) count += text.text == "book_id";
  EXPECT_EQ(count, 2);  // in books and in loans
}

TEST(TablesTest, ManyColumnsAreCounted) {
  TableDiagram diagram = library();
  diagram.tables[0].others.assign(100, "a_column_with_a_name");
  const TextPainter painter = drawn_tables(diagram);
  EXPECT_NE(painter.one("and 96 more").text, "");
}

TEST(TablesTest, AreTheSameBytesEachTimeAndRefuseOtherFormats) {
  EXPECT_EQ(render_tables(library(), "svg", 150), render_tables(library(), "svg", 150));
  EXPECT_THROW(render_tables(library(), "gif", 150), Error);
  EXPECT_FALSE(render_tables({}, "pdf", 150).empty());
}

}  // namespace orrery
