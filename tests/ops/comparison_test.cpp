#include "tests/ops/infer.h"

namespace orrery {
namespace {

const TensorType kComplex{{N}, DType::complex64};

TEST(ComparisonTest, GivesBooleansInTheCommonShape) {
  for (const char* operation : {"eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_xor"}) {
    EXPECT_EQ(infer(operation, {floats({N, 1}), labels({3})}).outputs[0],
              (TensorType{{N, 3}, DType::boolean}))
        << operation;
    EXPECT_FALSE(operations().get(operation).differentiable) << operation;
  }
  EXPECT_EQ(infer("eq", {labels({N})}, {{"other", 0.5}}).dtype(), DType::boolean);
}

TEST(ComparisonTest, ComplexNumbersHaveNoOrder) {
  for (const char* operation : {"lt", "le", "gt", "ge"})
    EXPECT_EQ(broken(operation, {floats({N}), kComplex}).port, 1) << operation;
  EXPECT_EQ(infer("eq", {kComplex, floats({N})}).dtype(), DType::boolean);
}

TEST(ComparisonTest, QuestionsKeepTheShape) {
  for (const char* operation : {"isnan", "isinf", "isfinite", "logical_not"})
    EXPECT_EQ(infer(operation, {labels({N, 2})}).outputs[0], (TensorType{{N, 2}, DType::boolean}))
        << operation;
}

TEST(IscloseTest, NeedsOneDtype) {
  EXPECT_EQ(infer("isclose", {floats({N, 1}), floats({2})}).shape(), (Shape{N, 2}));
  EXPECT_EQ(broken("isclose", {floats({N}), labels({N})}).expected, "inputs of one dtype, float32");
}

}  // namespace
}  // namespace orrery
