#include "renderers/formats/dot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/renderers/example_graphs.h"
#include "tests/renderers/formats/hostile_labels.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;

/// The text with each quoted string replaced by `S`; fails on one
/// that does not end.
std::string without_strings(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"') {
      result += text[i];
      continue;
    }
    for (++i; i < text.size() && text[i] != '"'; ++i)
      if (text[i] == '\\') ++i;
    EXPECT_LT(i, text.size()) << "a string does not end";
    result += 'S';
  }
  return result;
}

TEST(DotTest, WritesClustersNodesAndEdges) {
  test::Sketcher s("small");
  const Value x = s.input({{"x", {8}}})[0];
  s.graph->begin_block("block");
  s.apply("sub", {s.relu(x), x});
  s.graph->end_block();
  const std::string text = dot_text(make_diagram(*s.graph, {}), Theme());
  EXPECT_THAT(text, HasSubstr("digraph \"small\" {\n"));
  EXPECT_THAT(text, HasSubstr("rankdir=TB"));
  EXPECT_THAT(text, HasSubstr("  subgraph cluster_2 {\n    label=\"block\";"));
  EXPECT_THAT(text, HasSubstr("    b3 [label=\"ReLU\""));
  EXPECT_THAT(text, HasSubstr("  b1 -> b3 [label=\" N×8\"];\n"));
  EXPECT_THAT(text, HasSubstr("  b1 -> b4 [headlabel=\"2\"];\n"));
}

TEST(DotTest, FlowsAsTheRootDoes) {
  const auto graph = test::digits();
  EXPECT_THAT(dot_text(make_diagram(*graph, {.direction = Direction::east}), Theme()),
              HasSubstr("rankdir=LR"));
  EXPECT_THAT(dot_text(make_diagram(*graph, {.direction = Direction::north}), Theme()),
              HasSubstr("rankdir=BT"));
}

TEST(DotTest, HoldsEveryBoxAndEveryReaderOnce) {
  for (const auto& graph : {test::resnet18(), test::inception(), test::entangled()}) {
    const Diagram diagram = make_diagram(*graph, {});
    const std::string text = without_strings(dot_text(diagram, Theme()));
    for (size_t i = 1; i < diagram.boxes.size(); ++i) {
      const std::string name = diagram.boxes[i].kind == DiagramBox::Kind::frame
                                   ? "subgraph cluster_" + std::to_string(i) + " {"
                                   : " b" + std::to_string(i) + " [label=S, ";
      const size_t at = text.find(name);
      ASSERT_NE(at, std::string::npos) << name;
      EXPECT_EQ(text.find(name, at + 1), std::string::npos) << name;
    }
    size_t readers = 0, arrows = 0;
    for (const DiagramValue& value : diagram.values) readers += value.readers.size();
    for (size_t at = 0; (at = text.find(" -> ", at)) != std::string::npos; ++at) ++arrows;
    EXPECT_EQ(arrows, readers);
    EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(text.begin(), text.end(), '}'));
  }
}

TEST(DotTest, KeepsHostileLabelsInsideTheirStrings) {
  const std::string plain = without_strings(dot_text(test::labelled_diagram("label"), Theme()));
  for (const std::string& label : test::hostile_labels())
    EXPECT_EQ(without_strings(dot_text(test::labelled_diagram(label), Theme())).substr(0, plain.size()),
              plain)
        << label;
}

TEST(DotTest, WritesEscapesAndEntitiesAsText) {
  const std::string text = dot_text(test::labelled_diagram("a\\N \"b\" &lt;"), Theme());
  EXPECT_THAT(text, HasSubstr("a\\\\N \\\"b\\\" &amp;lt;"));
}

TEST(DotTest, NestsBlocksTwoHundredDeep) {
  test::Sketcher s("deep");
  const Value x = s.input({{"x", {2}}})[0];
  for (int i = 0; i < 200; ++i) s.graph->begin_block("b");
  s.relu(x);
  for (int i = 0; i < 200; ++i) s.graph->end_block();
  const std::string text = dot_text(make_diagram(*s.graph, {}), Theme());
  EXPECT_EQ(std::count(text.begin(), text.end(), '{'), 201);
  EXPECT_EQ(std::count(text.begin(), text.end(), '}'), 201);
}

}  // namespace
}  // namespace orrery
