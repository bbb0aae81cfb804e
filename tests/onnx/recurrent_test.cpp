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
