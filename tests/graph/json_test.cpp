#include "runtime/graph/json.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/graph/structural_hash.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using nlohmann::json;

std::unique_ptr<Graph> restore(const std::string& text) {
  static Runtime runtime;
  return graph_from_json(text, operations(), runtime, "net.json");
}

json digits_json() {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.use({Use::Kind::loss, loss, "loss"});
  return json::parse(to_json(b.graph));
}

void expect_refused(const json& graph, const std::string& because) {
  try {
    restore(graph.dump());
    ADD_FAILURE() << "accepted; expected: " << because;
  } catch (const CheckError& error) {
    EXPECT_NE(std::string(error.what()).find(because), std::string::npos) << error.what();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input_file);
    EXPECT_TRUE(error.message().starts_with("net.json: ")) << error.message();
    EXPECT_NE(error.message().find(because), std::string::npos) << error.message();
  }
}

TEST(JsonTest, ARestoredGraphWritesTheSameBytesAndHasTheSameHash) {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.use({Use::Kind::output, loss, "loss"});
  b.graph.root().children()[0]->set_title("Feature extractor");
  b.graph.root().children()[0]->cue() = {"east", true, "sees edges", "#e8f1e4"};
  const std::string hash = structural_hash(b.graph);
  b.graph.root().add_tick(2);
  b.graph.root().children()[0]->add_tick(1);
  b.graph.root().children()[0]->set_hidden(true);
  loss.node->cue() = {true, {{0, "loss of a step"}}};
  EXPECT_EQ(structural_hash(b.graph), hash);
  const std::string text = to_json(b.graph);
  const auto restored = restore(text);
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_EQ(restored->root().children()[0]->cue().note, "sees edges");
  EXPECT_EQ(restored->root().children()[0]->cue().color, "#e8f1e4");
  EXPECT_EQ(structural_hash(*restored), structural_hash(b.graph));
  EXPECT_EQ(restored->root().ticks(), std::vector<int>{2});
  EXPECT_TRUE(restored->root().children()[0]->hidden());
  EXPECT_EQ(restored->nodes().back()->cue().tags.at(0), "loss of a step");
}

TEST(JsonTest, SharedTiedFrozenAndGroupedLayersComeBack) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const LayerPtr first = b.linear(64, 64), second = b.linear(64, 64);
  second->tie("weight", first->parameter("weight"));
  second->parameter("bias")->trainable = false;
  const Value y = b.apply(first, {b.apply(second, {b.apply(first, {x})})});
  b.graph.group("tail", {y.node});
  auto table = std::make_shared<Parameter>();
  table->name = "table";
  table->shape = {64};
  b.transform("add", {y, b.graph.constant(table, {}, "table")});
  const std::string text = to_json(b.graph);
  const auto restored = restore(text);
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_EQ(structural_hash(*restored), structural_hash(b.graph));
  const auto layers = restored->layers();
  EXPECT_EQ(layers[0]->parameter("weight"), layers[1]->parameter("weight"));
  EXPECT_FALSE(layers[1]->parameter("bias")->trainable);
}

TEST(JsonTest, OptionsGivenWhereALayerIsAppliedComeBack) {
  Builder b;
  const Value x = b.digits_input()[0];
  const LayerPtr up = b.layer("ConvTranspose2d", {{"in_channels", std::int64_t{1}},
                                                  {"out_channels", std::int64_t{1}},
                                                  {"kernel_size", std::int64_t{3}},
                                                  {"stride", std::int64_t{2}}});
  const Value usual = b.apply(up, {x});
  Attributes larger(options_at_call(up->descriptor().attributes));
  larger.set("output_size", Shape{18, 17});
  const Value asked = b.graph.apply(up, {x}, {}, {}, larger)[0];
  EXPECT_EQ(usual.shape(), (Shape{Dim::symbol("N"), 1, 17, 17}));
  EXPECT_EQ(asked.shape(), (Shape{Dim::symbol("N"), 1, 18, 17}));
  const std::string text = to_json(b.graph);
  const auto restored = restore(text);
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_EQ(structural_hash(*restored), structural_hash(b.graph));
  EXPECT_EQ(restored->nodes()[2]->outputs(), asked.node->outputs());
  EXPECT_FALSE(restored->nodes()[2]->layer()->attributes().has("output_size"));
}

TEST(JsonTest, AnOptionThatMayNotBeGivenWhereALayerIsAppliedIsRefused) {
  json graph = digits_json();
  for (json& node : graph["nodes"])
    if (node.contains("layer")) node["attributes"] = {{"stride", {2, 2}}};
  expect_refused(graph, "unknown option 'stride'");
}

TEST(JsonTest, InfinityComesBack) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const Value mask = b.transform("gt", {x, {}}, {{"other", std::int64_t{0}}});
  const Value y = b.transform("masked_fill", {x, mask, {}}, {{"value", -HUGE_VAL}});
  b.graph.use({Use::Kind::output, y, "y"});
  const std::string text = to_json(b.graph);
  const auto restored = restore(text);
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_EQ(restored->uses()[0].value.node->attributes().real("value"), -HUGE_VAL);
}

TEST(JsonTest, NaNComesBack) {
  Builder b;
  const Value y = b.transform("full_like", {b.digits_input()[0]}, {{"fill_value", std::nan("")}});
  b.graph.use({Use::Kind::output, y, "y"});
  const std::string text = to_json(b.graph);
  const auto restored = restore(text);
  EXPECT_EQ(to_json(*restored), text);
  EXPECT_TRUE(std::isnan(restored->uses()[0].value.node->attributes().real("fill_value")));
}

TEST(JsonTest, NodesMayStandInAnyOrder) {
  json graph = digits_json();
  std::swap(graph["nodes"][1], graph["nodes"][2]);
  for (json& node : graph["nodes"]) {
    if (!node.contains("inputs")) continue;
    for (json& link : node["inputs"])
      if (link[0] == 1 || link[0] == 2) link[0] = 3 - link[0].get<int>();
  }
  EXPECT_EQ(structural_hash(*restore(graph.dump())), structural_hash(*restore(digits_json().dump())));
}

TEST(JsonTest, ACycleIsNamedWithItsNodes) {
  json graph = digits_json();
  graph["nodes"][2]["inputs"][0][0] = 3;  // relu reads max_pool2d, which reads relu
  expect_refused(graph, "the graph has a cycle: relu → max_pool2d → relu");
  graph["nodes"][2]["inputs"][0][0] = 2;
  expect_refused(graph, "the graph has a cycle: relu → relu");
  EXPECT_EQ(findings_of([&] { restore(graph.dump()); }).at(0).code, "graph-cycle");
}

TEST(JsonTest, EachStructuralFaultIsNamed) {
  const auto broken = [](auto&& change) {
    json graph = digits_json();
    change(graph);
    return graph;
  };
  expect_refused(broken([](json& g) { g["format"] = "other"; }), "not a graph of Orrery");
  expect_refused(broken([](json& g) { g["version"] = 2; }), "newer Orrery");
  expect_refused(broken([](json& g) { g.erase("nodes"); }), "missing or mistyped");
  expect_refused(broken([](json& g) { g["nodes"][1]["op"] = "Conv2D"; }), "Conv2d");
  expect_refused(broken([](json& g) { g["nodes"][1]["layer"] = 9; }), "layer 9 does not exist");
  expect_refused(broken([](json& g) { g["nodes"][1]["layer"] = 1; }), "its layer a");
  expect_refused(broken([](json& g) { g["nodes"][1]["inputs"][0][0] = 77; }),
                 "node 77, which does not exist");
  expect_refused(broken([](json& g) { g["nodes"][1]["inputs"][0][0] = -1; }), "does not exist");
  expect_refused(broken([](json& g) { g["nodes"][1]["inputs"][0][1] = 5; }), "has no output 5");
  expect_refused(broken([](json& g) { g["nodes"][1]["inputs"] = json::array(); }),
                 "expects a value for 'input'");
  expect_refused(broken([](json& g) { g["nodes"][2]["name"] = "conv2d"; }), "the name 'conv2d' is taken");
  expect_refused(broken([](json& g) { g["nodes"][2]["block"] = "nowhere"; }), "'nowhere' is not listed");
  expect_refused(broken([](json& g) { g["blocks"].push_back({{"path", "features"}}); }), "stands twice");
  expect_refused(broken([](json& g) { g["layers"][0]["attributes"]["stride"] = "x"; }), "stride");
  expect_refused(broken([](json& g) { g["layers"][0]["attributes"]["colour"] = 1; }),
                 "unknown option 'colour'");
  expect_refused(broken([](json& g) { g["layers"][0]["frozen"] = {"wieght"}; }), "no parameter 'wieght'");
  expect_refused(broken([](json& g) { g["layers"][0]["tied"] = {{"weight", "none"}}; }), "does not exist");
  expect_refused(broken([](json& g) { g["layers"][0]["attributes"]["in_channels"] = 3; }),
                 "expects 3 input channels");
  expect_refused(broken([](json& g) { g["nodes"][0]["fields"][0]["dtype"] = "float3"; }),
                 "'float3' is not a dtype");
  expect_refused(broken([](json& g) { g["nodes"][0]["fields"][0]["shape"][0] = "N+"; }), "not a dimension");
  expect_refused(broken([](json& g) { g["nodes"][0]["fields"] = json::array(); }), "no field");
  expect_refused(broken([](json& g) { g["nodes"][0]["fields"][0]["shape"][1] = -1; }), "a size is negative");
  expect_refused(broken([](json& g) { g["uses"][0]["kind"] = "odd"; }), "unknown use 'odd'");
}

TEST(JsonTest, NoChangedByteCrashes) {
  const std::string text = digits_json().dump();
  for (size_t i = 0; i < text.size(); ++i) {
    for (char c : {'\0', '"', '9', '}', '\x80'}) {
      std::string mutant = text;
      mutant[i] = c;
      try {
        restore(mutant);
      } catch (const Error&) {
      }
    }
  }
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_THROW(restore(text.substr(0, length)), Error);
}

}  // namespace
}  // namespace orrery
