#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

OnnxAttribute flag_of(const std::string& name, std::int64_t value) { return attribute(name, value); }

// Imports a reduction of x (N, 3, 4).
std::unique_ptr<Graph> reduction(OnnxBuilder& model, const std::string& operation,
                                 std::vector<OnnxAttribute> attributes = {},
                                 OnnxDType dtype = OnnxDType::float32) {
  model.input("x", {"N", "3", "4"}, dtype);
  return imported(model, operation, {"x"}, std::move(attributes));
}

std::string reduced_operations(const std::string& operation, OnnxDType dtype = OnnxDType::float32,
                               std::vector<OnnxAttribute> attributes = {}) {
  OnnxBuilder model(13);
  return operations_in(*reduction(model, operation, std::move(attributes), dtype));
}

TEST(OnnxReductionsTest, DimensionsAreKeptByDefault) {
  OnnxBuilder kept(11), dropped(11);
  EXPECT_EQ(result_in(*reduction(kept, "ReduceMean", {attribute("axes", std::vector<std::int64_t>{-1})})),
            "float32 (N, 3, 1)");
  EXPECT_EQ(result_in(*reduction(dropped, "ReduceMean",
                                 {attribute("axes", std::vector<std::int64_t>{1}), flag_of("keepdims", 0)})),
            "float32 (N, 4)");
}

TEST(OnnxReductionsTest, WithoutAxesAllDimensionsAreReduced) {
  OnnxBuilder kept(13), dropped(13);
  EXPECT_EQ(result_in(*reduction(kept, "ReduceSum")), "float32 (1, 1, 1)");
  EXPECT_EQ(result_in(*reduction(dropped, "ReduceSum", {flag_of("keepdims", 0)})), "float32 ()");
}

TEST(OnnxReductionsTest, LaterSetsTakeTheAxesFromAnInput) {
  OnnxBuilder model(18);
  model.input("x", {"N", "3", "4"}).integers("axes", {2}, {1, -1});
  EXPECT_EQ(result_in(*imported(model, "ReduceMax", {"x", "axes"}, {flag_of("keepdims", 0)})), "float32 (N)");
}

TEST(OnnxReductionsTest, NoAxesMayMeanNoReduction) {
  const auto untouched = [](const std::string& operation) {
    OnnxBuilder model(18);
    model.input("x", {"N", "3"}).integers("axes", {0}, {});
    const auto graph = imported(model, operation, {"x", "axes"}, {flag_of("noop_with_empty_axes", 1)});
    EXPECT_EQ(result_in(*graph), "float32 (N, 3)");
    return operations_in(*graph);
  };
  EXPECT_EQ(untouched("ReduceSum"), "Identity");
  EXPECT_EQ(untouched("ReduceL2"), "abs");
  EXPECT_EQ(untouched("ReduceLogSum"), "log");
  EXPECT_EQ(untouched("ReduceSumSquare"), "square");
}

TEST(OnnxReductionsTest, EachHasItsOperations) {
  EXPECT_EQ(reduced_operations("ReduceSum"), "sum");
  EXPECT_EQ(reduced_operations("ReduceMax"), "amax");
  EXPECT_EQ(reduced_operations("ReduceMin"), "amin");
  EXPECT_EQ(reduced_operations("ReduceL1"), "norm");
  EXPECT_EQ(reduced_operations("ReduceLogSum"), "sum, log");
  EXPECT_EQ(reduced_operations("ReduceLogSumExp"), "logsumexp");
  EXPECT_EQ(reduced_operations("ReduceSumSquare"), "square, sum");
  OnnxBuilder first(13), second(13);
  EXPECT_EQ(option_of(*reduction(first, "ReduceL1"), "norm", "p"), "1");
  EXPECT_EQ(option_of(*reduction(second, "ReduceL2"), "norm", "p"), "2");
}

TEST(OnnxReductionsTest, ProductsTakeOneDimensionAfterTheOther) {
  EXPECT_EQ(reduced_operations("ReduceProd"), "prod, prod, prod");
  EXPECT_EQ(reduced_operations("ReduceProd", OnnxDType::float32, {flag_of("keepdims", 0)}), "prod");
  OnnxBuilder model(13);
  const auto graph = reduction(model, "ReduceProd",
                               {attribute("axes", std::vector<std::int64_t>{0, 1}), flag_of("keepdims", 0)});
  EXPECT_EQ(operations_in(*graph), "prod, prod");
  EXPECT_EQ(result_in(*graph), "float32 (4)");
}

TEST(OnnxReductionsTest, IntegersStayOfTheirDtype) {
  for (const std::string operation : {"ReduceSum", "ReduceProd", "ReduceMax", "ReduceSumSquare", "ReduceMean",
                                      "ReduceL1", "ReduceL2", "ReduceLogSumExp"}) {
    OnnxBuilder model(13);
    EXPECT_EQ(result_in(*reduction(model, operation, {}, OnnxDType::int32)), "int32 (1, 1, 1)") << operation;
  }
  EXPECT_EQ(reduced_operations("ReduceMean", OnnxDType::int32), "to, mean, to");
}

TEST(OnnxReductionsTest, TheExtremeOfNothingIsTheOtherLimit) {
  const auto of_none = [](const std::string& operation, OnnxDType dtype) {
    OnnxBuilder model(20);
    model.input("x", {"2", "0", "4"}, dtype).integers("axes", {1}, {1});
    const auto graph = imported(model, operation, {"x", "axes"});
    EXPECT_EQ(graph->uses()[0].value.shape(), (Shape{2, 1, 4}));
    return option_of(*graph, "full", "fill_value");
  };
  EXPECT_EQ(of_none("ReduceMax", OnnxDType::float32), "-inf");
  EXPECT_EQ(of_none("ReduceMin", OnnxDType::float32), "inf");
  EXPECT_EQ(of_none("ReduceMax", OnnxDType::int8), "-128");
  EXPECT_EQ(of_none("ReduceMin", OnnxDType::uint8), "255");
}

TEST(OnnxReductionsTest, TheLastOfEqualPlacesIsTheFirstFromTheEnd) {
  OnnxBuilder first(13), last(13), symbolic(13);
  const auto one = reduction(first, "ArgMax", {flag_of("axis", 1)});
  EXPECT_EQ(operations_in(*one), "argmax");
  EXPECT_EQ(result_in(*one), "int64 (N, 1, 4)");
  const auto two = reduction(last, "ArgMin", {flag_of("axis", 1), flag_of("select_last_index", 1)});
  EXPECT_EQ(operations_in(*two), "flip, argmin, rsub");
  EXPECT_EQ(option_of(*two, "rsub", "other"), "2");
  const auto three = reduction(symbolic, "ArgMax", {flag_of("keepdims", 0), flag_of("select_last_index", 1)});
  EXPECT_EQ(operations_in(*three), "flip, argmax, arange, flip, take");
  EXPECT_EQ(result_in(*three), "int64 (3, 4)");
}

TEST(OnnxReductionsTest, TopKSortsSoThatTheFirstOfEqualsComesFirst) {
  OnnxBuilder model(11);
  model.input("x", {"N", "5"}).integers("k", {1}, {3});
  const auto graph = imported(model, "TopK", {"x", "k"}, {flag_of("largest", 0)}, {"y", "places"});
  EXPECT_EQ(operations_in(*graph), "sort, slice, slice");
  EXPECT_EQ(option_of(*graph, "sort", "stable"), "true");
  EXPECT_EQ(option_of(*graph, "sort", "descending"), "false");
  EXPECT_EQ(result_in(*graph), "float32 (N, 3)");
  EXPECT_EQ(result_in(*graph, 1), "int64 (N, 3)");
}

TEST(OnnxReductionsTest, TopKWithoutPlacesNeedsNoSorting) {
  OnnxBuilder model(11);
  model.input("x", {"N", "5"}).integers("k", {1}, {3});
  EXPECT_EQ(operations_in(*imported(model, "TopK", {"x", "k"})), "topk");
}

TEST(OnnxReductionsTest, TheFirstTopKHasAnAttribute) {
  OnnxBuilder model(1);
  model.input("x", {"N", "5"});
  EXPECT_EQ(result_in(*imported(model, "TopK", {"x"}, {flag_of("k", 5)}, {"y", "places"})), "float32 (N, 5)");
}

TEST(OnnxReductionsTest, TopKOfMoreThanThereAreIsRefused) {
  OnnxBuilder model(11);
  model.input("x", {"N", "5"}).integers("k", {1}, {6});
  EXPECT_EQ(refusal_of(model, "TopK", {"x", "k"}, {}, {"y", "places"}),
            "'test.onnx': node 'y' (TopK): k must be between 0 and 5, the size of the axis, got 6");
}

TEST(OnnxReductionsTest, ScalarsAreReducedToThemselves) {
  OnnxBuilder sum(13), top(11);
  sum.input("x", {}).integers("axes", {1}, {0});
  EXPECT_EQ(result_in(*imported(sum, "ReduceSum", {"x", "axes"})), "float32 ()");
  top.input("x", {}).integers("k", {1}, {1});
  EXPECT_EQ(refusal_of(top, "TopK", {"x", "k"}, {flag_of("axis", 0)}, {"y", "places"}),
            "'test.onnx': node 'y' (TopK): its input is a scalar");
}

TEST(OnnxReductionsTest, RunningSumsGoEitherWay) {
  const auto running = [](std::int64_t exclusive, std::int64_t reverse) {
    OnnxBuilder model(14);
    model.input("x", {"N", "5"}, OnnxDType::int32).integers("axis", {}, {-1});
    const auto graph = imported(model, "CumSum", {"x", "axis"},
                                {flag_of("exclusive", exclusive), flag_of("reverse", reverse)});
    EXPECT_EQ(result_in(*graph), "int32 (N, 5)");
    return operations_in(*graph);
  };
  EXPECT_EQ(running(0, 0), "cumsum");
  EXPECT_EQ(running(0, 1), "flip, cumsum, flip");
  EXPECT_EQ(running(1, 0), "slice, zeros_like, slice, cat, cumsum");
  EXPECT_EQ(running(1, 1), "flip, slice, zeros_like, slice, cat, cumsum, flip");
}

}  // namespace
}  // namespace orrery::testing
