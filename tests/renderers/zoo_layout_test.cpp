// The promises of layout.h, and of texts, over the whole zoo: in both directions, shut and open, folded and
// not.

#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/fonts.h"
#include "renderers/layout/layout.h"
#include "renderers/styles/box.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/layout_checks.h"
#include "tests/renderers/text_checks.h"
#include "tests/renderers/zoo_graphs.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;

std::string faults_of(const Graph& graph, const DiagramOptions& options, Fonts& fonts) {
  const Theme theme;
  const Diagram diagram = make_diagram(graph, options);
  layout::Sketch sketch = sketch_boxes(diagram, theme, fonts);
  layout::lay_out(sketch);
  if (std::string fault = test::faults(sketch); !fault.empty()) return fault;
  return test::text_faults(diagram, sketch, theme, fonts);
}

std::vector<DiagramOptions> ways_to_draw() {
  std::vector<DiagramOptions> ways;
  for (const Direction direction : {Direction::south, Direction::east})
    for (const int depth : {1, 2, -1})
      for (const bool fold : {true, false})
        ways.push_back({.depth = depth, .fold = fold, .all_shapes = depth < 0, .direction = direction});
  return ways;
}

TEST(TextChecksTest, SeeATextThatIsNotWhereItBelongs) {
  test::Sketcher s;
  s.relu(s.relu(s.input({{"image", {8}}})[0]));
  Fonts fonts;
  const Theme theme;
  const Diagram diagram = make_diagram(*s.graph, {.all_shapes = true});
  layout::Sketch sketch = sketch_boxes(diagram, theme, fonts);
  layout::lay_out(sketch);
  const auto faults = [&](const auto& change) {
    layout::Sketch changed = sketch;
    change(changed);
    return test::text_faults(diagram, changed, theme, fonts);
  };
  EXPECT_EQ(faults([](layout::Sketch&) {}), "");
  EXPECT_THAT(faults([](layout::Sketch& c) { c.boxes[2].at = c.boxes[1].at; }), HasSubstr("over each other"));
  EXPECT_THAT(faults([](layout::Sketch& c) { c.boxes[2].at.width = 10; }), HasSubstr("half in box 2"));
  EXPECT_THAT(faults([](layout::Sketch& c) { c.nets[0].label_at.y -= 500; }), HasSubstr("out of the page"));
  EXPECT_THAT(faults([](layout::Sketch& c) { c.nets[0].label_at.x -= 15; }), HasSubstr("crosses the text"));
}

TEST(ZooLayoutTest, KeepsItsPromisesForEveryModelInEveryWay) {
  const std::vector<test::ZooGraph> zoo = test::zoo_graphs();
  if (zoo.empty()) GTEST_SKIP() << "there is no program that makes the models";
  EXPECT_GT(zoo.size(), 40u);
  const size_t most = std::getenv("ORRERY_TEST_FULL") ? 10'000 : 200;  // nodes
  Fonts fonts;
  for (const auto& [name, graph] : zoo) {
    if (graph->nodes().size() > most) continue;
    for (const DiagramOptions& way : ways_to_draw())
      EXPECT_EQ(faults_of(*graph, way, fonts), "")
          << fmt::format("{}, depth {}, {}, {}", name, way.depth, way.fold ? "folded" : "not folded",
                         vertical(way.direction) ? "south" : "east");
  }
}

}  // namespace
}  // namespace orrery
