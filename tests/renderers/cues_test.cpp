#include "renderers/diagram/cues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "renderers/diagram/diagram.h"
#include "renderers/render.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Two equal blocks, and one inside of another.
std::unique_ptr<Graph> cued_graph() {
  test::Sketcher s;
  Value x = s.input({{"x", {4}}})[0];
  for (const char* name : {"layer", "layer_2"}) {
    s.graph->begin_block(name);
    s.graph->begin_block("inner");
    x = s.relu(x);
    s.graph->end_block();
    s.graph->end_block();
  }
  return std::move(s.graph);
}

const DiagramBox* cued_box(const Diagram& diagram, const std::string& path) {
  for (const DiagramBox& box : diagram.boxes)
    if (box.path == path) return &box;
  return nullptr;
}

Diagram cued(const Cues& cues, DiagramOptions options = {}) {
  options.cues = cues;
  return make_diagram(*cued_graph(), options);
}

std::string cue_refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return "nothing was refused";
}

TEST(CuesTest, AreReadFromJson) {
  const Cues cues = read_cues(R"({"schema": "orrery.cues", "version": 1, "graph": "g", "expand": ["a"],
    "collapse": ["b", "c*"], "unfold": ["d"], "directions": {"e": "east"}, "titles": {"f": "F"},
    "tags": {"g": "slow"}})",
                              "cues");
  EXPECT_THAT(cues.expand, ElementsAre("a"));
  EXPECT_THAT(cues.collapse, ElementsAre("b", "c*"));
  EXPECT_THAT(cues.unfold, ElementsAre("d"));
  EXPECT_EQ(cues.directions.at("e"), "east");
  EXPECT_EQ(cues.titles.at("f"), "F");
  EXPECT_EQ(cues.tags.at("g"), "slow");
}

TEST(CuesTest, OfALuaTableMayHaveEmptyTables) {
  EXPECT_EQ(read_cues(R"({"collapse": {}, "titles": []})", "cues"), Cues{});
}

TEST(CuesTest, WithAnUnknownKeyAreRefusedWithTheNearest) {
  EXPECT_THAT(cue_refusal([] { read_cues(R"({"colapse": []})", "cues: a.json"); }),
              HasSubstr("cues: a.json: there is no cue 'colapse' (did you mean 'collapse'?)"));
}

TEST(CuesTest, ThatHoldSomethingElseAreRefused) {
  EXPECT_THAT(cue_refusal([] { read_cues("[]", "cues"); }), HasSubstr("one object"));
  EXPECT_THAT(cue_refusal([] { read_cues(R"({"collapse": "a"})", "cues"); }), HasSubstr("a list of paths"));
  EXPECT_THAT(cue_refusal([] { read_cues(R"({"collapse": [1]})", "cues"); }), HasSubstr("got 1"));
  EXPECT_THAT(cue_refusal([] { read_cues(R"({"titles": ["a"]})", "cues"); }),
              HasSubstr("a text for each path"));
  EXPECT_THAT(cue_refusal([] { read_cues(R"({"titles": {"a": 1}})", "cues"); }), HasSubstr("got 1 for 'a'"));
  EXPECT_THAT(cue_refusal([] { read_cues(R"({"version": 2})", "cues"); }), HasSubstr("version 1"));
  EXPECT_THAT(cue_refusal([] { read_cues(R"({"schema": "x"})", "cues"); }), HasSubstr("orrery.cues"));
}

TEST(CuesTest, OnUnknownPathsAreRefusedWithTheNearest) {
  const auto text = [](const Cues& cues) { return cue_refusal([&] { cued(cues); }); };
  EXPECT_THAT(text({.expand = {"layr"}}),
              HasSubstr("expand: no block is called 'layr' (did you mean 'layer'?)"));
  EXPECT_THAT(text({.collapse = {"layr"}}), HasSubstr("collapse: no block"));
  EXPECT_THAT(text({.unfold = {"layr"}}), HasSubstr("unfold: no block"));
  EXPECT_THAT(text({.directions = {{"layr", "east"}}}), HasSubstr("directions: no block"));
  EXPECT_THAT(text({.directions = {{"layer", "est"}}}), HasSubstr("did you mean 'east'?"));
  EXPECT_THAT(text({.titles = {{"layer/inner/rel", "t"}}}), HasSubstr("titles: no block or node"));
  EXPECT_THAT(text({.tags = {{"layr", "t"}}}), HasSubstr("tags: no block or node"));
}

TEST(CuesTest, OpenAndShutBlocks) {
  EXPECT_EQ(cued_box(cued({.collapse = {"layer"}}), "layer")->kind, DiagramBox::Kind::folded);
  EXPECT_EQ(cued_box(cued({.expand = {"layer"}}, {.depth = 0}), "layer")->kind, DiagramBox::Kind::frame);
}

TEST(CuesTest, GoBehindOptionsThatNameTheSameBlock) {
  EXPECT_EQ(cued_box(cued({.collapse = {"layer"}}, {.expand = {"layer"}}), "layer")->kind,
            DiagramBox::Kind::frame);
  EXPECT_EQ(cued_box(cued({.expand = {"layer"}}, {.collapse = {"layer"}}), "layer")->kind,
            DiagramBox::Kind::folded);
}

TEST(CuesTest, ShowRepeatsOneByOne) {
  EXPECT_EQ(cued_box(cued({}), "layer_2"), nullptr);
  EXPECT_NE(cued_box(cued({.unfold = {"layer*"}}), "layer_2"), nullptr);
  EXPECT_EQ(cued_box(cued({.unfold = {"layer_2"}}), "layer")->repeat, 1);
}

TEST(CuesTest, NameAndTagBoxes) {
  const Diagram diagram =
      cued({.titles = {{"layer", "First"}, {"layer/inner/relu", "Gate"}}, .tags = {{"layer", "slow"}}},
           {.fold = false});
  EXPECT_EQ(cued_box(diagram, "layer")->title, "First");
  EXPECT_EQ(cued_box(diagram, "layer")->tag, "slow");
  EXPECT_EQ(cued_box(diagram, "layer/inner/relu")->title, "Gate");
  EXPECT_EQ(cued_box(diagram, "layer_2")->title, "layer_2");
}

TEST(CuesTest, TurnBlocksAndThoseInsideThatWentTheirWay) {
  const Diagram diagram = cued({.directions = {{"layer", "east"}}}, {.fold = false});
  EXPECT_EQ(cued_box(diagram, "layer")->direction, Direction::east);
  EXPECT_EQ(cued_box(diagram, "layer/inner")->direction, Direction::east);
  EXPECT_EQ(cued_box(diagram, "layer_2")->direction, Direction::south);
  const Diagram both = cued({.directions = {{"layer", "east"}, {"layer/inner", "south"}}}, {.fold = false});
  EXPECT_EQ(cued_box(both, "layer/inner")->direction, Direction::south);
}

TEST(CuesTest, OrderBoxesThatStandBesideEachOther) {
  test::Sketcher s;
  const Value x = s.input({{"x", {4}}})[0];
  Value sum = s.layer("ReLU", {}, {x}, "a");
  for (const char* name : {"b", "c"}) sum = s.apply("add", {sum, s.layer("ReLU", {}, {x}, name)});
  const auto across = [&](const Cues& cues) {
    const auto json = nlohmann::json::parse(render(*s.graph, {.format = "json", .cues = cues}));
    std::map<std::string, double> x_of;
    for (const auto& box : json["boxes"]) x_of[box.value("path", "")] = box["at"][0];
    return x_of;
  };
  const auto usual = across({});
  const bool a_first = usual.at("a") < usual.at("b");
  const auto turned = across(
      {.order = {{"", a_first ? std::vector<std::string>{"b", "a"} : std::vector<std::string>{"a", "b"}}}});
  EXPECT_EQ(turned.at("a") < turned.at("b"), !a_first);
  EXPECT_THAT(cue_refusal([&] {
                across({.order = {{"", {"d"}}}});
              }),
              HasSubstr("order: no block or node is called 'd'"));
  EXPECT_THAT(cue_refusal([&] {
                across({.order = {{"blok", {"a"}}}});
              }),
              HasSubstr("order: no block is called"));
}

TEST(CuesTest, AreMadeSafeToShow) {
  const Cues cues = read_cues("{\"titles\": {\"a\": \"two\\nlines\\u0007\"}}", "cues");
  EXPECT_EQ(cues.titles.at("a"), "two lines");
}

}  // namespace
}  // namespace orrery
