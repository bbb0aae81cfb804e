#include "tests/ops/infer.h"

namespace orrery {
namespace {

/// A transform with the number as its second operand.
DType with_number(const std::string& operation, DType dtype, AttributeValue number) {
  return infer(operation, {typed({N}, dtype)}, {{"other", std::move(number)}}).dtype();
}

TEST(ArithmeticTest, ShapesBroadcast) {
  for (const char* operation : {"add", "sub", "rsub", "mul", "div"}) {
    EXPECT_EQ(infer(operation, {floats({N, 1, 3}), floats({5, 1})}).shape(), (Shape{N, 5, 3})) << operation;
    EXPECT_EQ(infer(operation, {floats({N, 3}), floats({})}).shape(), (Shape{N, 3})) << operation;
    EXPECT_EQ(infer(operation, {floats({}), floats({N, 3})}).shape(), (Shape{N, 3})) << operation;
  }
}

TEST(ArithmeticTest, WhatDoesNotBroadcastNamesTheDimension) {
  const RuleBroken rule = broken("add", {floats({N, 4, 3}), floats({5, 3})});
  EXPECT_EQ(words(rule), "shape-mismatch: expects a shape that broadcasts with (N, 4, 3), got (5, 3)");
  EXPECT_EQ(rule.port, 1);
  EXPECT_EQ(rule.remedy, "Dimension -2 is 4 on one side and 5 on the other.");
}

TEST(ArithmeticTest, SymbolsMeetOnlyThemselvesElseAGuardIsKept) {
  EXPECT_TRUE(infer("add", {floats({N, 3}), floats({N, 3})}).guards.empty());
  EXPECT_TRUE(infer("add", {floats({N, 3}), floats({1, 3})}).guards.empty());
  const Inferred inferred = infer("add", {floats({N}), floats({M})});
  EXPECT_EQ(inferred.shape(), (Shape{N}));
  EXPECT_EQ(inferred.guards.size(), 1u);
  EXPECT_EQ(infer("add", {floats({N}), floats({8})}).shape(), (Shape{8}));
}

TEST(ArithmeticTest, NumbersAreLighterThanTensors) {
  EXPECT_EQ(with_number("add", DType::int64, integer(2)), DType::int64);
  EXPECT_EQ(with_number("add", DType::uint8, integer(300)), DType::uint8);
  EXPECT_EQ(with_number("add", DType::int64, 2.5), DType::float32);
  EXPECT_EQ(with_number("mul", DType::float16, 2.5), DType::float16);
  EXPECT_EQ(with_number("mul", DType::boolean, integer(2)), DType::int64);
}

TEST(ArithmeticTest, ScalarsAreLighterThanTensorsWithDimensions) {
  EXPECT_EQ(infer("mul", {typed({N}, DType::float32), typed({}, DType::float64)}).dtype(), DType::float32);
  EXPECT_EQ(infer("mul", {typed({N}, DType::int64), typed({}, DType::float64)}).dtype(), DType::float64);
  EXPECT_EQ(infer("mul", {typed({N}, DType::int32), typed({}, DType::int64)}).dtype(), DType::int32);
  EXPECT_EQ(infer("mul", {typed({N}, DType::boolean), typed({}, DType::uint8)}).dtype(), DType::uint8);
  EXPECT_EQ(infer("mul", {typed({N}, DType::float16), typed({N}, DType::bfloat16)}).dtype(), DType::float32);
}

TEST(ArithmeticTest, TheSecondOperandIsAValueOrANumber) {
  EXPECT_EQ(broken("add", {floats({N})}).got, "neither");
  EXPECT_EQ(broken("add", {floats({N}), floats({N})}, {{"other", integer(2)}}).got, "both");
}

TEST(ArithmeticTest, ARealAlphaNeedsAFloatingResult) {
  EXPECT_EQ(infer("add", {floats({N}), floats({N})}, {{"alpha", 1.5}}).dtype(), DType::float32);
  EXPECT_EQ(infer("sub", {labels({N}), labels({N})}, {{"alpha", integer(2)}}).dtype(), DType::int64);
  EXPECT_EQ(words(broken("sub", {labels({N}), labels({N})}, {{"alpha", 1.5}})),
            "option-mismatch: expects an integer alpha for integer inputs, got 1.5");
}

TEST(ArithmeticTest, BooleansAddButDoNotSubtract) {
  EXPECT_EQ(infer("add", {typed({N}, DType::boolean), typed({N}, DType::boolean)}).dtype(), DType::boolean);
  for (const char* operation : {"sub", "rsub"}) {
    EXPECT_EQ(broken(operation, {typed({N}, DType::boolean), floats({N})}).port, 0);
    EXPECT_EQ(broken(operation, {floats({N}), typed({N}, DType::boolean)}).port, 1);
  }
}

TEST(ArithmeticTest, DivisionGivesFloatsUnlessRounded) {
  EXPECT_EQ(infer("div", {labels({N}), labels({N})}).dtype(), DType::float32);
  EXPECT_EQ(infer("div", {labels({N}), labels({N})}, {{"rounding_mode", "floor"}}).dtype(), DType::int64);
  EXPECT_EQ(infer("div", {labels({N})}, {{"other", integer(2)}, {"rounding_mode", "trunc"}}).dtype(),
            DType::int64);
  EXPECT_EQ(
      broken("div", {typed({N}, DType::boolean), typed({N}, DType::boolean)}, {{"rounding_mode", "floor"}})
          .code,
      "dtype-mismatch");
}

TEST(ArithmeticTest, WholeDivisionByZeroIsRefused) {
  EXPECT_EQ(broken("div", {labels({N})}, {{"other", integer(0)}, {"rounding_mode", "floor"}}).expected,
            "a divisor that is not 0");
  EXPECT_NO_THROW(infer("div", {labels({N})}, {{"other", integer(0)}}));
  EXPECT_NO_THROW(infer("div", {floats({N})}, {{"other", integer(0)}, {"rounding_mode", "floor"}}));
}

TEST(ArithmeticTest, PowersOfIntegersAreNotNegative) {
  EXPECT_EQ(infer("pow", {labels({N})}, {{"exponent", integer(2)}}).dtype(), DType::int64);
  EXPECT_EQ(infer("pow", {labels({N})}, {{"exponent", 0.5}}).dtype(), DType::float32);
  EXPECT_EQ(infer("pow", {floats({N})}, {{"exponent", integer(-1)}}).dtype(), DType::float32);
  EXPECT_EQ(words(broken("pow", {labels({N})}, {{"exponent", integer(-1)}})),
            "option-mismatch: expects an exponent of at least 0 for integer inputs, got -1");
}

TEST(ArithmeticTest, APowerHasANumberOnEitherSide) {
  EXPECT_EQ(infer("pow", {floats({N, 1}), floats({3})}).shape(), (Shape{N, 3}));
  const Descriptor& pow = operations().get("pow");
  const Attributes two = checked_attributes(pow.attributes, {{"input", integer(2)}});
  const TensorType exponent = labels({N});
  ShapeContext context({nullptr, &exponent}, two);
  EXPECT_EQ(pow.shape(context)[0], labels({N}));
  EXPECT_EQ(words(broken("pow", {}, {{"input", integer(2)}, {"exponent", integer(3)}})),
            "option-mismatch: expects a value among its operands, got numbers alone");
}

TEST(ArithmeticTest, RemaindersAreOfRealNumbers) {
  for (const char* operation : {"remainder", "fmod", "floor_divide"}) {
    EXPECT_EQ(infer(operation, {labels({N}), labels({N})}).dtype(), DType::int64) << operation;
    EXPECT_EQ(infer(operation, {labels({N})}, {{"other", 0.5}}).dtype(), DType::float32) << operation;
    EXPECT_EQ(broken(operation, {labels({N})}, {{"other", integer(0)}}).expected, "a divisor that is not 0");
    EXPECT_EQ(broken(operation, {typed({N}, DType::complex64), floats({N})}).port, 0) << operation;
  }
}

TEST(ArithmeticTest, ComplexNumbersPromote) {
  EXPECT_EQ(infer("mul", {floats({N}), typed({N}, DType::complex64)}).dtype(), DType::complex64);
  EXPECT_EQ(infer("add", {typed({N}, DType::float64), typed({}, DType::complex64)}).dtype(),
            DType::complex128);
  EXPECT_EQ(infer("div", {typed({N}, DType::complex64)}, {{"other", 2.5}}).dtype(), DType::complex64);
  EXPECT_EQ(broken("maximum", {floats({N}), typed({N}, DType::complex64)}).port, 1);
  EXPECT_EQ(infer("mul", {typed({N}, DType::float16), typed({N}, DType::complex64)}).dtype(),
            DType::complex64);
  EXPECT_EQ(broken("mul", {typed({N}, DType::float16), typed({}, DType::complex64)}).code, "dtype-mismatch");
}

TEST(ArithmeticTest, BitsAreOfIntegers) {
  EXPECT_EQ(infer("bitwise_and", {labels({N}), typed({N}, DType::boolean)}).dtype(), DType::int64);
  EXPECT_EQ(infer("bitwise_or", {typed({N}, DType::boolean), typed({N}, DType::boolean)}).dtype(),
            DType::boolean);
  EXPECT_EQ(broken("bitwise_xor", {labels({N})}, {{"other", 0.5}}).got, "float32, in which they meet");
  EXPECT_EQ(broken("bitwise_left_shift", {typed({N}, DType::boolean), typed({N}, DType::boolean)}).code,
            "dtype-mismatch");
}

TEST(LerpTest, IsBetweenTwoOfOneDtype) {
  EXPECT_EQ(infer("lerp", {floats({N, 1}), floats({3})}, {{"weight", 0.5}}).shape(), (Shape{N, 3}));
  EXPECT_EQ(broken("lerp", {floats({N}), typed({N}, DType::float64)}, {{"weight", 0.5}}).port, 1);
  EXPECT_EQ(broken("lerp", {labels({N}), labels({N})}, {{"weight", 0.5}}).code, "integer-input");
  EXPECT_EQ(broken("lerp", {floats({N}), floats({N})}).got, "neither");
}

TEST(AddcmulTest, MeetsInThree) {
  EXPECT_EQ(infer("addcmul", {floats({N, 1}), floats({3}), floats({1})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(broken("addcmul", {labels({N}), labels({N}), labels({N})}, {{"value", 0.5}}).expected,
            "an integer value for integer inputs");
  EXPECT_EQ(broken("addcdiv", {floats({N}), labels({N}), labels({N})}).code, "integer-input");
}

}  // namespace
}  // namespace orrery
