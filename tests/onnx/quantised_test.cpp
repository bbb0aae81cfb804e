#include "runtime/onnx/quantised.h"

#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

TEST(OnnxQuantisedTest, NumbersAreRoundedAndBroughtBetweenTheEndsOfTheDtype) {
  OnnxBuilder bytes, signs;
  bytes.input("x", {"N"}).floats("scale", {}, {0.5F});
  const auto graph = imported(bytes, "QuantizeLinear", {"x", "scale"});
  EXPECT_EQ(operations_in(*graph), "div, round, clamp, to");
  EXPECT_EQ(option_of(*graph, "clamp", "max"), "255");
  EXPECT_EQ(result_in(*graph), "uint8 (N)");
  signs.input("x", {"N"}).floats("scale", {}, {0.5F}).input("zero", {"1"}, OnnxDType::int8);
  const auto other = imported(signs, "QuantizeLinear", {"x", "scale", "zero"});
  EXPECT_EQ(option_of(*other, "clamp", "min"), "-128");
  EXPECT_EQ(result_in(*other), "int8 (N)");
}

TEST(OnnxQuantisedTest, ScalesLieAlongAnAxisOrInBlocks) {
  OnnxBuilder axis, blocks(21);
  axis.input("x", {"N", "3", "4"}, OnnxDType::int8).weight("scale", {3});
  const auto along = imported(axis, "DequantizeLinear", {"x", "scale"});
  EXPECT_EQ(operations_in(*along), "reshape, to, mul");
  EXPECT_EQ(result_in(*along), "float32 (N, 3, 4)");
  blocks.input("x", {"N", "5"}, OnnxDType::int8).input("scale", {"N", "3"});
  const auto spread =
      imported(blocks, "DequantizeLinear", {"x", "scale"},
               {attribute("block_size", std::int64_t{2}), attribute("axis", std::int64_t{1})});
  EXPECT_EQ(operations_in(*spread), "repeat_interleave, slice, to, mul");
}

TEST(OnnxQuantisedTest, ZeroPointsAreTakenFromWholeNumbers) {
  OnnxBuilder model;
  model.input("x", {"N"}, OnnxDType::uint8).input("scale", {"1"}).input("zero", {"1"}, OnnxDType::uint8);
  const auto graph = imported(model, "DequantizeLinear", {"x", "scale", "zero"});
  EXPECT_EQ(operations_in(*graph), "reshape, reshape, to, to, sub, to, mul");
}

TEST(OnnxQuantisedTest, RealNumbersAreNotDequantised) {
  OnnxBuilder model;
  model.input("x", {"N"}).floats("scale", {}, {0.5F});
  EXPECT_EQ(refusal_of(model, "DequantizeLinear", {"x", "scale"}),
            "'test.onnx': node 'y' (DequantizeLinear): it takes whole numbers, got float32");
}

TEST(OnnxQuantisedTest, ARangeIsFoundWhileTheNetRuns) {
  OnnxBuilder model;
  model.input("x", {"N", "3"});
  const auto graph = imported(model, "DynamicQuantizeLinear", {"x"}, {}, {"y", "scale", "zero"});
  EXPECT_EQ(result_in(*graph, 0), "uint8 (N, 3)");
  EXPECT_EQ(result_in(*graph, 1), "float32 ()");
  EXPECT_EQ(result_in(*graph, 2), "uint8 ()");
}

TEST(OnnxQuantisedTest, ProductsOfWholeNumbersAreWhole) {
  OnnxBuilder matrices, images;
  matrices.input("a", {"N", "3"}, OnnxDType::uint8).input("b", {"3", "4"}, OnnxDType::int8);
  matrices.input("zero", {"1"}, OnnxDType::uint8);
  EXPECT_EQ(result_in(*imported(matrices, "MatMulInteger", {"a", "b", "zero"})), "int32 (N, 4)");
  images.input("x", {"N", "1", "4", "4"}, OnnxDType::uint8).input("w", {"2", "1", "3", "3"}, OnnxDType::int8);
  const auto graph = imported(images, "ConvInteger", {"x", "w"}, {attribute("pads", Ints{1, 1, 1, 1})});
  EXPECT_EQ(operations_in(*graph), "to, to, conv2d, to");
  EXPECT_EQ(result_in(*graph), "int32 (N, 2, 4, 4)");
}

TEST(OnnxQuantisedTest, ProductsMayBeRoundedToBytesAgain) {
  OnnxBuilder matrices, images;
  const auto scaled = [](OnnxBuilder& model, const std::string& name, std::vector<std::string> sizes,
                         OnnxDType dtype) {
    model.input(name, sizes, dtype).floats(name + "_scale", {}, {0.5F}).integers(name + "_zero", {}, {3});
  };
  scaled(matrices, "a", {"N", "3"}, OnnxDType::uint8);
  scaled(matrices, "b", {"3", "4"}, OnnxDType::uint8);
  matrices.floats("scale", {}, {0.5F}).input("zero", {"1"}, OnnxDType::int8);
  const auto product = imported(matrices, "QLinearMatMul",
                                {"a", "a_scale", "a_zero", "b", "b_scale", "b_zero", "scale", "zero"});
  EXPECT_EQ(result_in(*product), "int8 (N, 4)");
  scaled(images, "x", {"N", "1", "4", "4"}, OnnxDType::uint8);
  scaled(images, "w", {"2", "1", "3", "3"}, OnnxDType::uint8);
  images.floats("scale", {}, {0.5F}).input("zero", {"1"}, OnnxDType::uint8).integers("bias", {2}, {1, 2});
  const auto sum = imported(images, "QLinearConv",
                            {"x", "x_scale", "x_zero", "w", "w_scale", "w_zero", "scale", "zero", "bias"});
  EXPECT_EQ(result_in(*sum), "uint8 (N, 2, 2, 2)");
}

TEST(OnnxQuantisedTest, EachDtypeHasItsEnds) {
  EXPECT_EQ(onnx_span(DType::int8).least, -128);
  EXPECT_EQ(onnx_span(DType::int16).most, 32767);
  EXPECT_EQ(onnx_span(DType::int32).most, 65535);  // uint16 is held so
}

}  // namespace
}  // namespace orrery::testing
