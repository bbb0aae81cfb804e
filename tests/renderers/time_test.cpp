#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "renderers/fonts.h"
#include "renderers/layout/layout.h"
#include "renderers/render.h"
#include "renderers/styles/box.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/layout_checks.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Time = DiagramBox::Time;

Diagram drawn(const Graph& graph, TimeView view) { return make_diagram(graph, {.time = view}); }

std::vector<std::string> titles(const Diagram& diagram, Time time) {
  std::vector<std::string> found;
  for (const DiagramBox& box : diagram.boxes)
    if (box.time == time) found.push_back(box.title);
  return found;
}

/// `h > 7`: what is carried, and the box that reads it.
std::vector<std::string> carried(const Diagram& diagram) {
  std::vector<std::string> found;
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers)
      if (reader.later) found.push_back(reader.carried);
  return found;
}

int parent_of(const Diagram& diagram, const std::string& title) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.title == title) return box.parent;
  return -1;
}

std::string layout_faults(const Graph& graph, TimeView view) {
  const Diagram diagram = drawn(graph, view);
  const Theme theme;
  Fonts fonts;
  layout::Sketch sketch = sketch_boxes(diagram, theme, fonts);
  layout::lay_out(sketch);
  return test::faults(sketch);
}

std::string refusal_of(const Graph& graph, const std::string& style) {
  try {
    render(graph, {.style = style});
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(TimeTest, PutsEachTickInAFrameBesideTheOthers) {
  const Diagram diagram = drawn(*test::steps(3), TimeView::unrolled);
  EXPECT_THAT(titles(diagram, Time::line), ElementsAre("steps shared ×3"));
  EXPECT_THAT(titles(diagram, Time::step), ElementsAre("t = 1", "t = 2", "t = 3"));
  EXPECT_THAT(carried(diagram), ElementsAre("h", "h"));
}

TEST(TimeTest, LeavesOutsideWhatNoStepHas) {
  const Diagram diagram = drawn(*test::steps(3), TimeView::unrolled);
  EXPECT_EQ(parent_of(diagram, "x"), 0);
  EXPECT_EQ(parent_of(diagram, "Linear"), 0);
}

TEST(TimeTest, TakesTicksAtTheBeginningOfStepsAsWell) {
  Sketcher s;
  Value h = s.input({{"x", {8}}})[0];
  for (int t = 0; t < 3; ++t) {
    s.graph->root().add_tick(static_cast<int>(s.graph->nodes().size()));
    h = s.apply("tanh", {h});
  }
  s.graph->use({Use::Kind::output, s.relu(h), "y"});
  const Diagram diagram = drawn(*s.graph, TimeView::unrolled);
  EXPECT_THAT(titles(diagram, Time::step), ElementsAre("t = 1", "t = 2", "t = 3"));
  EXPECT_EQ(parent_of(diagram, "ReLU"), 0);
}

TEST(TimeTest, LeavesOutStepsInTheMiddleOfMoreThanFour) {
  const Diagram four = drawn(*test::steps(4), TimeView::unrolled);
  EXPECT_EQ(titles(four, Time::step).size(), 4u);
  EXPECT_TRUE(titles(four, Time::gap).empty());
  const Diagram five = drawn(*test::steps(5), TimeView::unrolled);
  EXPECT_THAT(titles(five, Time::step), ElementsAre("t = 1", "t = 2", "t = 5"));
  EXPECT_THAT(titles(five, Time::gap), ElementsAre("…"));
}

TEST(TimeTest, RollsEqualStepsIntoOneWithLoops) {
  const Diagram diagram = drawn(*test::steps(6, true), TimeView::rolled);
  EXPECT_THAT(carried(diagram), ElementsAre("h", "c"));
  EXPECT_EQ(diagram.boxes[static_cast<size_t>(parent_of(diagram, "LSTMCell"))].repeat, 6);
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers)
      if (reader.later) {
        EXPECT_EQ(value.source, reader.box);
      }
}

TEST(TimeTest, ShowsDifferentStepsAndRefusesToRollThem) {
  Sketcher s("uneven");
  Value h = s.input({{"x", {8}}})[0];
  h = s.apply("tanh", {h});
  s.graph->root().add_tick(static_cast<int>(s.graph->nodes().size()));
  h = s.apply("tanh", {s.apply("sigmoid", {h})});
  s.graph->use({Use::Kind::output, h, "y"});
  EXPECT_EQ(titles(drawn(*s.graph, TimeView::unrolled), Time::step).size(), 2u);
  EXPECT_THAT(refusal_of(*s.graph, "rolled"), AllOf(HasSubstr("differ"), HasSubstr("'unrolled' shows each")));
}

TEST(TimeTest, SaysWhatToDoWhereThereIsNoTime) {
  EXPECT_THAT(refusal_of(*test::digits(), "unrolled"),
              AllOf(HasSubstr("has none"), HasSubstr("Call g:tick()")));
  EXPECT_THAT(refusal_of(*test::digits(), "rolled"), HasSubstr("the style 'rolled' shows steps of time"));
}

TEST(TimeTest, DrawsACellForEachLayerDirectionAndStep) {
  const Diagram diagram = drawn(*test::recurrent("LSTM", 2, true), TimeView::unrolled);
  int cells = 0;
  for (const DiagramBox& box : diagram.boxes) cells += box.title == "LSTM" && !box.detail.empty();
  EXPECT_EQ(cells, 2 * 2 * 3);  // layers, directions, and the steps 1, 2 and 35
  EXPECT_THAT(titles(diagram, Time::step), ElementsAre("t = 1", "t = 2", "t = 35"));
  EXPECT_EQ(carried(diagram).size(), 2u * 2 * 2 * 3);  // h and c of each over three borders
}

TEST(TimeTest, LeadsBackwardCellsBackInTime) {
  const Diagram diagram = drawn(*test::recurrent("RNN", 1, true), TimeView::unrolled);
  int on = 0, back = 0;
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers)
      if (reader.later) (reader.box > value.source ? on : back) += 1;
  EXPECT_EQ(on, 3);
  EXPECT_EQ(back, 3);
}

TEST(TimeTest, DrawsALayerInOneStepWithLoops) {
  const Diagram diagram = drawn(*test::recurrent("GRU", 2, false), TimeView::rolled);
  EXPECT_THAT(carried(diagram), ElementsAre("h", "h"));
  EXPECT_TRUE(titles(diagram, Time::line).empty());
}

TEST(TimeTest, HidesWhatCuesSayAndWritesTheirWords) {
  auto graph = test::steps(3);
  const int all = static_cast<int>(drawn(*graph, TimeView::none).boxes.size());
  graph->nodes().back()->cue().hide = true;
  graph->nodes().front()->cue().tags[0] = "words";
  const Diagram diagram = drawn(*graph, TimeView::none);
  EXPECT_EQ(static_cast<int>(diagram.boxes.size()), all - 1);
  EXPECT_THAT(diagram.values[0].label, HasSubstr("words"));
}

TEST(TimeTest, KeepsThePromisesOfTheLayoutInLoops) {
  for (int count : {2, 3, 5, 12})
    for (bool lstm : {false, true})
      EXPECT_EQ(layout_faults(*test::steps(count, lstm), TimeView::rolled), "") << count << " steps";
  for (const char* operation : {"RNN", "LSTM", "GRU"})
    for (int layers : {1, 2, 3})
      for (bool both : {false, true})
        EXPECT_EQ(layout_faults(*test::recurrent(operation, layers, both), TimeView::rolled), "")
            << operation << ", " << layers << " layers, " << (both ? "both directions" : "forward");
}

TEST(TimeTest, KeepsThemBetweenSteps) {
  for (int count : {2, 3, 4, 5, 12})
    EXPECT_EQ(layout_faults(*test::steps(count), TimeView::unrolled), "") << count << " steps";
  for (const char* operation : {"RNN", "GRU"})
    for (int layers : {1, 2, 3})
      EXPECT_EQ(layout_faults(*test::recurrent(operation, layers, false), TimeView::unrolled), "")
          << operation << ", " << layers << " layers";
}

}  // namespace
}  // namespace orrery
