#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

std::vector<std::string> shapes_of_state(const Graph& graph) {
  std::vector<std::string> shapes;
  for (const Graph::Entry& entry : graph.state()) shapes.push_back(str(entry.parameter->shape));
  return shapes;
}

TEST(OnnxMatricesTest, AKnownMatrixIsTheWeightOfALayer) {
  OnnxBuilder model;
  model.input("x", {"N", "7", "3"}).weight("w", {3, 4});
  const auto graph = imported(model, "MatMul", {"x", "w"});
  EXPECT_EQ(operations_in(*graph), "Linear");
  EXPECT_EQ(option_of(*graph, "Linear", "bias"), "false");
  EXPECT_EQ(result_in(*graph), "float32 (N, 7, 4)");
  EXPECT_EQ(shapes_of_state(*graph), (std::vector<std::string>{"(4, 3)"}));
}

// x (N, T, 3) times a matrix, and a row of 4 numbers that is added.
OnnxBuilder& add_biased(OnnxBuilder& model) {
  model.input("x", {"N", "T", "3"}).weight("onnx::MatMul_7", {3, 4}).weight("enc.query.bias", {1, 1, 4});
  return model.node("MatMul", {"x", "onnx::MatMul_7"}, {"m"})
      .node("Add", {"enc.query.bias", "m"}, {"y"})
      .output("y");
}

TEST(OnnxMatricesTest, ARowThatIsAddedIsTheLayersBias) {
  OnnxBuilder model;
  const auto graph = add_biased(model).import();
  EXPECT_EQ(described(*graph), "enc.query = Linear(x) (N, T, 4)\n");
  ASSERT_EQ(graph->state().size(), 2u);
  EXPECT_EQ(graph->state()[0].key, "enc.query.weight");
  EXPECT_EQ(str(graph->state()[1].parameter->shape), "(4)");
}

TEST(OnnxMatricesTest, AProductThatOthersReadTooHasNoBias) {
  OnnxBuilder model;
  add_biased(model).output("m");
  const std::string graph = described(*model.import());
  EXPECT_NE(graph.find("= add("), std::string::npos) << graph;
}

TEST(OnnxMatricesTest, OtherProductsAreTransforms) {
  OnnxBuilder values, left, batches;
  values.input("a", {"N", "2", "3"}).input("b", {"N", "3", "4"});
  EXPECT_EQ(operations_in(*imported(values, "MatMul", {"a", "b"})), "matmul");
  left.input("x", {"3", "N"}).weight("w", {2, 3});
  EXPECT_EQ(operations_in(*imported(left, "MatMul", {"w", "x"})), "matmul");
  batches.input("x", {"2", "5", "3"}).weight("w", {2, 3, 4});
  EXPECT_EQ(operations_in(*imported(batches, "MatMul", {"x", "w"})), "matmul");
}

struct GemmCase {
  std::vector<std::int64_t> weight, bias;
  std::vector<OnnxAttribute> attributes;
};

std::string gemm(const GemmCase& test) {
  OnnxBuilder model;
  model.input("x", {"5", "3"}).weight("w", test.weight).weight("c", test.bias);
  const auto graph = imported(model, "Gemm", {"x", "w", "c"}, test.attributes);
  EXPECT_EQ(result_in(*graph), "float32 (5, 4)");
  return operations_in(*graph);
}

TEST(OnnxMatricesTest, GemmWithKnownWeightAndBiasIsOneLayer) {
  EXPECT_EQ(gemm({{4, 3}, {4}, {attribute("transB", std::int64_t{1})}}), "Linear");
  EXPECT_EQ(gemm({{3, 4}, {4}, {}}), "Linear");
  EXPECT_EQ(gemm({{3, 4}, {1, 4}, {}}), "Linear");
}

TEST(OnnxMatricesTest, WhatIsNoBiasIsAdded) {
  EXPECT_EQ(gemm({{3, 4}, {5, 4}, {}}), "Linear, add");
  EXPECT_EQ(gemm({{3, 4}, {5, 1}, {}}), "Linear, add");
  EXPECT_EQ(gemm({{3, 4}, {1}, {}}), "Linear, add");
}

TEST(OnnxMatricesTest, FactorsAreMultiplied) {
  EXPECT_EQ(gemm({{3, 4}, {4}, {attribute("alpha", 0.5)}}), "Linear, mul, add");
  EXPECT_EQ(gemm({{3, 4}, {4}, {attribute("beta", 0.5)}}), "Linear, mul, add");
  EXPECT_EQ(gemm({{3, 4}, {4}, {attribute("beta", 0.0)}}), "Linear");
}

TEST(OnnxMatricesTest, GemmOfValuesTurnsWhatTheNodeTurns) {
  OnnxBuilder model;
  model.input("a", {"3", "N"}).input("b", {"4", "3"});
  const auto graph = imported(model, "Gemm", {"a", "b"},
                              {attribute("transA", std::int64_t{1}), attribute("transB", std::int64_t{1})});
  EXPECT_EQ(operations_in(*graph), "transpose, transpose, matmul");
  EXPECT_EQ(result_in(*graph), "float32 (N, 4)");
}

TEST(OnnxMatricesTest, FactorsOfIntegersStayWhole) {
  OnnxBuilder model;
  model.input("a", {"N", "3"}, OnnxDType::int32).input("b", {"3", "4"}, OnnxDType::int32);
  const auto graph = imported(model, "Gemm", {"a", "b"}, {attribute("alpha", 2.0)});
  EXPECT_EQ(operations_in(*graph), "matmul, mul");
  EXPECT_EQ(result_in(*graph), "int32 (N, 4)");
}

TEST(OnnxMatricesTest, EinsumKeepsItsEquation) {
  OnnxBuilder model, none;
  model.input("a", {"N", "3"}).input("b", {"N", "4"});
  const auto graph = imported(model, "Einsum", {"a", "b"}, {attribute("equation", "ni, nj -> nij")});
  EXPECT_EQ(described(*graph), "einsum = einsum(a, b) (N, 3, 4)\n");
  none.input("a", {"N", "3"});
  EXPECT_EQ(refusal_of(none, "Einsum", {"a"}),
            "'test.onnx': node 'y' (Einsum): the attribute 'equation' is missing");
}

TEST(OnnxMatricesTest, DetIsTheDeterminant) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "3"});
  EXPECT_EQ(described(*imported(model, "Det", {"x"})), "linalg_det = linalg_det(x) (N)\n");
}

}  // namespace
}  // namespace orrery::testing
