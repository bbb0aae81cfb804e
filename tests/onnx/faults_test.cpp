// Models that contradict themselves, and odd ones that are models all the same.
#include <gtest/gtest.h>

#include "tests/onnx/onnx_builder.h"

namespace orrery::testing {
namespace {

using Kind = OnnxAttribute::Kind;

// What importing is refused with; `accepted` else.
std::string refusal_of_model(OnnxBuilder& model) {
  try {
    model.import();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

struct BadModel {
  const char* what;
  void (*build)(OnnxBuilder&);  ///< has the input `x` of N×3×8×8
  const char* message;
};

void convolve(OnnxBuilder& model, std::vector<OnnxAttribute> attributes,
              const std::vector<std::int64_t>& weight = {4, 3, 3, 3}) {
  model.weight("w", weight).node("Conv", {"x", "w"}, {"y"}, std::move(attributes)).output("y");
}

void pool(OnnxBuilder& model, std::vector<OnnxAttribute> attributes) {
  model.node("MaxPool", {"x"}, {"y"}, std::move(attributes)).output("y");
}

void call(OnnxBuilder& model, const std::string& function) {
  model.node(function, {"x"}, {"y"}).output("y");
  model.model().graph.nodes.back().domain = "own";
}

OnnxNode calls(const std::string& function) { return {"", function, "own", {"a"}, {"b"}, {}}; }

// A node whose branches both call the function.
OnnxNode calls_if(const std::string& function) {
  OnnxNode node{"", "If", "", {"c"}, {"b"}, {}};
  for (const char* branch : {"then_branch", "else_branch"}) {
    OnnxAttribute attribute{branch, Kind::graph};
    auto graph = std::make_shared<OnnxGraph>();
    graph->nodes.push_back(calls(function));
    graph->outputs.push_back({"b", {}});
    attribute.graphs.push_back(graph);
    node.attributes.push_back(attribute);
  }
  return node;
}

void define(OnnxBuilder& model, const std::string& name, const OnnxNode& body) {
  model.model().functions.push_back({name, "own", {"a"}, {"b"}, {}, {}, {body}, {{"", 17}}});
}

const BadModel kBadModels[] = {
    {"a kernel without elements",
     [](OnnxBuilder& m) {
       convolve(m, {}, {4, 3, 0, 3});
     },
     "node 'y' (Conv): "},
    {"a window without elements",
     [](OnnxBuilder& m) {
       pool(m, {attribute("kernel_shape", std::vector<std::int64_t>{0, 2})});
     },
     "node 'y' (MaxPool): "},
    {"a window of a negative size",
     [](OnnxBuilder& m) {
       pool(m, {attribute("kernel_shape", std::vector<std::int64_t>{2, -2})});
     },
     "node 'y' (MaxPool): "},
    {"a stride of 0",
     [](OnnxBuilder& m) {
       convolve(m, {attribute("strides", std::vector<std::int64_t>{0, 1})});
     },
     "node 'y' (Conv): "},
    {"a negative stride",
     [](OnnxBuilder& m) {
       convolve(m, {attribute("strides", std::vector<std::int64_t>{1, -1})});
     },
     "node 'y' (Conv): "},
    {"a dilation of 0",
     [](OnnxBuilder& m) {
       convolve(m, {attribute("dilations", std::vector<std::int64_t>{0, 1})});
     },
     "node 'y' (Conv): "},
    {"a negative border",
     [](OnnxBuilder& m) {
       convolve(m, {attribute("pads", std::vector<std::int64_t>{-9, 0, -9, 0})});
     },
     "node 'y' (Conv): "},
    {"an unknown way to add a border", [](OnnxBuilder& m) { convolve(m, {attribute("auto_pad", "SOME")}); },
     "node 'y' (Conv): "},
    {"groups that do not divide the channels",
     [](OnnxBuilder& m) { convolve(m, {attribute("group", std::int64_t{2})}); }, "node 'y' (Conv): "},
    {"no groups", [](OnnxBuilder& m) { convolve(m, {attribute("group", std::int64_t{0})}); },
     "node 'y' (Conv): "},
    {"a kernel larger than the image",
     [](OnnxBuilder& m) {
       convolve(m, {}, {4, 3, 9, 9});
     },
     "node 'y' (Conv): "},
    {"an order that is no permutation",
     [](OnnxBuilder& m) {
       m.node("Transpose", {"x"}, {"y"}, {attribute("perm", std::vector<std::int64_t>{0, 1, 1, 2})});
       m.output("y");
     },
     "node 'y' (Transpose): "},
    {"an order of too few dimensions",
     [](OnnxBuilder& m) {
       m.node("Transpose", {"x"}, {"y"}, {attribute("perm", std::vector<std::int64_t>{1, 0})}).output("y");
     },
     "node 'y' (Transpose): "},
    {"a constant without a value", [](OnnxBuilder& m) { m.node("Constant", {}, {"y"}).output("y"); },
     "node 'y' (Constant): "},
    {"a constant with two values",
     [](OnnxBuilder& m) {
       m.node("Constant", {}, {"y"},
              {attribute("value_int", std::int64_t{1}), attribute("value_float", 1.0)});
       m.output("y");
     },
     "node 'y' (Constant): "},
    {"two initializers of one name",
     [](OnnxBuilder& m) {
       m.weight("w", {1}).weight("w", {1}).node("Add", {"x", "w"}, {"y"}).output("y");
     },
     "the name 'w' is given twice"},
    {"two inputs of one name",
     [](OnnxBuilder& m) { m.input("x", {"N"}).node("Relu", {"x"}, {"y"}).output("y"); },
     "two inputs are called 'x'"},
    {"a node that gives an input's name", [](OnnxBuilder& m) { m.node("Relu", {"x"}, {"x"}).output("x"); },
     "the name 'x' is given twice"},
    {"a node that reads itself",
     [](OnnxBuilder& m) {
       m.node("Add", {"x", "y"}, {"y"}).output("y");
     },
     "the graph has a cycle: "},
    {"functions that call each other",
     [](OnnxBuilder& m) {
       define(m, "One", calls("Two"));
       define(m, "Two", calls("One"));
       call(m, "One");
     },
     "the function calls itself"},
    {"functions that call each other in a branch",
     [](OnnxBuilder& m) {
       m.model().functions.push_back({"One", "own", {"a"}, {"b"}, {}, {}, {calls_if("Two")}, {{"", 17}}});
       m.model().functions.back().nodes.insert(
           m.model().functions.back().nodes.begin(),
           {"", "Constant", "", {}, {"c"}, {attribute("value_int", std::int64_t{1})}});
       define(m, "Two", calls("One"));
       call(m, "One");
     },
     "the function calls itself"},
    {"a function that nobody defines", [](OnnxBuilder& m) { call(m, "Nowhere"); },
     "an operator is not imported: own.Nowhere"},
};

TEST(OnnxFaultsTest, AreRefusedWithFileAndNode) {
  for (const BadModel& fault : kBadModels) {
    OnnxBuilder model;
    model.input("x", {"N", "3", "8", "8"});
    fault.build(model);
    const std::string text = refusal_of_model(model);
    EXPECT_TRUE(text.starts_with("'test.onnx': ")) << fault.what << ": " << text;
    EXPECT_NE(text.find(fault.message), std::string::npos) << fault.what << ": " << text;
  }
}

TEST(OnnxFaultsTest, NodesMayStandInAnyOrder) {
  OnnxBuilder model;
  model.input("x", {"N"}).node("Exp", {"h"}, {"y"}).node("Relu", {"x"}, {"h"}).output("y");
  EXPECT_EQ(described(*model.import()), "relu = relu(x) (N)\nexp = exp(relu) (N)\n");
}

TEST(OnnxFaultsTest, AnInputMayBeTheOutput) {
  OnnxBuilder model;
  model.input("x", {"N"}).output("x");
  const auto graph = model.import();
  ASSERT_EQ(graph->uses().size(), 1u);
  EXPECT_EQ(graph->uses()[0].value.shape(), graph->input_node()->outputs()[0].shape);
}

TEST(OnnxFaultsTest, AnInitializerMayBeListedAsAnInput) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).input("w", {"3"}).weight("w", {3}).node("Mul", {"x", "w"}, {"y"}).output("y");
  EXPECT_EQ(model.import()->input_node()->outputs().size(), 1u);
}

TEST(OnnxFaultsTest, AnInitializerThatNothingReadsIsLeftOut) {
  OnnxBuilder model;
  model.input("x", {"N"}).weight("w", {3}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_TRUE(model.import()->state().empty());
}

TEST(OnnxFaultsTest, AnInputThatIsLeftOutStandsEmpty) {
  OnnxBuilder model;
  model.input("x", {"N"}).floats("most", {}, {2}).node("Clip", {"x", "", "most"}, {"y"}).output("y");
  const auto graph = model.import();
  EXPECT_EQ(graph->nodes().back()->attributes().real("max"), 2);
}

TEST(OnnxFaultsTest, ConstantsHaveTheirValueInAnyForm) {
  const auto shape_of_constant = [](const OnnxAttribute& value) {
    OnnxBuilder model;
    model.input("x", {"N", "2"}).node("Constant", {}, {"c"}, {value}).node("Add", {"x", "c"}, {"y"});
    return described(*model.output("y").import());
  };
  for (const OnnxAttribute& value :
       {attribute("value_float", 2.0), attribute("value_floats", std::vector<double>{1, 2})})
    EXPECT_NE(shape_of_constant(value).find("(N, 2)"), std::string::npos) << value.name;
  for (const OnnxAttribute& value :
       {attribute("value_int", std::int64_t{2}), attribute("value_string", "a")}) {
    OnnxBuilder model;
    model.input("x", {"N", "2"}, OnnxDType::int64).node("Constant", {}, {"c"}, {value});
    model.node("Mul", {"x", "c"}, {"y"}).output("y");
    EXPECT_EQ(refusal_of_model(model) == "accepted", value.name == "value_int") << value.name;
  }
  OnnxBuilder sizes;
  sizes.input("x", {"N", "2"});
  sizes.node("Constant", {}, {"c"}, {attribute("value_ints", std::vector<std::int64_t>{-1})});
  EXPECT_NE(described(*sizes.node("Reshape", {"x", "c"}, {"y"}).output("y").import()).find("(2*N)"),
            std::string::npos);
}

TEST(OnnxFaultsTest, SizesThatTheFileDoesNotTellAreSymbols) {
  for (const std::string size : {"N", "-1", ""}) {
    OnnxBuilder model;
    model.input("x", {size, "3"}).node("Relu", {"x"}, {"y"}).output("y");
    const auto graph = model.import();
    const Shape& shape = graph->input_node()->outputs()[0].shape;
    EXPECT_FALSE(shape.at(0).known()) << size;
  }
}

}  // namespace
}  // namespace orrery::testing
