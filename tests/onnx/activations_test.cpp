#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

// What becomes of an activation of x (2, 3, 4).
std::string activation(const std::string& operation, std::vector<OnnxAttribute> attributes = {},
                       std::int64_t opset = 17) {
  OnnxBuilder model(opset);
  model.input("x", {"2", "3", "4"});
  return operations_in(*imported(model, operation, {"x"}, std::move(attributes)));
}

std::string option_of_activation(const std::string& operation, const std::string& becomes,
                                 const std::string& option, std::vector<OnnxAttribute> attributes = {},
                                 std::int64_t opset = 17) {
  OnnxBuilder model(opset);
  model.input("x", {"2", "3", "4"});
  return option_of(*imported(model, operation, {"x"}, std::move(attributes)), becomes, option);
}

TEST(OnnxActivationsTest, MostAreOneOperation) {
  const std::vector<std::pair<std::string, std::string>> alike = {
      {"Relu", "relu"},         {"Sigmoid", "sigmoid"},     {"Tanh", "tanh"}, {"Softplus", "softplus"},
      {"Softsign", "softsign"}, {"HardSwish", "hardswish"}, {"Mish", "mish"}, {"Swish", "silu"}};
  for (const auto& [name, becomes] : alike) EXPECT_EQ(activation(name), becomes);
}

TEST(OnnxActivationsTest, DefaultsAreOnnxs) {
  EXPECT_EQ(option_of_activation("LeakyRelu", "leaky_relu", "negative_slope"), "0.01");
  EXPECT_EQ(option_of_activation("Elu", "elu", "alpha"), "1");
  EXPECT_EQ(option_of_activation("Celu", "celu", "alpha"), "1");
  EXPECT_EQ(option_of_activation("ThresholdedRelu", "threshold", "threshold"), "1");
  EXPECT_EQ(option_of_activation("Gelu", "gelu", "approximate"), "\"none\"");
}

TEST(OnnxActivationsTest, SeluWithOtherNumbersIsAScaledElu) {
  EXPECT_EQ(activation("Selu"), "selu");
  EXPECT_EQ(activation("Selu", {attribute("alpha", 1.67326319217681884765625)}), "selu");
  EXPECT_EQ(activation("Selu", {attribute("alpha", 2.0), attribute("gamma", 3.0)}), "elu, mul");
  EXPECT_EQ(activation("Selu", {}, 1), "elu, mul");
}

TEST(OnnxActivationsTest, HardSigmoidIsPytorchsForItsNumbersOnly) {
  EXPECT_EQ(activation("HardSigmoid", {attribute("alpha", 0.16666667163372)}), "hardsigmoid");
  EXPECT_EQ(activation("HardSigmoid"), "mul, add, clamp");
  EXPECT_EQ(option_of_activation("HardSigmoid", "mul", "other"), "0.2");
  EXPECT_EQ(option_of_activation("HardSigmoid", "clamp", "max"), "1");
}

TEST(OnnxActivationsTest, ShrinkIsHardSoftOrBetween) {
  EXPECT_EQ(activation("Shrink", {attribute("lambd", 1.5)}), "hardshrink");
  EXPECT_EQ(activation("Shrink", {attribute("lambd", 1.5), attribute("bias", 1.5)}), "softshrink");
  EXPECT_EQ(activation("Shrink", {attribute("lambd", 1.5), attribute("bias", 1.0)}),
            "gt, add, where, lt, add, where");
}

TEST(OnnxActivationsTest, SwishMayHaveAFactor) {
  EXPECT_EQ(activation("Swish", {attribute("alpha", 2.0)}, 24), "mul, sigmoid, mul");
}

TEST(OnnxActivationsTest, SoftmaxTakesOneDimensionFromSet13On) {
  EXPECT_EQ(option_of_activation("Softmax", "softmax", "dim"), "2");
  EXPECT_EQ(activation("LogSoftmax", {attribute("axis", std::int64_t{0})}), "log_softmax");
  EXPECT_EQ(option_of_activation("Softmax", "softmax", "dim", {attribute("axis", std::int64_t{-2})}), "1");
}

TEST(OnnxActivationsTest, SoftmaxTakesAllDimensionsFromTheAxisOnBefore) {
  OnnxBuilder model(11);
  model.input("x", {"N", "3", "4"});
  EXPECT_EQ(described(*imported(model, "Softmax", {"x"})),
            "flatten = flatten(x) (N, 12)\nsoftmax = softmax(flatten) (N, 12)\n"
            "unflatten = unflatten(softmax) (N, 3, 4)\n");
  EXPECT_EQ(activation("Softmax", {attribute("axis", std::int64_t{2})}, 11), "softmax");
}

TEST(OnnxActivationsTest, DimensionsOfSizeOneNeedNoMerging) {
  OnnxBuilder model(9);
  model.input("x", {"N", "1000", "1", "1"});
  const auto graph = imported(model, "Softmax", {"x"}, {attribute("axis", std::int64_t{1})});
  EXPECT_EQ(described(*graph), "softmax = softmax(x) (N, 1000, 1, 1)\n");
  EXPECT_EQ(option_of(*graph, "softmax", "dim"), "1");
}

TEST(OnnxActivationsTest, HardmaxPutsOneAtTheFirstOfTheLargest) {
  EXPECT_EQ(activation("Hardmax"), "argmax, zeros_like, scatter");
  EXPECT_EQ(activation("Hardmax", {}, 11), "flatten, argmax, zeros_like, scatter, unflatten");
}

TEST(OnnxActivationsTest, AnAxisOutsideIsRefused) {
  OnnxBuilder model;
  model.input("x", {"2", "3"});
  EXPECT_EQ(refusal_of(model, "Softmax", {"x"}, {attribute("axis", std::int64_t{2})}),
            "'test.onnx': node 'y' (Softmax): axis 2 is outside a tensor of rank 2");
}

std::string prelu(std::int64_t opset, const std::vector<std::int64_t>& slopes) {
  OnnxBuilder model(opset);
  model.input("x", {"N", "3", "4", "4"}).weight("slope", slopes);
  return operations_in(*imported(model, "PRelu", {"x", "slope"}));
}

TEST(OnnxActivationsTest, KnownSlopesOfChannelsMakeALayer) {
  EXPECT_EQ(prelu(16, {3, 1, 1}), "PReLU");
  EXPECT_EQ(prelu(16, {1}), "PReLU");
  EXPECT_EQ(prelu(6, {3}), "PReLU");
}

TEST(OnnxActivationsTest, OtherSlopesMeetTheInputAsInNumpy) {
  EXPECT_EQ(prelu(16, {4}), "lt, mul, where");
  EXPECT_EQ(prelu(16, {3, 4, 4}), "lt, mul, where");
  OnnxBuilder model(6);
  model.input("x", {"N", "3", "4", "4"}).input("slope", {"3"});
  EXPECT_EQ(operations_in(*imported(model, "PRelu", {"x", "slope"})), "reshape, lt, mul, where");
}

}  // namespace
}  // namespace orrery::testing
