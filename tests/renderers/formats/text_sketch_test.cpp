#include "renderers/formats/text_sketch.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/formats/letters.h"
#include "renderers/formats/text_outline.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/formats/hostile_labels.h"

namespace orrery {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> rows_of(const std::string& text) {
  std::vector<std::string> rows;
  std::istringstream stream(text);
  for (std::string row; std::getline(stream, row);) rows.push_back(row);
  return rows;
}

std::string sketched(const Graph& graph, const TextSketchOptions& options = {}) {
  return text_sketch(make_diagram(graph, {}), Theme(), options);
}

std::unique_ptr<Graph> residual() {
  test::Sketcher s("residual");
  const Value x = s.input({{"x", {8}}})[0];
  s.graph->begin_block("block");
  const Value y = s.relu(x);
  const Value z = s.apply("add", {y, x});
  s.graph->end_block();
  s.graph->use({Use::Kind::output, z, "y"});
  return std::move(s.graph);
}

TEST(TextSketchTest, DrawsBoxesFramesAndSkips) {
  EXPECT_EQ(sketched(*residual()),
            "residual\n"
            "    ┌───┐\n"
            "    │ x │\n"
            "    └─┬─┘\n"
            "      │ N×8\n"
            "┌╌╌╌╌╌│╌ block ╌┐\n"
            "╎     ├──────╮  ╎\n"
            "╎ ┌───▼───┐  │  ╎\n"
            "╎ │ ReLU  │  │  ╎\n"
            "╎ └───┬───┘  │  ╎\n"
            "╎     │      │  ╎\n"
            "╎   ┌─▼─┐    │  ╎\n"
            "╎   │ + ◄────╯  ╎\n"
            "╎   └─┬─┘       ╎\n"
            "└╌╌╌╌╌│╌╌╌╌╌╌╌╌╌┘\n"
            "    ┌─▼─┐\n"
            "    │ y │\n"
            "    └───┘\n");
}

TEST(TextSketchTest, DrawsWithAsciiAlone) {
  const std::string text = sketched(*residual(), {.ascii = true});
  for (char c : text) ASSERT_TRUE(c == '\n' || (c >= ' ' && c < 0x7F));
  EXPECT_THAT(text, HasSubstr("| Nx8"));
  EXPECT_THAT(text, HasSubstr("| + <"));
}

TEST(TextSketchTest, IsNoWiderThanAllowed) {
  for (const auto& graph : {test::digits(), test::resnet18(), test::inception(), test::unet(),
                            test::dense_block(6), test::attention(3), test::entangled(), test::directions()})
    for (const int columns : {20, 40, 80, 120})
      for (const bool ascii : {false, true})
        for (const std::string& row : rows_of(sketched(*graph, {columns, ascii})))
          ASSERT_LE(columns_of(row), columns) << graph->name() << ": " << row;
}

TEST(TextSketchTest, BreaksAndCutsTextsBeforeItGivesTheSketchUp) {
  const auto graph = test::digits();
  const std::string wide = sketched(*graph), narrow = sketched(*graph, {.columns = 44});
  EXPECT_THAT(wide, HasSubstr("Conv2d"));
  EXPECT_THAT(narrow, HasSubstr("▼"));
  EXPECT_GT(rows_of(narrow).size(), rows_of(wide).size());
}

TEST(TextSketchTest, BecomesAnOutlineWhereItIsTooWide) {
  const auto graph = test::inception();
  EXPECT_THAT(sketched(*graph, {.columns = 200}), HasSubstr("▼"));
  const std::string outline = sketched(*graph, {.columns = 40});
  EXPECT_THAT(outline, Not(HasSubstr("▼")));
  EXPECT_EQ(outline, text_outline(make_diagram(*graph, {}), Theme(), {.columns = 40}));
}

TEST(TextSketchTest, KeepsBordersUprightWhateverTheTextsHold) {
  for (const std::string& label : test::hostile_labels())
    for (const bool ascii : {false, true}) {
      const std::string text = text_sketch(test::labelled_diagram(label), Theme(), {120, ascii});
      const auto rows = rows_of(text);
      const std::string corner = ascii ? "+" : "┌";
      int columns = -1;  // of the block's frame
      for (size_t i = 1; i < rows.size(); ++i) {
        for (char c : rows[i]) ASSERT_TRUE(static_cast<unsigned char>(c) >= ' ' && c != 0x7F) << label;
        if (rows[i].starts_with(ascii ? ":" : "╎")) {
          if (columns < 0) columns = columns_of(rows[i]);
          ASSERT_EQ(columns_of(rows[i]), columns) << rows[i];
        }
      }
      ASSERT_GT(columns, 0) << text;
    }
}

TEST(TextSketchTest, DrawsNothingAndOneNode) {
  EXPECT_EQ(sketched(Graph("empty")), "empty\n");
  test::Sketcher s("one");
  s.graph->use({Use::Kind::output, s.input({{"x", {2}}})[0], "y"});
  EXPECT_THAT(sketched(*s.graph), HasSubstr("│ x │"));
}

TEST(TextSketchTest, OutlinesWhatHasTooManyBoxes) {
  EXPECT_THAT(sketched(*test::chain(1900)), HasSubstr("▼"));
  const std::string text = sketched(*test::chain(10000));
  EXPECT_THAT(text, Not(HasSubstr("▼")));
  EXPECT_GT(rows_of(text).size(), 10000u);
}

TEST(TextOutlineTest, NamesWhatABoxReadsUnlessItIsTheOneBefore) {
  const std::string text = text_outline(make_diagram(*residual(), {}), Theme(), {});
  EXPECT_EQ(text,
            "residual\n"
            "x  → N×8\n"
            "block/\n"
            "  ReLU\n"
            "  add  +  ← relu, x\n"
            "y\n");
}

TEST(TextOutlineTest, TellsTheDepthOfWhatIsTooDeepToIndent) {
  test::Sketcher s("deep");
  Value x = s.input({{"x", {2}}})[0];
  for (int i = 0; i < 200; ++i) s.graph->begin_block("b");
  s.relu(x);
  for (int i = 0; i < 200; ++i) s.graph->end_block();
  const auto rows = rows_of(text_outline(make_diagram(*s.graph, {}), Theme(), {}));
  EXPECT_THAT(rows.back(), HasSubstr("[200] ReLU"));
  for (const std::string& row : rows) EXPECT_LE(columns_of(row), 80);
}

}  // namespace
}  // namespace orrery
