#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

OnnxAttribute kernel(std::int64_t size) { return attribute("kernel_shape", Ints{size, size}); }

std::unique_ptr<Graph> pooled(const std::string& operation, std::vector<OnnxAttribute> attributes,
                              std::vector<std::string> sizes = {"N", "3", "8", "8"},
                              OnnxDType dtype = OnnxDType::float32) {
  OnnxBuilder model(19);
  model.input("x", sizes, dtype);
  return imported(model, operation, {"x"}, std::move(attributes));
}

TEST(OnnxPoolsTest, AnEvenBorderOfAtMostHalfTheWindowIsPyTorchs) {
  const auto graph =
      pooled("MaxPool", {kernel(3), attribute("pads", Ints{1, 1, 1, 1})}, {"N", "3", "H", "W"});
  EXPECT_EQ(operations_in(*graph), "max_pool2d");
  EXPECT_EQ(result_in(*graph), "float32 (N, 3, H, W)");
}

TEST(OnnxPoolsTest, OtherBordersOfAMaximumHoldMinusInfinity) {
  const auto graph = pooled("MaxPool", {kernel(3), attribute("pads", Ints{0, 0, 2, 2})});
  EXPECT_EQ(operations_in(*graph), "pad, max_pool2d");
  EXPECT_EQ(option_of(*graph, "pad", "value"), "-inf");
}

TEST(OnnxPoolsTest, BytesArePooledAsRealNumbers) {
  const auto graph = pooled("MaxPool", {kernel(2)}, {"N", "3", "8", "8"}, OnnxDType::uint8);
  EXPECT_EQ(operations_in(*graph), "to, max_pool2d, to");
  EXPECT_EQ(result_in(*graph), "uint8 (N, 3, 7, 7)");
}

TEST(OnnxPoolsTest, PlacesAreCountedOverTheWholeTensor) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "8", "8"});
  const auto graph = imported(model, "MaxPool", {"x"}, {kernel(2)}, {"y", "places"});
  EXPECT_EQ(operations_in(*graph), "max_pool2d, arange, reshape, mul, add");
  EXPECT_EQ(option_of(*graph, "mul", "other"), "64");
  EXPECT_EQ(result_in(*graph, 1), "int64 (N, 3, 7, 7)");
}

TEST(OnnxPoolsTest, AveragesLeaveTheBorderOutUnlessTold) {
  const auto counted = [](std::vector<OnnxAttribute> more) {
    more.insert(more.end(), {kernel(3), attribute("pads", Ints{1, 1, 1, 1})});
    return option_of(*pooled("AveragePool", std::move(more)), "avg_pool2d", "count_include_pad");
  };
  EXPECT_EQ(counted({}), "false");
  EXPECT_EQ(counted({attribute("count_include_pad", std::int64_t{1})}), "true");
}

TEST(OnnxPoolsTest, OtherAveragesAreSumsDividedByTheirCounts) {
  const std::vector<OnnxAttribute> uneven = {kernel(2), attribute("auto_pad", "SAME_UPPER")};
  EXPECT_EQ(operations_in(*pooled("AveragePool", uneven)), "pad, avg_pool2d, mul, div");
  const auto gaps = pooled("AveragePool", {kernel(2), attribute("dilations", Ints{2, 2})});
  EXPECT_EQ(operations_in(*gaps), "reshape, conv2d, reshape, div");
  EXPECT_EQ(result_in(*gaps), "float32 (N, 3, 6, 6)");
}

TEST(OnnxPoolsTest, CountsOfASymbolicHeightAreRefused) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "H", "8"});
  EXPECT_EQ(refusal_of(model, "AveragePool", {"x"}, {kernel(2), attribute("auto_pad", "SAME_UPPER")}),
            "'test.onnx': node 'y' (AveragePool): the height is H, which only the data tell\n"
            "  Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
}

TEST(OnnxPoolsTest, CeilLetsALastWindowReachOverTheEnd) {
  const auto size = [](std::int64_t ceil) {
    return result_in(
        *pooled("MaxPool", {kernel(3), attribute("strides", Ints{2, 2}), attribute("ceil_mode", ceil)}));
  };
  EXPECT_EQ(size(0), "float32 (N, 3, 3, 3)");
  EXPECT_EQ(size(1), "float32 (N, 3, 4, 4)");
}

TEST(OnnxPoolsTest, NormsAreRootsOfSumsOfPowers) {
  const auto graph = pooled("LpPool", {kernel(2), attribute("p", std::int64_t{3})});
  EXPECT_EQ(operations_in(*graph), "abs, pow, avg_pool2d, mul, pow");
  EXPECT_EQ(option_of(*graph, "pow", "exponent"), "3");
}

TEST(OnnxPoolsTest, GlobalPoolsLeaveOnePlace) {
  EXPECT_EQ(described(*pooled("GlobalAveragePool", {}, {"N", "3", "H", "W"})),
            "adaptive_avg_pool2d = adaptive_avg_pool2d(x) (N, 3, 1, 1)\n");
  EXPECT_EQ(operations_in(*pooled("GlobalMaxPool", {}, {"N", "3", "2", "2", "2", "2"})), "amax");
  EXPECT_EQ(result_in(*pooled("GlobalLpPool", {})), "float32 (N, 3, 1, 1)");
}

TEST(OnnxPoolsTest, UnpoolingFillsASmallerTensorAndAddsABorder) {
  OnnxBuilder model;
  model.input("x", {"1", "1", "2", "2"}).input("i", {"1", "1", "2", "2"}, OnnxDType::int64);
  model.integers("to", {4}, {1, 1, 5, 5});
  const auto graph =
      imported(model, "MaxUnpool", {"x", "i", "to"}, {kernel(2), attribute("strides", Ints{2, 2})});
  EXPECT_EQ(operations_in(*graph), "full, reshape, reshape, scatter, reshape, pad");
  EXPECT_EQ(result_in(*graph), "float32 (1, 1, 5, 5)");
}

}  // namespace
}  // namespace orrery::testing
