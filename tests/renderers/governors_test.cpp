#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "renderers/render.h"
#include "runtime/core/error.h"
#include "runtime/governors/manager.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

std::shared_ptr<Optimizer> optimizer(const std::string& kind, std::vector<Value> layers, Value loss,
                                     const std::vector<double>& rates = {2e-4}) {
  std::vector<ParameterGroup> groups;
  for (const double rate : rates)
    groups.push_back({{}, checked_attributes(optimizer_kind(kind).attributes, {{"lr", rate}})});
  for (const Value& made : layers)
    for (const ParameterPtr& parameter : made.node->layer()->parameters())
      groups[0].targets.push_back({.parameter = parameter});
  return std::make_shared<Optimizer>(optimizer_kind(kind), std::move(groups), loss, Origin{});
}

/// Two blocks of two linear layers, and a loss of each.
struct Rivals {
  Sketcher s{"rivals"};
  Value first, second, third, fourth, one, other;

  Rivals() {
    const Value x = s.input({{"x", {8}}})[0];
    s.graph->begin_block("maker");
    first = linear(x, "a");
    second = linear(s.relu(first), "b");
    s.graph->end_block();
    s.graph->begin_block("judge");
    third = linear(second, "c");
    fourth = linear(s.relu(third), "d");
    s.graph->end_block();
    one = s.apply("mean", {second}, {}, "one");
    other = s.apply("mean", {fourth}, {}, "other");
  }

  Value linear(Value x, const std::string& name) {
    return s.layer("Linear", {{"in_features", std::int64_t{8}}, {"out_features", std::int64_t{8}}}, {x},
                   name);
  }

  void attach(std::vector<Value> layers, Value loss) { s.graph->attach(optimizer("Adam", layers, loss)); }

  Diagram drawn(DiagramOptions options = {}) const {
    options.governors = true;
    return make_diagram(*s.graph, options);
  }
};

const DiagramBox& box_at(const Diagram& diagram, const std::string& path) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.path == path && !box.path.empty()) return box;
  ADD_FAILURE() << "no box is called " << path;
  return diagram.boxes[0];
}

Names letters_at(const Diagram& diagram, const std::string& path) { return box_at(diagram, path).governed; }

// Titles of the boxes that read what one makes.
Names readers_of(const Diagram& diagram, const std::string& path) {
  Names titles;
  for (const DiagramValue& value : diagram.values)
    if (diagram.boxes[static_cast<size_t>(value.source)].path == path)
      for (const DiagramReader& reader : value.readers)
        titles.push_back(diagram.boxes[static_cast<size_t>(reader.box)].title);
  return titles;
}

TEST(GovernorsTest, AnOptimizerReadsItsLossAndItsLetterStandsAtTheBlockThatItUpdates) {
  Rivals net;
  net.attach({net.third, net.fourth}, net.other);
  net.attach({net.first, net.second}, net.one);
  const Diagram diagram = net.drawn();
  EXPECT_THAT(readers_of(diagram, "other"), ElementsAre("Adam"));
  EXPECT_EQ(box_at(diagram, "optimizer").detail, "lr 0.0002");
  EXPECT_THAT(letters_at(diagram, "optimizer"), ElementsAre("A"));
  EXPECT_THAT(letters_at(diagram, "judge"), ElementsAre("A"));
  EXPECT_THAT(letters_at(diagram, "optimizer_2"), ElementsAre("B"));
  EXPECT_THAT(letters_at(diagram, "maker"), ElementsAre("B"));
  EXPECT_THAT(letters_at(diagram, "maker/a"), IsEmpty()) << "the block around tells it";
}

TEST(GovernorsTest, AnOpenBlockOfWhichOnlyAPartIsUpdatedLeavesTheLetterToThatPart) {
  Rivals net;
  net.attach({net.second, net.third, net.fourth}, net.other);
  const Diagram diagram = net.drawn();
  EXPECT_THAT(letters_at(diagram, "maker"), IsEmpty());
  EXPECT_THAT(letters_at(diagram, "maker/a"), IsEmpty());
  EXPECT_THAT(letters_at(diagram, "maker/b"), ElementsAre("A"));
  EXPECT_THAT(letters_at(diagram, "judge"), ElementsAre("A"));
  EXPECT_THAT(letters_at(net.drawn({.collapse = {"maker"}}), "maker"), ElementsAre("A"));
}

TEST(GovernorsTest, FrozenWeightsAreNoneThatAnOptimizerLeavesOut) {
  Rivals net;
  for (const ParameterPtr& parameter : net.first.node->layer()->parameters()) parameter->trainable = false;
  net.attach({net.second}, net.one);
  net.attach({net.third, net.fourth}, net.other);
  EXPECT_THAT(letters_at(net.drawn(), "maker"), ElementsAre("A"));
}

TEST(GovernorsTest, WhatUpdatesOrSavesEverythingNeedsNoLetter) {
  Rivals net;
  net.attach({net.first, net.second, net.third, net.fourth}, net.other);
  net.s.graph->attach(
      std::make_shared<Saver>("all.safetensors", std::vector<Saver::Source>{}, Saver::When::best, Origin{}));
  const Diagram diagram = net.drawn();
  for (const DiagramBox& box : diagram.boxes) EXPECT_THAT(box.governed, IsEmpty()) << box.path;
  EXPECT_EQ(box_at(diagram, "saver").detail, "all.safetensors, best");
}

TEST(GovernorsTest, ASaverMarksWhatItSavesAndReadsWhatIsComputed) {
  Rivals net;
  const Block* judge = &net.fourth.node->block();
  net.s.graph->attach(std::make_shared<Saver>(
      "judge.safetensors", std::vector<Saver::Source>{{.block = judge}}, Saver::When::end, Origin{}));
  net.s.graph->attach(std::make_shared<Saver>("a.npy", std::vector<Saver::Source>{{.path = "maker/a"}},
                                              Saver::When::end, Origin{}));
  net.s.graph->attach(std::make_shared<Saver>("one.npy", std::vector<Saver::Source>{},
                                              Attributes(saver_attributes()), false, Origin{},
                                              std::vector<NamedValue>{{"one", net.one}}));
  const Diagram diagram = net.drawn();
  EXPECT_THAT(letters_at(diagram, "judge"), ElementsAre("A"));
  EXPECT_THAT(letters_at(diagram, "maker/a"), ElementsAre("B"));
  EXPECT_THAT(readers_of(diagram, "one"), ElementsAre("Saver"));
  EXPECT_THAT(letters_at(diagram, "saver_3"), IsEmpty());
}

TEST(GovernorsTest, GroupsTellTheirOwnRatesAndSchedulesStandBelow) {
  Rivals net;
  const auto sgd = optimizer("SGD", {net.first}, net.one, {0.1, 0.01, 0.01});
  const auto& kind = schedule_kind("StepLR");
  const auto schedule = Schedule::make(
      kind, {.optimizer = sgd}, checked_attributes(kind.attributes, {{"step_size", std::int64_t{5}}}), {});
  Manager::Parts parts{.optimizers = {sgd}, .schedules = {{schedule, Attributes(schedule_use_attributes())}}};
  net.s.graph->attach(
      std::make_shared<Manager>(std::move(parts), Attributes(manager_attributes()), Origin{}));
  sgd->set_option("lr", 0.003);  // as a schedule does
  const Diagram diagram = net.drawn();
  EXPECT_EQ(box_at(diagram, "optimizer").title, "SGD");
  EXPECT_EQ(box_at(diagram, "optimizer").detail, "lr 0.1 / 0.01");
  EXPECT_THAT(box_at(diagram, "optimizer").after, ElementsAre("StepLR, step size 5"));
}

TEST(GovernorsTest, LinesGoOnToThemPastAHiddenLoss) {
  Rivals net;
  net.attach({net.first}, net.one);
  EXPECT_THAT(readers_of(net.drawn({.hide = {"one"}}), "maker/b"), ElementsAre("Linear", "Adam"));
}

TEST(GovernorsTest, BlocksWithDifferentLettersAreNoRepeats) {
  for (const bool all : {true, false}) {
    Sketcher s;
    Value x = s.input({{"x", {8}}})[0];
    std::vector<Value> layers;
    for (int i = 0; i < 3; ++i) {
      s.graph->begin_block("stage");
      layers.push_back(
          s.layer("Linear", {{"in_features", std::int64_t{8}}, {"out_features", std::int64_t{8}}}, {x}));
      x = s.relu(layers.back());
      s.graph->end_block();
    }
    if (!all) layers.resize(1);
    s.graph->attach(optimizer("Adam", layers, s.apply("mean", {x})));
    const Diagram diagram = make_diagram(*s.graph, {.governors = true});
    EXPECT_EQ(box_at(diagram, all ? "stage" : "stage_2").repeat, all ? 3 : 2);
    EXPECT_THAT(letters_at(diagram, "stage"), all ? Names{} : Names{"A"});
  }
}

TEST(GovernorsTest, WhatIsPutAsideHasTheLettersBehindTheirs) {
  Rivals net;
  net.attach({net.first}, net.one);
  const Diagram diagram = net.drawn({.aside = {"judge/c"}});
  ASSERT_EQ(diagram.helpers.size(), 1u);
  EXPECT_EQ(diagram.helpers[0].letter, "B");
}

TEST(GovernorsTest, EveryFormatOfBoxesTellsOfThem) {
  Rivals net;
  net.attach({net.third, net.fourth}, net.other);
  for (const char* format : {"tikz", "dot", "mermaid", "text", "json"})
    EXPECT_THAT(render(*net.s.graph, {.format = format, .governors = true}), HasSubstr("Adam")) << format;
  EXPECT_THAT(render(*net.s.graph, {.format = "text", .governors = true}), HasSubstr("Adam (A)"));
  EXPECT_THAT(layout_json(*net.s.graph, {.governors = true}), HasSubstr(R"("governed":["A"])"));
}

TEST(GovernorsTest, AreRefusedWhereThereAreNoneOrNoPlaceForThem) {
  EXPECT_THROW(Rivals().drawn(), Error);
  Rivals net;
  net.attach({net.first}, net.one);
  EXPECT_THROW(render(*net.s.graph, {.style = "volume", .governors = true}), Error);
  const RenderOptions diff{.governors = true, .comparison = Comparison{test::digits()}};
  EXPECT_THROW(render(*net.s.graph, diff), Error);
}

TEST(GovernorsTest, AreNotDrawnUnlessAskedFor) {
  Rivals net;
  net.attach({net.first}, net.one);
  for (const DiagramBox& box : make_diagram(*net.s.graph, {}).boxes)
    EXPECT_NE(box.kind, DiagramBox::Kind::governor);
}

}  // namespace
}  // namespace orrery
