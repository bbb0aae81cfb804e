#include "runtime/onnx/control_flow.h"

#include <gtest/gtest.h>

#include "tests/onnx/onnx_builder.h"

namespace orrery::testing {
namespace {

OnnxAttribute graph_attribute(const std::string& name, OnnxGraph graph) {
  OnnxAttribute made{name, OnnxAttribute::Kind::graph};
  made.graphs.push_back(std::make_shared<OnnxGraph>(std::move(graph)));
  return made;
}

OnnxGraph branch(const std::string& operation, const std::string& output) {
  OnnxGraph graph;
  graph.name = operation;
  graph.nodes.push_back({"", operation, "", {"x"}, {output}, {}});
  graph.outputs.push_back({output, {}});
  return graph;
}

std::string refusal(OnnxBuilder& model) {
  try {
    model.import();
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

OnnxBuilder& add_if(OnnxBuilder& model, const std::string& condition) {
  return model
      .node("If", {condition}, {"y"},
            {graph_attribute("then_branch", branch("Relu", "t")),
             graph_attribute("else_branch", branch("Exp", "e"))},
            "choose")
      .output("y");
}

TEST(OnnxControlFlowTest, AKnownConditionTakesItsBranch) {
  for (const bool taken : {true, false}) {
    OnnxBuilder model;
    model.input("x", {"N"}).integers("c", {}, {taken ? 1 : 0});
    add_if(model, "c");
    EXPECT_EQ(described(*model.import()), taken ? "relu = relu(x) (N)\n" : "exp = exp(x) (N)\n");
  }
}

TEST(OnnxControlFlowTest, AConditionOfShapesIsKnown) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).integers("two", {}, {2});
  model.node("Shape", {"x"}, {"s"}).node("Size", {"s"}, {"rank"}).node("Equal", {"rank", "two"}, {"c"});
  add_if(model, "c");
  EXPECT_EQ(described(*model.import()), "relu = relu(x) (N, 3)\n");
}

TEST(OnnxControlFlowTest, AnUnknownConditionIsRefused) {
  OnnxBuilder model;
  model.input("x", {"N"}).input("c", {}, OnnxDType::boolean);
  add_if(model, "c");
  EXPECT_NE(refusal(model).find("node 'choose' (If): its condition is not known before the net runs"),
            std::string::npos);
}

// A branch that asks for the batch of x before it takes a branch of its own, as torch.jit scripts do.
OnnxBuilder& add_nested_ifs(OnnxBuilder& model) {
  OnnxGraph outer;
  outer.name = "outer";
  outer.nodes.push_back({"/net/cell/Shape", "Shape", "", {"x"}, {"sizes"}, {}});
  outer.nodes.push_back({"/net/cell/Gather", "Gather", "", {"sizes", "zero"}, {"batch"}, {}});
  outer.nodes.push_back({"/net/cell/Equal", "Equal", "", {"batch", "two"}, {"pair"}, {}});
  outer.nodes.push_back({"/net/cell/If",
                         "If",
                         "",
                         {"pair"},
                         {"z"},
                         {graph_attribute("then_branch", branch("Relu", "t")),
                          graph_attribute("else_branch", branch("Exp", "e"))}});
  outer.nodes.push_back({"/net/head/Neg", "Neg", "", {"z"}, {"n"}, {}});
  outer.nodes.push_back({"/net/head/Abs", "Abs", "", {"n"}, {"a"}, {}});
  outer.outputs.push_back({"a", {}});
  model.input("x", {"batch", "3"}).input("rate", {}, OnnxDType::int64);
  model.integers("zero", {}, {0}).integers("two", {}, {2}).integers("usual", {}, {16});
  model.node("Equal", {"rate", "usual"}, {"c"});
  return model
      .node("If", {"c"}, {"y"},
            {graph_attribute("then_branch", outer), graph_attribute("else_branch", branch("Exp", "e"))},
            "by_rate")
      .output("y");
}

TEST(OnnxControlFlowTest, NestedConditionsTellOneAfterTheOtherWhatDecidesThem) {
  OnnxBuilder model;
  add_nested_ifs(model);
  OnnxImportOptions options;
  const auto remedy = [&]() -> std::string {
    try {
      model.import(options);
    } catch (const Error& error) {
      return error.remedy();
    }
    return "none";
  };
  EXPECT_EQ(remedy(),
            "Give the inputs that decide it: values = { ['rate'] = {…} }; on the command line rate=….");
  options.values["rate"] = {16};
  EXPECT_EQ(remedy(),
            "Give the inputs that decide it: shapes = { ['x'] = {…} }; on the command line x=… for "
            "(batch, 3).");
  options.shapes["x"] = {2, 3};
  EXPECT_EQ(remedy(), "none");
}

TEST(OnnxControlFlowTest, NodesOfABranchStandInTheBlocksThatTheirNamesTell) {
  OnnxBuilder model;
  add_nested_ifs(model);
  OnnxImportOptions options;
  options.values["rate"] = {16};
  options.shapes["x"] = {2, 3};
  EXPECT_EQ(
      described(*model.import(options)),
      "net/cell/relu = relu(x) (2, 3)\nnet/head/neg = neg(relu) (2, 3)\nnet/head/abs = abs(neg) (2, 3)\n");
}

// y = x doubled `trips` times, and each turn's value.
OnnxBuilder& add_loop(OnnxBuilder& model, const std::string& trips) {
  OnnxGraph body;
  body.name = "body";
  body.inputs = {{"i", {}}, {"go", {}}, {"v", {}}};
  body.nodes.push_back({"", "Add", "", {"v", "v"}, {"w"}, {}});
  body.nodes.push_back({"", "Identity", "", {"go"}, {"on"}, {}});
  body.outputs = {{"on", {}}, {"w", {}}, {"w", {}}};
  return model.node("Loop", {trips, "", "x"}, {"y", "all"}, {graph_attribute("body", body)}, "loop")
      .output("y")
      .output("all");
}

TEST(OnnxControlFlowTest, ALoopOfKnownTurnsIsUnrolled) {
  OnnxBuilder model;
  model.input("x", {"N"}).integers("trips", {}, {3});
  add_loop(model, "trips");
  const auto graph = model.import();
  EXPECT_EQ(described(*graph),
            "add = add(x, x) (N)\nadd_2 = add(add, add) (N)\nadd_3 = add(add_2, add_2) (N)\n"
            "loop = stack(add, add_2, add_3) (3, N)\n");
}

TEST(OnnxControlFlowTest, ALoopWhoseTurnsOnlyTheDataTellIsRefused) {
  OnnxBuilder model;
  model.input("x", {"N"}).input("trips", {}, OnnxDType::int64);
  add_loop(model, "trips");
  EXPECT_NE(refusal(model).find("node 'loop' (Loop): its number of turns is not known before the net runs"),
            std::string::npos);
}

TEST(OnnxControlFlowTest, ALoopThatNeverEndsIsRefused) {
  OnnxBuilder model;
  model.input("x", {"N"}).integers("trips", {}, {5000});
  add_loop(model, "trips");
  EXPECT_NE(refusal(model).find("it turns more than 4096 times"), std::string::npos);
}

TEST(OnnxControlFlowTest, AScanTakesItsSequencesElementByElement) {
  OnnxBuilder model;
  model.input("state", {"2"}).input("x", {"3", "2"});
  OnnxGraph body;
  body.inputs = {{"s", {}}, {"e", {}}};
  body.nodes.push_back({"", "Add", "", {"s", "e"}, {"t"}, {}});
  body.outputs = {{"t", {}}, {"t", {}}};
  model.node("Scan", {"state", "x"}, {"last", "all"},
             {graph_attribute("body", body), attribute("num_scan_inputs", std::int64_t{1})});
  model.output("last").output("all");
  const auto graph = model.import();
  EXPECT_EQ(graph->uses()[0].value.shape(), (Shape{2}));
  EXPECT_EQ(graph->uses()[1].value.shape(), (Shape{3, 2}));
}

TEST(OnnxControlFlowTest, AScanOfSet8GoesOverEachSampleOfItsBatch) {
  const auto add_scan = [](OnnxBuilder& model, const std::string& batch) {
    model.input("state", {batch, "2"}).input("x", {batch, "3", "2"});
    OnnxGraph body;
    body.inputs = {{"s", {}}, {"e", {}}};
    body.nodes.push_back({"", "Add", "", {"s", "e"}, {"t"}, {}});
    body.outputs = {{"t", {}}, {"t", {}}};
    model.node("Scan", {"", "state", "x"}, {"last", "all"},
               {graph_attribute("body", body), attribute("num_scan_inputs", std::int64_t{1})});
    model.output("last").output("all");
  };
  OnnxBuilder four(8), open(8);
  add_scan(four, "4");
  const auto graph = four.import();
  EXPECT_EQ(graph->uses()[0].value.shape(), (Shape{4, 2}));
  EXPECT_EQ(graph->uses()[1].value.shape(), (Shape{4, 3, 2}));
  add_scan(open, "N");
  EXPECT_NE(refusal(open).find("it scans a batch of N samples, one after the other"), std::string::npos);
}

}  // namespace
}  // namespace orrery::testing
