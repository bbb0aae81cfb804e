#include "tests/ops/infer.h"

namespace orrery {
namespace {

TensorType truths(Shape shape) { return typed(std::move(shape), DType::boolean); }
DType dtype_of(const char* operation, DType dtype) { return infer(operation, {typed({N}, dtype)}).dtype(); }

TEST(ElementwiseTest, MathematicalFunctionsGiveFloats) {
  for (const char* operation : {"sqrt", "rsqrt", "exp2", "log1p", "sin", "cos", "atanh", "sinc"}) {
    EXPECT_EQ(infer(operation, {labels({N, 2})}).outputs[0], floats({N, 2})) << operation;
    EXPECT_EQ(dtype_of(operation, DType::bfloat16), DType::bfloat16) << operation;
    EXPECT_EQ(dtype_of(operation, DType::complex128), DType::complex128) << operation;
  }
}

TEST(ElementwiseTest, SpecialFunctionsAreOfRealNumbers) {
  for (const char* operation : {"erf", "erfinv", "lgamma", "digamma", "deg2rad", "logit"}) {
    EXPECT_EQ(dtype_of(operation, DType::boolean), DType::float32) << operation;
    EXPECT_EQ(broken(operation, {typed({N}, DType::complex64)}).code, "dtype-mismatch") << operation;
  }
}

TEST(ElementwiseTest, RoundingsKeepWholeNumbers) {
  for (const char* operation : {"floor", "ceil", "trunc", "round"}) {
    EXPECT_EQ(dtype_of(operation, DType::int16), DType::int16) << operation;
    EXPECT_EQ(broken(operation, {truths({N})}).code, "dtype-mismatch") << operation;
  }
  EXPECT_EQ(broken("frac", {labels({N})}).expected, "floating-point inputs");
  EXPECT_EQ(infer("round", {floats({N})}, {{"decimals", integer(-2)}}).dtype(), DType::float32);
  broken("round", {labels({N})}, {{"decimals", integer(2)}});
}

TEST(ElementwiseTest, SignsAndMagnitudes) {
  EXPECT_EQ(dtype_of("abs", DType::complex128), DType::float64);
  EXPECT_EQ(dtype_of("square", DType::boolean), DType::int64);
  EXPECT_EQ(dtype_of("sign", DType::boolean), DType::boolean);
  EXPECT_EQ(dtype_of("sgn", DType::complex64), DType::complex64);
  EXPECT_EQ(broken("sign", {typed({N}, DType::complex64)}).remedy,
            "Take a part of it, x:real(), or x:abs().");
  EXPECT_EQ(broken("neg", {truths({N})}).code, "dtype-mismatch");
}

TEST(WhereTest, MeetsInShapeAndDtype) {
  EXPECT_EQ(infer("where", {truths({N, 1}), floats({3}), floats({N, 3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("where", {truths({N}), labels({N}), typed({N}, DType::float16)}).dtype(), DType::float16);
  const auto numbers = [](AttributeValue a, AttributeValue b) {
    return infer("where", {truths({N})}, {{"input", std::move(a)}, {"other", std::move(b)}}).dtype();
  };
  EXPECT_EQ(numbers(integer(1), integer(0)), DType::int64);
  EXPECT_EQ(numbers(integer(1), 0.5), DType::float32);
}

TEST(WhereTest, NeedsACondition) {
  EXPECT_EQ(words(broken("where", {floats({N}), floats({N}), floats({N})})),
            "dtype-mismatch: expects booleans as condition, got float32");
  EXPECT_EQ(broken("where", {truths({N}), floats({N})}).got, "neither");
}

TEST(WhereTest, IsAMethodOfItsInput) { EXPECT_EQ(operations().get("where").method_port, 1); }

TEST(MaskedFillTest, KeepsTheInputsDtype) {
  EXPECT_EQ(infer("masked_fill", {labels({N, 3}), truths({3})}, {{"value", 0.5}}).outputs[0], labels({N, 3}));
  EXPECT_EQ(infer("masked_fill", {floats({3}), truths({N, 1}), floats({})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(broken("masked_fill", {floats({N}), truths({N}), floats({1})}).expected,
            "a value without dimensions");
  EXPECT_EQ(broken("masked_fill", {floats({N}), floats({N})}, {{"value", 1.0}}).port, 1);
}

TEST(ClampTest, TakesOneBoundOrTwo) {
  EXPECT_EQ(infer("clamp", {labels({N})}, {{"min", 0.5}}).dtype(), DType::float32);
  EXPECT_EQ(infer("clamp", {labels({N})}, {{"min", integer(0)}, {"max", integer(3)}}).dtype(), DType::int64);
  EXPECT_EQ(infer("clamp", {floats({N, 1}), floats({3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(words(broken("clamp", {floats({N})})),
            "option-mismatch: expects a bound, min or max, got neither");
  EXPECT_EQ(broken("clamp", {floats({N}), floats({N})}, {{"min", 0.5}}).got, "both");
  EXPECT_EQ(infer("clamp_min", {floats({N})}, {{"min", integer(1)}}).dtype(), DType::float32);
}

TEST(ComplexNumbersTest, SplitAndJoin) {
  EXPECT_EQ(dtype_of("real", DType::complex64), DType::float32);
  EXPECT_EQ(dtype_of("real", DType::int8), DType::int8);
  EXPECT_EQ(broken("imag", {floats({N})}).remedy, "Make it complex: orrery.complex(x, y).");
  EXPECT_EQ(dtype_of("angle", DType::complex128), DType::float64);
  EXPECT_EQ(infer("view_as_real", {typed({N}, DType::complex64)}).outputs[0], floats({N, 2}));
  EXPECT_EQ(infer("view_as_complex", {typed({N, 2}, DType::float64)}).outputs[0],
            typed({N}, DType::complex128));
  EXPECT_EQ(infer("polar", {floats({N, 1}), floats({3})}).outputs[0], typed({N, 3}, DType::complex64));
}

TEST(ComplexNumbersTest, RefuseWhatHasNoPairs) {
  EXPECT_EQ(broken("view_as_complex", {floats({N, 3})}).got, "(N, 3)");
  broken("view_as_complex", {floats({})});
  EXPECT_EQ(broken("complex", {floats({N}), typed({N}, DType::float64)}).port, 1);
  EXPECT_EQ(broken("complex", {labels({N}), labels({N})}).code, "integer-input");
}

}  // namespace
}  // namespace orrery
