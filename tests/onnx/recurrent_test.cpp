#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

// A recurrence of 3 features and 2 hidden ones whose weights the file holds: row i of a matrix holds i.
struct Recurrent : OnnxBuilder {
  Recurrent(std::int64_t gates, std::int64_t directions, std::vector<std::string> sizes = {"T", "N", "3"}) {
    input("x", sizes);
    add("w", {directions, gates * 2, 3});
    add("r", {directions, gates * 2, 2});
    add("b", {directions, gates * 4});
  }
  void add(const std::string& name, Ints shape) {
    const std::int64_t width = shape.size() == 3 ? shape[2] : 1, rows = shape[0] * shape[1];
    std::vector<float> elements;
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t i = 0; i < width; ++i) elements.push_back(static_cast<float>(row));
    floats(name, shape, elements);
  }
};

// The first element of each row of a layer's parameter.
std::vector<double> rows_in(const Graph& graph, const std::string& slot) {
  const ParameterPtr parameter = graph.layers().at(0)->parameter(slot);
  const Bytes bytes = parameter->first->read();
  const auto width = parameter->shape.size() == 2 ? static_cast<std::size_t>(parameter->shape[1].value()) : 1;
  std::vector<double> rows;
  for (std::size_t i = 0; i < bytes.size() / sizeof(float); i += width) {
    float element = 0;
    std::memcpy(&element, bytes.data() + i * sizeof(float), sizeof element);
    rows.push_back(element);
  }
  return rows;
}

TEST(OnnxRecurrentTest, GatesOfAnLstmComeIntoPyTorchsOrder) {
  Recurrent model(4, 1);
  const auto graph =
      imported(model, "LSTM", {"x", "w", "r", "b"}, {attribute("hidden_size", std::int64_t{2})});
  EXPECT_EQ(operations_in(*graph), "LSTM, unsqueeze, permute");
  EXPECT_EQ(result_in(*graph), "float32 (T, 1, N, 2)");
  // i, o, f, c of ONNX are i, f, c, o of PyTorch.
  EXPECT_EQ(rows_in(*graph, "weight_ih_l0"), (std::vector<double>{0, 1, 4, 5, 6, 7, 2, 3}));
  EXPECT_EQ(rows_in(*graph, "bias_hh_l0"), (std::vector<double>{8, 9, 12, 13, 14, 15, 10, 11}));
}

// As PyTorch's exporter leaves an LSTMCell whose weights it does not fold: in PyTorch's order, and slices of
// it put into ONNX's.
struct Cell : OnnxBuilder {
  Cell() {
    input("x", {"1", "N", "3"});
    for (const char* name : {"cell.weight_ih", "cell.weight_hh", "cell.bias_ih", "cell.bias_hh"})
      add(name, std::string(name).find("bias") != std::string::npos ? Ints{8}
                : std::string(name).ends_with("ih")                 ? Ints{8, 3}
                                                                    : Ints{8, 2});
    for (const std::int64_t at : {0, 2, 6, 8}) integers(std::to_string(at), {1}, {at});
    reorder("cell.weight_ih", "w");
    reorder("cell.weight_hh", "r");
    reorder("cell.bias_ih", "b_ih");
    reorder("cell.bias_hh", "b_hh");
    node("Concat", {"b_ih", "b_hh"}, {"b"}, {attribute("axis", std::int64_t{0})});
    for (const char* name : {"w", "r", "b"}) node("Unsqueeze", {name, "0"}, {std::string(name) + "1"});
    node("LSTM", {"x", "w1", "r1", "b1"}, {"", "h"}, {attribute("hidden_size", std::int64_t{2})});
    output("h");
  }
  void add(const std::string& name, Ints shape) {
    const std::int64_t width = shape.size() == 2 ? shape[1] : 1;
    std::vector<float> elements;
    for (std::int64_t i = 0; i < 8 * width; ++i) elements.push_back(static_cast<float>(i / width));
    floats(name, shape, elements);
  }
  // i, f, c, o become i, o, f, c.
  void reorder(const std::string& from, const std::string& to) {
    node("Slice", {from, "0", "2", "0"}, {to + "_i"});
    node("Slice", {from, "6", "8", "0"}, {to + "_o"});
    node("Slice", {from, "2", "6", "0"}, {to + "_fc"});
    node("Concat", {to + "_i", to + "_o", to + "_fc"}, {to}, {attribute("axis", std::int64_t{0})});
  }
};

TEST(OnnxRecurrentTest, WeightsThatAreOnlyPutIntoOrderAreTheLayers) {
  Cell model;
  const auto graph = model.import();
  EXPECT_EQ(operations_in(*graph), "LSTM");
  const std::vector<double> rows{0, 1, 2, 3, 4, 5, 6, 7};
  for (const char* slot : {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"})
    EXPECT_EQ(rows_in(*graph, slot), rows) << slot;
  EXPECT_EQ(graph->state().at(0).key, "cell.weight_ih_l0");
}

TEST(OnnxRecurrentTest, WeightsThatOthersReadTooStayAsTheyAre) {
  Cell model;
  model.node("ReduceSum", {"cell.weight_ih"}, {"sum"}).output("sum");
  const std::string operations = operations_in(*model.import());
  EXPECT_NE(operations.find("cat"), std::string::npos) << operations;
  EXPECT_EQ(operations.find("LSTM"), std::string::npos) << operations;
}

TEST(OnnxRecurrentTest, GatesOfAGruThatResetsBehindTheProductToo) {
  Recurrent model(3, 1);
  const auto graph =
      imported(model, "GRU", {"x", "w", "r"}, {attribute("linear_before_reset", std::int64_t{1})});
  EXPECT_EQ(option_of(*graph, "GRU", "bias"), "false");
  EXPECT_EQ(rows_in(*graph, "weight_hh_l0"), (std::vector<double>{2, 3, 0, 1, 4, 5}));
}

TEST(OnnxRecurrentTest, BothDirectionsAreOneLayer) {
  Recurrent model(1, 2);
  const auto graph =
      imported(model, "RNN", {"x", "w", "r", "b"}, {attribute("direction", "bidirectional")}, {"y", "last"});
  EXPECT_EQ(operations_in(*graph), "RNN, reshape, permute");
  EXPECT_EQ(result_in(*graph, 0), "float32 (T, 2, N, 2)");
  EXPECT_EQ(result_in(*graph, 1), "float32 (2, N, 2)");
  EXPECT_EQ(rows_in(*graph, "weight_ih_l0_reverse"), (std::vector<double>{2, 3}));
  EXPECT_EQ(rows_in(*graph, "bias_ih_l0_reverse"), (std::vector<double>{4, 5}));
}

TEST(OnnxRecurrentTest, TheOtherDirectionTurnsTheSequenceRound) {
  Recurrent model(1, 1);
  const auto graph = imported(model, "RNN", {"x", "w", "r"}, {attribute("direction", "reverse")});
  EXPECT_EQ(operations_in(*graph), "flip, RNN, flip, unsqueeze, permute");
}

TEST(OnnxRecurrentTest, TheBatchMayComeFirst) {
  Recurrent model(4, 1, {"N", "T", "3"});
  const auto graph =
      imported(model, "LSTM", {"x", "w", "r", "b"}, {attribute("layout", std::int64_t{1})}, {"y", "h", "c"});
  EXPECT_EQ(result_in(*graph, 0), "float32 (N, T, 1, 2)");
  EXPECT_EQ(result_in(*graph, 2), "float32 (N, 1, 2)");
  EXPECT_EQ(option_of(*graph, "LSTM", "batch_first"), "true");
}

TEST(OnnxRecurrentTest, OneStateAloneGetsZerosBesideIt) {
  Recurrent model(4, 1);
  model.input("h", {"1", "N", "2"}).node("LSTM", {"x", "w", "r", "b", "", "h"}, {"", "y"}).output("y");
  EXPECT_EQ(operations_in(*model.import()), "zeros_like, LSTM");
}

TEST(OnnxRecurrentTest, WhatNoLayerDoesIsComputedStepByStep) {
  const auto by_layer = [](std::vector<OnnxAttribute> attributes) {
    Recurrent model(3, 1, {"2", "N", "3"});
    model.node("GRU", {"x", "w", "r", "b"}, {"", "y"}, std::move(attributes)).output("y");
    const auto graph = model.import();
    EXPECT_EQ(result_in(*graph), "float32 (1, N, 2)");
    return operations_in(*graph) == "GRU";
  };
  EXPECT_FALSE(by_layer({}));  // linear_before_reset is 0
  EXPECT_FALSE(by_layer({attribute("linear_before_reset", std::int64_t{1}), attribute("clip", 0.5)}));
  EXPECT_TRUE(by_layer({attribute("linear_before_reset", std::int64_t{1})}));
}

TEST(OnnxRecurrentTest, StepsNeedALengthThatIsKnown) {
  Recurrent model(3, 1);
  EXPECT_EQ(
      refusal_of(model, "GRU", {"x", "w", "r", "b"}),
      "'test.onnx': node 'y' (GRU): the length of the sequence, of which each step becomes nodes, is T, "
      "which only the data tell\n"
      "  Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
}

TEST(OnnxRecurrentTest, ShorterSequencesKeepTheirState) {
  Recurrent model(1, 1, {"2", "N", "3"});
  model.input("lengths", {"N"}, OnnxDType::int32);
  const auto graph = imported(model, "RNN", {"x", "w", "r", "b", "lengths"});
  EXPECT_EQ(result_in(*graph), "float32 (2, 1, N, 2)");
  EXPECT_NE(operations_in(*graph).find("gt, zeros_like, where, where"), std::string::npos);
}

TEST(OnnxRecurrentTest, OtherFunctionsTakeTheNumbersThatAreTheirs) {
  Recurrent model(1, 1, {"1", "N", "3"});
  OnnxAttribute names = attribute("activations", "");
  names.kind = OnnxAttribute::Kind::texts;
  names.texts = {"LeakyRelu"};
  const auto graph = imported(model, "RNN", {"x", "w", "r"},
                              {names, attribute("activation_alpha", std::vector<double>{0.25})});
  EXPECT_EQ(option_of(*graph, "leaky_relu", "negative_slope"), "0.25");
  Recurrent wrong(1, 1);
  names.texts = {"Swish"};
  EXPECT_EQ(refusal_of(wrong, "RNN", {"x", "w", "r"}, {names}),
            "'test.onnx': node 'y' (RNN): there is no activation 'swish'");
}

TEST(OnnxRecurrentTest, WeightsOfAnotherSizeAreRefused) {
  Recurrent model(3, 1);
  EXPECT_EQ(refusal_of(model, "LSTM", {"x", "w", "r"}),
            "'test.onnx': node 'y' (LSTM): its weight is (1, 6, 3), expected (1, 8, 3)");
}

}  // namespace
}  // namespace orrery::testing
