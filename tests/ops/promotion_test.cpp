#include "runtime/ops/promotion.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

const Operand kNumber{Operand::Weight::number, DType::int64};
const Operand kReal{Operand::Weight::number, DType::float32};

Operand tensor(DType dtype) { return operand(TensorType{{2, 3}, dtype}); }
Operand scalar(DType dtype) { return operand(TensorType{{}, dtype}); }

Operand any_operand() {
  const auto weight =
      *rc::gen::element(Operand::Weight::number, Operand::Weight::scalar, Operand::Weight::tensor);
  return {weight, static_cast<DType>(*rc::gen::inRange(0, kDTypeCount))};
}

TEST(ResultTypeTest, WeighsTensorsBeforeScalarsBeforeNumbers) {
  EXPECT_EQ(result_type({tensor(DType::int8), kNumber}), DType::int8);
  EXPECT_EQ(result_type({tensor(DType::int8), kReal}), DType::float32);
  EXPECT_EQ(result_type({scalar(DType::float16), kReal}), DType::float16);
  EXPECT_EQ(result_type({tensor(DType::float16), scalar(DType::float64)}), DType::float16);
  EXPECT_EQ(result_type({tensor(DType::int32), scalar(DType::float64), kNumber}), DType::float64);
  EXPECT_EQ(result_type({tensor(DType::boolean), kNumber}), DType::int64);
}

TEST(ResultTypeTest, ComplexScalarsMakeFloatsComplex) {
  EXPECT_EQ(result_type({tensor(DType::float64), scalar(DType::complex64)}), DType::complex128);
  EXPECT_EQ(result_type({tensor(DType::int32), scalar(DType::complex128)}), DType::complex128);
  EXPECT_EQ(result_type({tensor(DType::complex64), scalar(DType::float64)}), DType::complex64);
  EXPECT_EQ(floating_result(DType::complex64), DType::complex64);
  EXPECT_EQ(real_of(DType::complex128), DType::float64);
  EXPECT_EQ(real_of(DType::int8), DType::int8);
}

TEST(ResultTypeTest, NeedsAnOperand) {
  EXPECT_THROW(result_type({}), InvariantFailure);
  EXPECT_THROW(operand(AttributeValue("2")), InvariantFailure);
}

RC_GTEST_PROP(ResultTypeTest, DoesNotDependOnTheOrder, ()) {
  const Operand a = any_operand(), b = any_operand();
  RC_ASSERT(result_type({a, b}) == result_type({b, a}));
}

RC_GTEST_PROP(ResultTypeTest, OfOneOperandIsItsDtype, ()) {
  const Operand a = any_operand();
  RC_ASSERT(result_type({a}) == a.dtype);
  RC_ASSERT(result_type({a, a}) == a.dtype);
}

TEST(FloatingResultTest, OnlyIntegersChange) {
  EXPECT_EQ(floating_result(DType::boolean), DType::float32);
  EXPECT_EQ(floating_result(DType::int64), DType::float32);
  EXPECT_EQ(floating_result(DType::bfloat16), DType::bfloat16);
}

}  // namespace
}  // namespace orrery
