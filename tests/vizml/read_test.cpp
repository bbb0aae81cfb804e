#include "runtime/vizml/read.h"

#include <fstream>

#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "runtime/ops/operations.h"
#include "runtime/vizml/run.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/vizml/refusals.h"
#include "tests/vizml/vizml_json.h"

namespace orrery {
namespace {

std::unique_ptr<Graph> read_graph(const std::string& text, const std::string& folder = "") {
  static Runtime runtime;
  return read_vizml(text, runtime, "'net.json'", folder);
}

std::string fixture(const std::string& name) {
  std::ifstream file(in_source("tests/fixtures/vizml/" + name));
  return {std::istreambuf_iterator<char>(file), {}};
}

Node& node_at(const Graph& graph, const std::string& path) {
  for (const auto& node : graph.nodes())
    if (node->path() == path) return *node;
  throw std::runtime_error("no node " + path);
}

Shape output_of(const std::string& text, const std::string& path) {
  return node_at(*read_graph(text), path).output().shape();
}

TEST(VizmlReadTest, TheDigitsClassifierIsReadWithItsBlock) {
  const auto graph = read_graph(fixture("mnist.json"));
  EXPECT_EQ(graph->name(), "net");
  EXPECT_EQ(graph->nodes().size(), 9U);
  Node& first = node_at(*graph, "Block12/layer_Linear_0");
  EXPECT_EQ(first.output().shape(), (Shape{Dim::symbol("N"), 128}));
  EXPECT_EQ(node_at(*graph, "layer_NLLLoss_0").output().shape(), Shape{});
  EXPECT_EQ(graph->input_node()->input_spec()->fields[1].label, true);
  EXPECT_EQ(graph->state()[0].key, "Block12.layer_Linear_0.weight");
}

TEST(VizmlReadTest, WhatItsGovernorsSayIsKept) {
  const auto graph = read_graph(fixture("mnist.json"));
  const VizmlRun* run = vizml_run(*graph);
  ASSERT_NE(run, nullptr);
  ASSERT_EQ(run->updates.size(), 1U);
  EXPECT_EQ(run->updates[0].kind, "SGD");
  EXPECT_EQ(run->updates[0].options.real("momentum"), 0.9);
  EXPECT_EQ(run->updates[0].layers.size(), 3U);
  EXPECT_EQ(run->updates[0].loss, node_at(*graph, "layer_NLLLoss_0").output());
  EXPECT_EQ(run->manager->integer("epochs"), 10);
  EXPECT_EQ(run->tensors.at(0).kind, "MNIST");
}

TEST(VizmlReadTest, TheGraphIsOneOfOrrerysJsonToo) {
  const auto graph = read_graph(fixture("mnist.json"));
  Runtime runtime;
  const auto restored = graph_from_json(to_json(*graph), operations(), runtime, "'net.json'");
  EXPECT_EQ(structural_hash(*restored), structural_hash(*graph));
}

TEST(VizmlReadTest, StyleTransferIsReadWithItsSharedNetworkFrozen) {
  const auto graph = read_graph(fixture("style.json"));
  const VizmlRun* run = vizml_run(*graph);
  EXPECT_EQ(run->imported.size(), 3U);
  EXPECT_EQ(node_at(*graph, "vgg_image/layer_Conv2D_0").layer(),
            node_at(*graph, "vgg_style/layer_Conv2D_6").layer());
  for (const LayerPtr& layer : graph->layers())
    for (const ParameterPtr& parameter : layer->parameters()) EXPECT_FALSE(parameter->trainable);
  EXPECT_EQ(node_at(*graph, "transform_GetGramMatrix_0/div").output().shape(), (Shape{64, 64}));
  EXPECT_EQ(node_at(*graph, "transform_Adder_0/add_3").output().shape(), Shape{});
  EXPECT_EQ(run->updates[0].leaves, (std::vector<Value>{graph->input_node()->output()}));
  EXPECT_EQ(run->saved[0].value, graph->input_node()->output());
  EXPECT_EQ(run->saved[0].path, "stylised.png");
}

TEST(VizmlReadTest, LayersThatNoOptimizerUpdatesAreFrozenWhereThereIsOne) {
  VizmlDigits digits;
  digits.root["links"].erase(8);  // of the second layer to the optimizer
  const auto graph = read_graph(digits.text());
  EXPECT_TRUE(node_at(*graph, "Block10/layer_Linear_0").layer()->parameter("weight")->trainable);
  EXPECT_FALSE(node_at(*graph, "Block10/layer_Linear_1").layer()->parameter("weight")->trainable);
  VizmlJson alone;
  alone.chain({alone.random_input("(1, 4)"), alone.linear(4, 2)});
  EXPECT_TRUE(read_graph(alone.text())->layers()[0]->parameter("weight")->trainable);
}

TEST(VizmlReadTest, WhatNothingReadsIsAnOutput) {
  VizmlJson v;
  v.chain({v.random_input("(1, 4)"), v.linear(4, 2)});
  const auto graph = read_graph(v.text());
  ASSERT_EQ(graph->uses().size(), 1U);
  EXPECT_EQ(graph->uses()[0].value.node->name(), "layer_Linear_0");
}

TEST(VizmlReadTest, NodesMayStandBeforeWhatTheyRead) {
  VizmlDigits digits;
  std::reverse(digits.root["nodes"].begin(), digits.root["nodes"].end());
  EXPECT_EQ(read_graph(digits.text())->nodes().size(), 7U);
}

TEST(VizmlReadTest, EachTransformGivesWhatItsNameSays) {
  VizmlJson v;
  const int image = v.random_input("(2, 3, 8, 6)");
  const int normalized =
      v.transform("Normalize", {{"mean", "list", "[0, 0, 0]"}, {"std", "list", "[1, 1, 0.5]"}});
  const int clamped = v.transform("ClampData", {{"min", "float", "-1"}, {"max", "float", "1"}});
  const int gram = v.transform("GetGramMatrix"), flat = v.transform("Flatten");
  v.chain({image, normalized, clamped, gram});
  v.chain({clamped, v.transform("Detach"), flat});
  const auto graph = read_graph(v.text());
  EXPECT_EQ(node_at(*graph, "transform_Normalize_0/div").output().shape(), (Shape{2, 3, 8, 6}));
  EXPECT_EQ(node_at(*graph, "transform_ClampData_0").attributes().real("min"), -1);
  EXPECT_EQ(node_at(*graph, "transform_GetGramMatrix_0/mm").output().shape(), (Shape{6, 6}));
  EXPECT_EQ(node_at(*graph, "transform_GetGramMatrix_0/div").attributes().real("other"), 2 * 3 * 8 * 6);
  EXPECT_EQ(node_at(*graph, "transform_Flatten_0").output().shape(), (Shape{2, 144}));
  EXPECT_EQ(vizml_run(*graph)->tensors.at(2).numbers, (std::vector<double>{1, 1, 0.5}));
}

TEST(VizmlReadTest, AnAdderOfTwoIsOneNodeAndOfOneNone) {
  VizmlJson v;
  const int x = v.random_input("(2, 3)"), two = v.transform("Adder"), one = v.transform("Adder");
  v.link(x, 4, two, 1);
  v.link(x, 4, two, 2);
  v.link(two, 4, one, 2);
  v.chain({one, v.layer("ReLU")});
  EXPECT_EQ(read_graph(v.text())->nodes().size(), 3U);
  EXPECT_EQ(output_of(v.text(), "transform_Adder_0"), (Shape{2, 3}));
}

TEST(VizmlReadTest, ConstantsAreMadeAsTheirNodesSay) {
  VizmlJson v;
  const int x = v.random_input("(2, 3)"), adder = v.transform("Adder");
  const int random = v.node("constant", "RandomTensor", {{"size", "tuple", "(2, 3)"}});
  const int fives =
      v.node("constant", "ConstantTensor", {{"size", "tuple", "(3,)"}, {"value", "float", "5"}});
  for (const int term : {x, random, fives}) v.link(term, 4, adder, 2);
  const auto graph = read_graph(v.text());
  EXPECT_EQ(node_at(*graph, "constant_RandomTensor_0").constant()->init, Init::normal(0, 1));
  EXPECT_EQ(node_at(*graph, "constant_ConstantTensor_0").constant()->init, Init::constant(5));
  EXPECT_FALSE(node_at(*graph, "constant_ConstantTensor_0").is_parameter());
}

TEST(VizmlReadTest, AConstantThatAnOptimizerUpdatesIsAParameter) {
  VizmlJson v;
  const int x = v.random_input("(2, 3)"), loss = v.layer("MSELoss"), sgd = v.node("optimizer", "SGD");
  const int made = v.node("constant", "RandomTensor", {{"size", "tuple", "(2, 3)"}});
  v.link(made, 4, loss, 1);
  v.link(x, 4, loss, 2);
  v.link(loss, 4, sgd, 2);
  v.link(made, 3, sgd, 1);
  EXPECT_TRUE(node_at(*read_graph(v.text()), "constant_RandomTensor_0").is_parameter());
}

TEST(VizmlReadTest, TensorsInFilesHaveTheShapesOfTheirHeaders) {
  VizmlJson v;
  const int image = v.node("input", "ImageTensor", {{"path", "str", "grid.png"}});
  v.chain({image, v.layer("ReLU")});
  const Shape shape =
      node_at(*read_graph(v.text(), in_source("tests/fixtures/images")), "layer_ReLU_0").output().shape();
  ASSERT_EQ(shape.size(), 4U);
  EXPECT_EQ(shape[1], Dim(3));
  expect_vizml_refused(v.text(),
                       "node 1 (ImageTensor): 'path': cannot read 'grid.png': there is no such file");
}

TEST(VizmlReadTest, WhatDoesNotFitIsNamed) {
  const auto refused = [](void (*build)(VizmlJson&), const char* because) {
    VizmlJson v;
    build(v);
    expect_vizml_refused(v.text(), because);
  };
  refused(
      [](VizmlJson& v) {
        v.chain({v.random_input("(1, 4)"), v.linear(5, 2)});
      },
      "layer_Linear_0 (Linear) expects");
  refused(
      [](VizmlJson& v) {
        v.chain({v.random_input("(1, 2, 4, 4)"), v.transform("Normalize")});
      },
      "node 2 (Normalize): 'mean' has 3 numbers for 2 channels");
  refused(
      [](VizmlJson& v) {
        v.chain({v.random_input("(1, 4)"), v.transform("Normalize")});
      },
      "node 2 (Normalize) normalizes the channels of images, got (1, 4)");
  refused(
      [](VizmlJson& v) {
        v.chain({v.random_input("(1, 4)"), v.transform("GetGramMatrix")});
      },
      "node 2 (GetGramMatrix) takes features of 4 dimensions, got (1, 4)");
  refused(
      [](VizmlJson& v) {
        v.chain({v.node("input", "MNIST"), v.transform("GetGramMatrix")});
      },
      "node 2 (GetGramMatrix) takes features of a known size, got (N, 1, 28, 28)");
  refused(
      [](VizmlJson& v) {
        v.chain({v.random_input("()"), v.layer("ReLU")});
      },
      "node 1 (RandomTensor): an input needs a batch");
  refused(
      [](VizmlJson& v) {
        const int x = v.random_input("(1, 4)");
        const int one = v.layer("Linear", {{"out_features", "int", "2"}, {"import_layer", "str", "fc"}});
        const int other = v.layer("Linear", {{"out_features", "int", "3"}, {"import_layer", "str", "fc"}});
        v.chain({x, one});
        v.chain({x, other});
      },
      "node 3 (Linear): 'import_layer' is 'fc' as of layer_Linear_0, whose options are others");
}

TEST(VizmlReadTest, OnlyNodesAndLinksMakeItVizmls) {
  EXPECT_TRUE(is_vizml(VizmlDigits().text()));
  EXPECT_FALSE(is_vizml(to_json(*read_graph(VizmlDigits().text()))));
  EXPECT_FALSE(is_vizml("[]"));
}

}  // namespace
}  // namespace orrery
