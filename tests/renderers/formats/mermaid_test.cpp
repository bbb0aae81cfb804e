#include "renderers/formats/mermaid.h"

#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/renderers/example_graphs.h"
#include "tests/renderers/formats/hostile_labels.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(MermaidTest, WritesSubgraphsNodesAndEdges) {
  test::Sketcher s("small");
  const Value x = s.input({{"x", {8}}})[0];
  s.graph->begin_block("block");
  s.apply("sub", {s.relu(x), x});
  s.graph->end_block();
  const std::string text = mermaid_text(make_diagram(*s.graph, {}), Theme());
  EXPECT_THAT(text, StartsWith("---\ntitle: \"small\"\n---\nflowchart TB\n"));
  EXPECT_THAT(text, HasSubstr("  subgraph b2[\"block\"]\n    direction TB\n    b3([\"ReLU\"])\n"));
  EXPECT_THAT(text, HasSubstr("    b4((\"−\"))\n"));
  EXPECT_THAT(text, HasSubstr("  end\n  b1 -->|\"N×8\"| b3\n  b1 -->|\"2\"| b4\n"));
}

// Each row is one of the statements that the writer means, so that no label has become one.
TEST(MermaidTest, KeepsHostileLabelsInsideTheirStrings) {
  const std::string words = "\"(?:[^\"#&<>`\\\\%]|#[0-9]+;|<br/>)*\"";
  const std::regex statement(
      "flowchart TB|subgraph b[0-9]+\\[" + words + "\\]|direction TB|end|style b[0-9]+ [a-z0-9#:,A-F -]+|" +
      "b[0-9]+(?:\\[|\\(|\\(\\(|\\(\\[|\\[\\\\|\\[\\[)" + words + "(?:\\]|\\)|\\)\\)|\\]\\)|/\\]|\\]\\])|" +
      "b[0-9]+ -->(?:\\|" + words + "\\|)? b[0-9]+");
  for (const std::string& label : test::hostile_labels()) {
    std::istringstream rows(mermaid_text(test::labelled_diagram(label), Theme()));
    std::string row;
    for (int i = 0; i < 3; ++i) std::getline(rows, row);  // the front matter
    ASSERT_EQ(row, "---") << label;
    while (std::getline(rows, row)) {
      row.erase(0, row.find_first_not_of(' '));
      EXPECT_TRUE(std::regex_match(row, statement)) << row;
    }
  }
}

TEST(MermaidTest, WritesWhatMarkdownWouldReadAsEntities) {
  const std::string text = mermaid_text(test::labelled_diagram("1. *a*"), Theme());
  EXPECT_THAT(text, HasSubstr("1#46; #42;a#42;"));
}

TEST(MermaidTest, SaysWhereGitHubWouldNotDrawIt) {
  EXPECT_THAT(mermaid_text(make_diagram(*test::chain(40), {}), Theme()), Not(HasSubstr("GitHub")));
  EXPECT_THAT(mermaid_text(make_diagram(*test::chain(600), {}), Theme()), HasSubstr("edges and"));
}

TEST(MermaidTest, MarksAFaultyEdgeByItsNumber) {
  Diagram diagram = test::labelled_diagram("x");
  diagram.values[1].readers[0].faulty = true;
  EXPECT_THAT(mermaid_text(diagram, Theme()), HasSubstr("linkStyle 1 stroke:"));
}

}  // namespace
}  // namespace orrery
