#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "renderers/formats/letters.h"
#include "renderers/render.h"
#include "renderers/styles/box_lines.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Finding mismatch(const std::string& path = "classifier/linear") {
  Finding finding = test::finding("shape-mismatch", path);
  finding.site = {"/home/me/train.lua", 11};
  finding.message =
      path +
      " (Linear) expects 512 input features, got 256 from classifier/flatten (train.lua:10), in "
      "block classifier called at train.lua:13";
  return finding;
}

const DiagramBox& box_of(const Diagram& diagram, const std::string& path) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.path == path) return box;
  throw std::runtime_error("no box " + path);
}

std::vector<std::string> texts_on(const DiagramBox& box) {
  ColumnMeasure measure;
  std::vector<std::string> texts;
  for (const TextLine& line : lines_of(box, Theme(), measure)) {
    std::string text;
    for (const TextLine::Run& run : line.runs) text += (text.empty() ? "" : " ") + run.text;
    texts.push_back(text);
  }
  return texts;
}

TEST(FindingsTest, TellTheNumberTheLineAndWhatIsWrong) {
  const Diagram diagram = make_diagram(*test::digits(), {.findings = {mismatch()}});
  ASSERT_EQ(box_of(diagram, "classifier/linear").notes.size(), 1u);
  const FindingNote& note = box_of(diagram, "classifier/linear").notes[0];
  EXPECT_TRUE(note.error);
  EXPECT_EQ(note.place, "O101 · train.lua:11");
  EXPECT_EQ(note.text, "expects 512 input features, got 256 from classifier/flatten (train.lua:10)");
}

TEST(FindingsTest, AreWrittenOnTheBoxInLines) {
  const Diagram diagram = make_diagram(*test::digits(), {.findings = {mismatch()}});
  EXPECT_THAT(texts_on(box_of(diagram, "classifier/linear")),
              ElementsAre("Linear", "10", "shape-mismatch O101 · train.lua:11",
                          "expects 512 input features, got 256", "from classifier/flatten (train.lua:10)"));
}

TEST(FindingsTest, OnAShutBlockNameTheNode) {
  const Diagram diagram = make_diagram(*test::digits(), {.depth = 0, .findings = {mismatch()}});
  EXPECT_THAT(texts_on(box_of(diagram, "classifier"))[3], HasSubstr("classifier/linear expects 512"));
}

TEST(FindingsTest, AboutWhatIsNotDrawnStandUnderTheDrawing) {
  const Diagram diagram = make_diagram(*test::digits(), {.findings = {mismatch("optimizer")}});
  ASSERT_EQ(diagram.notes.size(), 1u);
  EXPECT_EQ(diagram.notes[0].path, "optimizer");
  const std::string plain = render(*test::digits(), {.format = "svg"});
  const std::string told = render(*test::digits(), {.format = "svg", .findings = {mismatch("optimizer")}});
  EXPECT_GT(told.size(), plain.size());
}

TEST(FindingsTest, AreReadableOnADarkBox) {
  const Diagram diagram = make_diagram(*test::digits(), {.findings = {mismatch("cross_entropy_loss")}});
  ColumnMeasure measure;
  const Theme theme;
  const auto code_color = [&](const std::string& path) {
    for (const TextLine& line : lines_of(box_of(diagram, path), theme, measure))
      if (line.runs[0].text == "shape-mismatch") return line.runs[0].color;
    throw std::runtime_error("no code on " + path);
  };
  EXPECT_EQ(code_color("cross_entropy_loss"), theme.look_of(BoxRole::loss).text);
}

TEST(FindingsTest, MoreThanThreeAreCounted) {
  std::vector<Finding> findings;
  for (int line = 1; line <= 5; ++line) {
    findings.push_back(mismatch());
    findings.back().site.line = line;
  }
  const Diagram diagram = make_diagram(*test::digits(), {.findings = findings});
  EXPECT_EQ(texts_on(box_of(diagram, "classifier/linear")).back(), "and 2 more");
}

TEST(BrokenTest, BreaksAtBlanksAndKeepsLongWords) {
  ColumnMeasure measure;
  EXPECT_THAT(broken("one two three", {}, 7, measure), ElementsAre("one two", "three"));
  EXPECT_THAT(broken("a incomprehensibility b", {}, 5, measure),
              ElementsAre("a", "incomprehensibility", "b"));
  EXPECT_THAT(broken("   ", {}, 5, measure), ElementsAre());
}

}  // namespace
}  // namespace orrery
