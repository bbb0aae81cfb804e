#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

std::string described_node(OnnxBuilder& model, const std::string& operation, std::vector<std::string> inputs,
                           std::vector<OnnxAttribute> attributes = {}) {
  return described(*imported(model, operation, std::move(inputs), std::move(attributes)));
}

TEST(OnnxArithmeticTest, TensorsBroadcastAsInNumpy) {
  OnnxBuilder model;
  model.input("a", {"N", "3", "1"}).input("b", {"4"});
  EXPECT_EQ(described_node(model, "Add", {"a", "b"}), "add = add(a, b) (N, 3, 4)\n");
}

TEST(OnnxArithmeticTest, AKnownScalarIsTheNumberOfAnOption) {
  OnnxBuilder model;
  model.input("x", {"N"}).floats("two", {}, {2.5F});
  const auto graph = imported(model, "Mul", {"x", "two"});
  EXPECT_EQ(described(*graph), "mul = mul(x) (N)\n");
  EXPECT_EQ(option_of(*graph, "mul", "other"), "2.5");
}

TEST(OnnxArithmeticTest, NumbersAreShownAsTheyWereWritten) {
  OnnxBuilder scalar, alpha;
  scalar.input("x", {"N"}).floats("tenth", {}, {0.1F});
  EXPECT_EQ(option_of(*imported(scalar, "Mul", {"x", "tenth"}), "mul", "other"), "0.1");
  alpha.input("x", {"N"});
  const auto graph = imported(alpha, "Elu", {"x"}, {attribute("alpha", static_cast<double>(0.3F))});
  EXPECT_EQ(option_of(*graph, "elu", "alpha"), "0.3");
}

TEST(OnnxArithmeticTest, AKnownScalarMayComeFirst) {
  OnnxBuilder less, rest;
  less.input("x", {"N"}).floats("one", {}, {1});
  EXPECT_EQ(described_node(less, "Sub", {"one", "x"}), "rsub = rsub(x) (N)\n");
  rest.input("x", {"N"}).floats("one", {}, {1});
  EXPECT_EQ(described_node(rest, "Div", {"one", "x"}), "reciprocal = reciprocal(x) (N)\n");
}

TEST(OnnxArithmeticTest, ARowOfOneNumberIsTrained) {
  OnnxBuilder model;
  model.input("x", {"N", "1"}).floats("scale", {1}, {2});
  EXPECT_EQ(described_node(model, "Mul", {"x", "scale"}), "mul = mul(x, scale) (N, 1)\n");
}

TEST(OnnxArithmeticTest, BeforeSet7AnAxisTellsWhereTheSecondTensorBegins) {
  const auto shapes = [](std::int64_t opset, std::int64_t axis) {
    OnnxBuilder model(opset);
    model.input("a", {"2", "3", "4", "5"}).input("b", {"3", "4"});
    return described_node(model, "Add", {"a", "b"},
                          {attribute("broadcast", std::int64_t{1}), attribute("axis", axis)});
  };
  EXPECT_EQ(shapes(6, 1), "reshape = reshape(b) (3, 4, 1)\nadd = add(a, reshape) (2, 3, 4, 5)\n");
  OnnxBuilder model(6);
  model.input("a", {"2", "3"}).input("b", {"3", "4"});
  EXPECT_EQ(
      refusal_of(model, "Add", {"a", "b"}, {attribute("axis", std::int64_t{1})}),
      "'test.onnx': node 'y' (Add): the second input has more dimensions than the first has from 'axis' "
      "on");
}

TEST(OnnxArithmeticTest, QuotientsOfIntegersAreCutOff) {
  OnnxBuilder whole, real;
  whole.input("a", {"N"}, OnnxDType::int32).input("b", {"N"}, OnnxDType::int32);
  const auto cut = imported(whole, "Div", {"a", "b"});
  EXPECT_EQ(option_of(*cut, "div", "rounding_mode"), "\"trunc\"");
  EXPECT_EQ(result_in(*cut), "int32 (N)");
  real.input("a", {"N"}).input("b", {"N"});
  EXPECT_EQ(option_of(*imported(real, "Div", {"a", "b"}), "div", "rounding_mode"), "nil");
}

TEST(OnnxArithmeticTest, FmodTellsWhoseSignARemainderHas) {
  OnnxBuilder divisors, dividends;
  divisors.input("a", {"N"}, OnnxDType::int64).input("b", {"N"}, OnnxDType::int64);
  EXPECT_EQ(described_node(divisors, "Mod", {"a", "b"}), "remainder = remainder(a, b) (N)\n");
  dividends.input("a", {"N"}).input("b", {"N"});
  EXPECT_EQ(described_node(dividends, "Mod", {"a", "b"}, {attribute("fmod", std::int64_t{1})}),
            "fmod = fmod(a, b) (N)\n");
}

TEST(OnnxArithmeticTest, APowerHasTheDtypeOfItsBase) {
  OnnxBuilder reals, integers;
  reals.input("x", {"N"}).input("e", {"N"}, OnnxDType::int64);
  const auto real = imported(reals, "Pow", {"x", "e"});
  EXPECT_EQ(operations_in(*real), "pow");
  EXPECT_EQ(result_in(*real), "float32 (N)");
  integers.input("x", {"N"}, OnnxDType::int64).input("e", {"N"});
  const auto integer = imported(integers, "Pow", {"x", "e"});
  EXPECT_EQ(operations_in(*integer), "to, pow, to");
  EXPECT_EQ(result_in(*integer), "int64 (N)");
}

TEST(OnnxArithmeticTest, WholeExponentsOfIntegersStayNumbers) {
  const auto by = [](float exponent) {
    OnnxBuilder model;
    model.input("x", {"N"}, OnnxDType::int32).floats("e", {}, {exponent});
    return operations_in(*imported(model, "Pow", {"x", "e"}));
  };
  EXPECT_EQ(by(2), "pow");
  EXPECT_EQ(by(0.5F), "to, pow, to");
  EXPECT_EQ(by(-1), "to, pow, to");
}

TEST(OnnxArithmeticTest, ClipTakesBoundsFromAttributesBeforeSet11) {
  OnnxBuilder model(6);
  model.input("x", {"N"});
  const auto graph = imported(model, "Clip", {"x"}, {attribute("min", 0.0), attribute("max", 6.0)});
  EXPECT_EQ(described(*graph), "clamp = clamp(x) (N)\n");
  EXPECT_EQ(option_of(*graph, "clamp", "min"), "0");
  EXPECT_EQ(option_of(*graph, "clamp", "max"), "6");
}

TEST(OnnxArithmeticTest, BoundsOfClipMayBeMissingOrValues) {
  OnnxBuilder none, one;
  none.input("x", {"N"});
  EXPECT_EQ(described_node(none, "Clip", {"x"}), "identity = Identity(x) (N)\n");
  one.input("x", {"N"}).input("most", {});
  const auto graph = imported(one, "Clip", {"x", "", "most"});
  EXPECT_EQ(described(*graph), "clamp = clamp(x, most) (N)\n");
  EXPECT_EQ(option_of(*graph, "clamp", "min"), "nil");
}

TEST(OnnxArithmeticTest, AnyNumberOfTensorsIsJoined) {
  const auto joined = [](const std::string& operation) {
    OnnxBuilder model;
    model.input("a", {"N"}).input("b", {"N"}).input("c", {"N"});
    return operations_in(*imported(model, operation, {"a", "b", "c"}));
  };
  EXPECT_EQ(joined("Sum"), "add, add");
  EXPECT_EQ(joined("Mean"), "add, add, div");
  EXPECT_EQ(joined("Max"), "maximum, maximum");
  EXPECT_EQ(joined("Min"), "minimum, minimum");
}

TEST(OnnxArithmeticTest, TheMeanOfOneTensorIsIt) {
  OnnxBuilder model;
  model.input("x", {"N"});
  EXPECT_EQ(described_node(model, "Mean", {"x"}), "identity = Identity(x) (N)\n");
}

TEST(OnnxArithmeticTest, MaxOfAKnownScalarIsABound) {
  OnnxBuilder model;
  model.input("x", {"N"}).floats("zero", {}, {0});
  EXPECT_EQ(described_node(model, "Max", {"x", "zero"}), "clamp_min = clamp_min(x) (N)\n");
}

TEST(OnnxArithmeticTest, IsInfMayLookAtOneSign) {
  const auto looking = [](std::int64_t negative, std::int64_t positive) {
    OnnxBuilder model;
    model.input("x", {"N"});
    return operations_in(
        *imported(model, "IsInf", {"x"},
                  {attribute("detect_negative", negative), attribute("detect_positive", positive)}));
  };
  EXPECT_EQ(looking(1, 1), "isinf");
  EXPECT_EQ(looking(0, 1), "isinf, gt, logical_and");
  EXPECT_EQ(looking(1, 0), "isinf, lt, logical_and");
  EXPECT_EQ(looking(0, 0), "zeros_like");
}

TEST(OnnxArithmeticTest, ErfOfIntegersIsOfIntegers) {
  OnnxBuilder model(9);
  model.input("x", {"N"}, OnnxDType::int32);
  EXPECT_EQ(result_in(*imported(model, "Erf", {"x"})), "int32 (N)");
}

}  // namespace
}  // namespace orrery::testing
