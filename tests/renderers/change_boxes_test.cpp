#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/note_lines.h"
#include "renderers/diagram/passes.h"
#include "renderers/fonts.h"
#include "renderers/render.h"
#include "renderers/styles/inset.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const DiagramBox& changed_box(const Diagram& diagram, const std::string& path) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.path == path) return box;
  throw std::runtime_error("no box " + path);
}

Diagram changed(const Graph& graph, const std::string& path, const BoxChange& change) {
  return make_diagram(graph, {.changes = {{path, change}}});
}

TEST(ChangeBoxesTest, ALabelStandsInPlaceOfTitleNameAndOptions) {
  const auto graph = test::digits();
  const Diagram diagram = changed(*graph, "features/conv2d", {.title = "edges", .detail = "16 of them"});
  EXPECT_EQ(changed_box(diagram, "features/conv2d").title, "edges");
  EXPECT_EQ(changed_box(diagram, "features/conv2d").detail, "16 of them");
  EXPECT_EQ(changed_box(diagram, "features/conv2d").note, "");
  EXPECT_EQ(changed_box(changed(*graph, "features/conv2d", {.detail = ""}), "features/conv2d").title,
            "Conv2d");
}

TEST(ChangeBoxesTest, ALabelIsMadeSafe) {
  const Diagram diagram = changed(*test::digits(), "features/conv2d", {.title = "a\nb\x1b[0m\xff"});
  EXPECT_EQ(changed_box(diagram, "features/conv2d").title, "a b[0m\xEF\xBF\xBD");
}

TEST(ChangeBoxesTest, ARepeatedBlockKeepsItsCount) {
  const auto graph = test::resnet18();
  EXPECT_EQ(changed_box(changed(*graph, "layer1/0", {.title = "basic"}), "layer1/0").title, "basic ×2");
}

TEST(ChangeBoxesTest, ASymbolWithALabelOrAPlotIsNoCircle) {
  const auto graph = test::resnet18();
  const Theme theme;
  EXPECT_EQ(theme.look(changed_box(changed(*graph, "layer1/0/add", {}), "layer1/0/add")).shape,
            BoxShape::circle);
  for (const BoxChange& change : {BoxChange{.title = "sum"}, BoxChange{.insets = {{.values = {{1, 2}}}}}}) {
    const Diagram diagram = changed(*graph, "layer1/0/add", change);
    EXPECT_NE(theme.look(changed_box(diagram, "layer1/0/add")).shape, BoxShape::circle);
  }
}

TEST(ChangeBoxesTest, PathsWithoutABoxCountForNothing) {
  const Diagram diagram = make_diagram(
      *test::digits(), {.collapse = {"features"}, .changes = {{"features/conv2d", {.title = "edges"}}}});
  for (const DiagramBox& box : diagram.boxes) EXPECT_NE(box.title, "edges");
}

TEST(ChangeBoxesTest, ANoteIsBrokenBetweenWordsAndAtItsOwnBreaks) {
  EXPECT_THAT(note_lines(""), IsEmpty());
  EXPECT_THAT(note_lines("short\nand\n\nthree"), ElementsAre("short", "and", "three"));
  EXPECT_THAT(note_lines("the quick brown fox jumps over the lazy dog"),
              ElementsAre("the quick brown fox jumps over", "the lazy dog"));
  EXPECT_THAT(note_lines("größe größe größe größe größe größe"),
              ElementsAre("größe größe größe größe größe", "größe"))
      << "letters count, not bytes";
  EXPECT_THAT(note_lines(std::string(40, 'x')), ElementsAre(std::string(40, 'x')));
}

TEST(ChangeBoxesTest, AColourIsThatOfTheBoxUnlessAnAmountIs) {
  const Theme theme;
  DiagramBox box{.category = Category::convolution, .fill = "#102030"};
  EXPECT_EQ(theme.look(box).fill, rgb(0x102030));
  EXPECT_EQ(theme.look(box).text, rgb(0xffffff)) << "readable on it";
  EXPECT_EQ(theme.look(box).shape, BoxShape::rounded);
  box.heat = 0.5;
  box.tone = 0;
  EXPECT_EQ(theme.look(box).fill, theme.heat_at(0.5));
  DiagramBox frame{.kind = DiagramBox::Kind::frame, .fill = "#abc"};
  EXPECT_EQ(theme.frame(frame, 0).fill, rgb(0xaabbcc));
}

TEST(ChangeBoxesTest, AScriptSaysTheSameOfItsBlocks) {
  const auto graph = test::digits();
  graph->root().children()[0]->cue() = {.note = "sees edges", .color = "#e8f1e4"};
  const Diagram diagram = changed(*graph, "features", {.note = "and corners"});
  EXPECT_THAT(changed_box(diagram, "features").beside, ElementsAre("sees edges", "and corners"));
  EXPECT_EQ(changed_box(diagram, "features").fill, "#e8f1e4");
}

TEST(ChangeBoxesTest, WhatIsNoColourIsRefusedByName) {
  try {
    render(*test::digits(), {.format = "svg", .boxes = {{"features", {.fill = "red"}}}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_STREQ(error.what(), "the colour of features must be a colour such as '#ffd0a0', got 'red'");
  }
}

TEST(ChangeBoxesTest, TheGeometryTellsNotesAndPlots) {
  const std::string json = layout_json(
      *test::digits(),
      {.boxes = {{"features/conv2d",
                  {.note = "sees edges",
                   .insets = {{.kind = Inset::Kind::bars, .title = "weight", .values = {{1, 2}}}}}}}});
  EXPECT_THAT(json, HasSubstr(R"("beside":["sees edges"])"));
  EXPECT_THAT(json, HasSubstr(R"("insets":[{"kind":"bars","title":"weight","values":[[1.0,2.0]]}])"));
  EXPECT_THAT(layout_json(*test::digits(), {}), Not(HasSubstr("beside")));
}

TEST(ChangeBoxesTest, AnImageKeepsItsShapeAndIsNoHigherThanWide) {
  const auto size_of = [](int width, int height) {
    DiagramBox box;
    box.insets = {{.kind = Inset::Kind::image}};
    auto dots = std::make_shared<Raster>();
    *dots = {width, height, std::vector<unsigned char>(static_cast<size_t>(3 * width * height), 200)};
    box.insets[0].dots = dots;
    Fonts fonts;
    return insets_size(box, Theme(), fonts);
  };
  const double above = size_of(2, 1).height - 33;
  EXPECT_DOUBLE_EQ(size_of(2, 1).width, 66);
  EXPECT_DOUBLE_EQ(size_of(1, 1).height, 66 + above);
  EXPECT_DOUBLE_EQ(size_of(1, 2).height, 66 + above);
  EXPECT_DOUBLE_EQ(size_of(1, 2).width, 33);
}

TEST(ChangeBoxesTest, WhatHasNoBoxesRefusesThem) {
  const std::map<std::string, BoxChange> note = {{"features", {.note = "n"}}};
  EXPECT_THROW(render(*test::digits(), {.style = "lenet", .boxes = note}), Error);
  for (const char* format : {"dot", "html"})
    EXPECT_NO_THROW(render(*test::digits(), {.format = format, .boxes = note})) << format;
}

}  // namespace
}  // namespace orrery
