#include <gtest/gtest.h>

#include "runtime/graph/json.h"
#include "tests/onnx/onnx_builder.h"

namespace orrery::testing {
namespace {

std::string refusal(OnnxBuilder& model, const OnnxImportOptions& options = {}) {
  try {
    model.import(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

std::vector<std::string> keys(const Graph& graph) {
  std::vector<std::string> keys;
  for (const Graph::Entry& entry : graph.state()) keys.push_back(entry.key);
  return keys;
}

TEST(OnnxImporterTest, InputsAreFieldsAndOutputsAreResults) {
  OnnxBuilder model;
  model.input("a", {"batch size", "3"}).input("b", {"batch size", "3"});
  model.node("Add", {"a", "b"}, {"sum"}).node("Relu", {"sum"}, {"y"}).output("y").output("sum");
  const auto graph = model.import();
  EXPECT_EQ(described(*graph), "add = add(a, b) (batch_size, 3)\nrelu = relu(add) (batch_size, 3)\n");
  ASSERT_EQ(graph->uses().size(), 2u);
  EXPECT_EQ(graph->uses()[0].name, "y");
}

TEST(OnnxImporterTest, PathsOfPytorchsExporterBecomeBlocks) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "8", "8"}).weight("layer1.0.conv1.weight", {3, 3, 1, 1});
  model.node("Conv", {"x", "layer1.0.conv1.weight"}, {"c"}, {}, "/layer1/layer1.0/conv1/Conv");
  model.node("Relu", {"c"}, {"y"}, {}, "/layer1/layer1.0/relu/Relu").output("y");
  const auto graph = model.import();
  EXPECT_EQ(described(*graph),
            "layer1/0/conv1 = Conv2d(x) (N, 3, 8, 8)\nlayer1/0/relu = relu(conv1) (N, 3, 8, 8)\n");
  EXPECT_EQ(keys(*graph), (std::vector<std::string>{"layer1.0.conv1.weight"}));
}

// Names have at most 150 bytes; é has two, € three.
TEST(OnnxImporterTest, LongNamesAreCutBetweenLetters) {
  const auto name_of = [](const std::string& name) {
    OnnxBuilder model;
    model.input("x", {"N", "3"}).node("Relu", {"x"}, {"y"}, {}, name).output("y");
    return model.import()->nodes().back()->name();
  };
  const auto letters = [](std::size_t count) { return std::string(count, 'a'); };
  EXPECT_EQ(name_of(letters(150)), letters(150));
  EXPECT_EQ(name_of(letters(151)), letters(150));
  EXPECT_EQ(name_of(letters(148) + "éb"), letters(148) + "é");
  EXPECT_EQ(name_of(letters(149) + "éb"), letters(149));
  EXPECT_EQ(name_of(letters(147) + "€b"), letters(147) + "€");
  EXPECT_EQ(name_of(letters(148) + "€b"), letters(148));
  EXPECT_EQ(name_of(letters(149) + " b"), letters(149));
}

TEST(OnnxImporterTest, ANodeWithoutAPathStandsBetweenItsNeighbours) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).integers("axis", {1}, {1});
  model.node("Relu", {"x"}, {"a"}, {}, "net/low/Relu").node("Tanh", {"a"}, {"b"}, {}, "net/low/Tanh");
  model.node("Unsqueeze", {"b", "axis"}, {"c"}, {}, "Unsqueeze__7");
  model.node("Exp", {"c"}, {"d"}, {}, "net/high/Exp").node("Neg", {"d"}, {"e"}, {}, "net/high/Neg");
  model.node("Abs", {"e"}, {"y"}, {}, "Abs__8").output("y");
  EXPECT_EQ(described(*model.import()),
            "net/low/relu = relu(x) (N, 3)\nnet/low/tanh = tanh(relu) (N, 3)\n"
            "net/Unsqueeze__7 = unsqueeze(tanh) (N, 1, 3)\nnet/high/exp = exp(Unsqueeze__7) (N, 1, 3)\n"
            "net/high/neg = neg(exp) (N, 1, 3)\nAbs__8 = abs(neg) (N, 1, 3)\n");
}

TEST(OnnxImporterTest, PrefixesOfModelsThatWerePutIntoOthersAreBlocks) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).weight("Inline_0__low.0.weight", {3, 3}).weight("Inline_0__scale", {3});
  model.node("MatMul", {"x", "Inline_0__low.0.weight"}, {"a"}, {}, "Inline_0__/low/0/MatMul");
  model.node("Relu", {"a"}, {"b"}, {}, "Inline_0__/low/Relu");
  model.node("Mul", {"b", "Inline_0__scale"}, {"y"}, {}, "Inline_0__/Mul").output("y");
  EXPECT_EQ(keys(*model.import()), (std::vector<std::string>{"Inline_0__.low.0.weight", "Inline_0__.scale"}));
}

TEST(OnnxImporterTest, FlatNamesKeepTheWeightsNames) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "8", "8"})
      .weight("features.0.weight", {4, 3, 3, 3})
      .weight("features.0.bias", {4});
  model.node("Conv", {"x", "features.0.weight", "features.0.bias"}, {"y"}, {}, "Conv_0").output("y");
  EXPECT_EQ(keys(*model.import()), (std::vector<std::string>{"features.0.weight", "features.0.bias"}));
}

TEST(OnnxImporterTest, WeightsAreTrainedAndNumbersAreNot) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).weight("scale", {3}).integers("axis", {1}, {1});
  model.node("Mul", {"x", "scale"}, {"m"}).node("Unsqueeze", {"m", "axis"}, {"y"}).output("y");
  const auto graph = model.import();
  EXPECT_EQ(keys(*graph), (std::vector<std::string>{"scale"}));
}

TEST(OnnxImporterTest, OneWeightOfTwoLayersIsShared) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "8", "8"}).weight("w", {3, 3, 1, 1});
  model.node("Conv", {"x", "w"}, {"a"}).node("Conv", {"a", "w"}, {"y"}).output("y");
  const auto graph = model.import();
  const auto layers = graph->layers();
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0]->parameter("weight"), layers[1]->parameter("weight"));
}

TEST(OnnxImporterTest, NodesThatNoOutputNeedsAreLeftOut) {
  OnnxBuilder model;
  model.input("x", {"N"}).node("Exp", {"x"}, {"unused"}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_EQ(described(*model.import()), "relu = relu(x) (N)\n");
}

TEST(OnnxImporterTest, ShapesAreWorkedOutWhileImporting) {
  OnnxBuilder model;
  model.input("x", {"N", "4", "6"})
      .integers("zero", {}, {0})
      .integers("rest", {1}, {-1})
      .integers("axis", {1}, {0});
  model.node("Shape", {"x"}, {"s"})
      .node("Gather", {"s", "zero"}, {"n"}, {attribute("axis", std::int64_t{0})});
  model.node("Unsqueeze", {"n", "axis"}, {"n1"});
  model.node("Concat", {"n1", "rest"}, {"to"}, {attribute("axis", std::int64_t{0})});
  model.node("Reshape", {"x", "to"}, {"y"}).output("y");
  EXPECT_EQ(described(*model.import()), "reshape = reshape(x) (N, 24)\n");
}

TEST(OnnxImporterTest, SizesMayBeResults) {
  OnnxBuilder model;
  model.input("x", {"N", "4"}).node("Shape", {"x"}, {"y"}).output("y");
  const auto graph = model.import();
  EXPECT_EQ(graph->uses()[0].value.shape(), (Shape{2}));
  EXPECT_EQ(graph->uses()[0].value.dtype(), DType::int64);
}

TEST(OnnxImporterTest, SizesAndValuesOfInputsCanBeGiven) {
  OnnxBuilder model;
  model.input("x", {"1", "4"}).input("to", {"2"}, OnnxDType::int64);
  model.node("Reshape", {"x", "to"}, {"y"}).output("y");
  EXPECT_EQ(
      refusal(model),
      "'test.onnx': node 'y' (Reshape): a shape comes from the value 'to', which is not known before the net "
      "runs\n  Give the inputs that decide it: values = { ['to'] = {…} }; on the command line "
      "to=….");
  OnnxImportOptions options;
  options.values["to"] = {2, -1};
  options.shapes["x"] = {Dim(3), Dim(4)};
  EXPECT_EQ(described(*model.import(options)), "reshape = reshape(x) (2, 6)\n");
  options.values["two"] = {1};
  EXPECT_EQ(refusal(model, options), "'test.onnx' has no input 'two' (did you mean 'to'?)");
}

TEST(OnnxImporterTest, FunctionsBecomeBlocksWithTheCallersAttributes) {
  OnnxBuilder model;
  model.input("x", {"N", "3"});
  OnnxFunction function{"Twice", "own", {"a"}, {"b"}, {"alpha"}, {}, {}, {{"", 17}}};
  OnnxAttribute alpha{"alpha", OnnxAttribute::Kind::real};
  alpha.reference = "alpha";
  function.nodes.push_back({"", "LeakyRelu", "", {"a"}, {"h"}, {alpha}});
  function.nodes.push_back({"", "Add", "", {"h", "h"}, {"b"}, {}});
  model.model().functions.push_back(function);
  model.node("Twice", {"x"}, {"y"}, {attribute("alpha", 0.25)}, "twice").output("y");
  model.model().graph.nodes[0].domain = "own";
  const auto graph = model.import();
  EXPECT_EQ(described(*graph),
            "twice/leaky_relu = leaky_relu(x) (N, 3)\n"
            "twice/add = add(leaky_relu, leaky_relu) (N, 3)\n");
  EXPECT_EQ(graph->nodes()[1]->attributes().real("negative_slope"), 0.25);
}

TEST(OnnxImporterTest, FunctionsThatCallThemselvesAreRefused) {
  OnnxBuilder model;
  model.input("x", {"N"});
  OnnxFunction function{"Again",   "own", {"a"}, {"b"}, {}, {}, {{"", "Again", "own", {"a"}, {"b"}, {}}},
                        {{"", 17}}};
  model.model().functions.push_back(function);
  model.node("Again", {"x"}, {"y"}).output("y");
  model.model().graph.nodes[0].domain = "own";
  EXPECT_EQ(refusal(model), "'test.onnx': node 'b' (Again): the function calls itself");
}

struct Refused {
  const char* what;
  void (*build)(OnnxBuilder&);
  const char* message;
};

const Refused kRefused[] = {
    {"all unknown operators at once",
     [](OnnxBuilder& model) {
       model.node("Frobnicate", {"x"}, {"a"}, {}, "f")
           .node("Relu", {"a"}, {"b"})
           .node("Wobble", {"b"}, {"y"});
       model.output("y");
     },
     "2 operators are not imported: Frobnicate (node 'f'), Wobble (node 'y')"},
    {"operators of other domains",
     [](OnnxBuilder& model) {
       model.node("Relu", {"x"}, {"y"}).output("y");
       model.model().graph.nodes[0].domain = "com.microsoft";
     },
     "an operator is not imported: com.microsoft.Relu (node 'y')"},
    {"a cycle, whose nodes it names",
     [](OnnxBuilder& model) {
       model.node("Add", {"x", "b"}, {"a"}, {}, "first").node("Relu", {"a"}, {"b"}, {}, "second").output("b");
     },
     "the graph has a cycle: Add 'first' → Relu 'second' → Add 'first'"},
    {"a name that two give",
     [](OnnxBuilder& model) { model.node("Relu", {"x"}, {"y"}).node("Exp", {"x"}, {"y"}).output("y"); },
     "the name 'y' is given twice"},
    {"a name that nothing gives",
     [](OnnxBuilder& model) { model.node("Relu", {"ghost"}, {"y"}).output("y"); },
     "node 'y' (Relu): it reads 'ghost', which nothing gives"},
    {"an output that nothing gives", [](OnnxBuilder& model) { model.node("Relu", {"x"}, {"y"}).output("z"); },
     "nothing gives the output 'z'"},
    {"no output", [](OnnxBuilder& model) { model.node("Relu", {"x"}, {"y"}); }, "the graph has no output"},
    {"an attribute that is missing",
     [](OnnxBuilder& model) {
       model.node("Concat", {"x", "x"}, {"y"}).output("y");
     },
     "node 'y' (Concat): the attribute 'axis' is missing"},
    {"an attribute of another kind",
     [](OnnxBuilder& model) {
       model.node("Concat", {"x", "x"}, {"y"}, {attribute("axis", "one")}).output("y");
     },
     "node 'y' (Concat): the attribute 'axis' is a text, expected an integer"},
    {"an axis outside the rank",
     [](OnnxBuilder& model) {
       model.node("Concat", {"x", "x"}, {"y"}, {attribute("axis", std::int64_t{2})}).output("y");
     },
     "node 'y' (Concat): axis 2 is outside a tensor of rank 2"},
    {"an input that is missing", [](OnnxBuilder& model) { model.node("Add", {"x"}, {"y"}).output("y"); },
     "node 'y' (Add): "},
    {"shapes that do not fit",
     [](OnnxBuilder& model) {
       model.weight("w", {5}).node("Add", {"x", "w"}, {"y"}).output("y");
     },
     "node 'y' (Add): "},
};

TEST(OnnxImporterTest, RefusesWithFileNodeAndOperator) {
  for (const Refused& refused : kRefused) {
    OnnxBuilder model;
    model.input("x", {"N", "3"});
    refused.build(model);
    const std::string text = refusal(model);
    EXPECT_NE(text.find(refused.message), std::string::npos) << refused.what << ": " << text;
  }
}

TEST(OnnxImporterTest, AskForTheShapeOfAnInputThatTheFileDoesNotTell) {
  OnnxBuilder model;
  model.input("x", {"N"}).node("Relu", {"x"}, {"y"}).output("y");
  model.model().graph.inputs[0].type.shape.reset();
  EXPECT_NE(refusal(model).find("the file does not tell the shape of the input 'x'"), std::string::npos);
  OnnxImportOptions options;
  options.shapes["x"] = {Dim::symbol("N"), 7};
  EXPECT_EQ(described(*model.import(options)), "relu = relu(x) (N, 7)\n");
}

TEST(OnnxImporterTest, WarnsWhereTheFileSaysAnotherShape) {
  OnnxBuilder model;
  std::string warning;
  model.runtime().log.sink = [&](Log::Level, const std::string& text) { warning = text; };
  model.input("x", {"N", "3"}).node("Relu", {"x"}, {"y"}).output("y");
  model.model().graph.outputs[0].type = {OnnxType::Kind::tensor, OnnxDType::float32,
                                         std::vector<OnnxDim>{{-1, "N"}, {4, ""}}};
  model.import();
  EXPECT_EQ(warning, "'test.onnx': 'y' is (N, 3), the file says (N, 4)");
}

TEST(OnnxImporterTest, TheSameFileGivesTheSameGraph) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).weight("w", {3}).node("Mul", {"x", "w"}, {"y"}).output("y");
  EXPECT_EQ(to_json(*model.import()), to_json(*model.import()));
}

TEST(OnnxImporterTest, AChainOfTenThousandNodesNeedsNoStack) {
  OnnxBuilder model;
  model.input("x0", {"N"});
  for (int i = 0; i < 10000; ++i)
    model.node("Relu", {"x" + std::to_string(i)}, {"x" + std::to_string(i + 1)});
  model.output("x10000");
  EXPECT_EQ(model.import()->nodes().size(), 10001u);
}

}  // namespace
}  // namespace orrery::testing
