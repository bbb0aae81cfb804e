#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");

TEST(SumTest, ReducesAllOrSomeDimensions) {
  for (const char* operation : {"sum", "mean"}) {
    EXPECT_EQ(infer(operation, {floats({N, 3, 4})}).shape(), Shape());
    EXPECT_EQ(infer(operation, {floats({N, 3, 4})}, {{"dim", list({})}}).shape(), Shape());
    EXPECT_EQ(infer(operation, {floats({N, 3, 4})}, {{"dim", integer(-1)}}).shape(), (Shape{N, 3}));
    EXPECT_EQ(infer(operation, {floats({N, 3, 4})}, {{"dim", list({0, 2})}, {"keepdim", true}}).shape(),
              (Shape{1, 3, 1}));
    EXPECT_EQ(infer(operation, {floats({})}, {{"dim", integer(0)}}).shape(), Shape());
    EXPECT_EQ(broken(operation, {floats({N, 3})}, {{"dim", list({1, -1})}}).expected,
              "each dimension once in dim");
    EXPECT_EQ(broken(operation, {floats({N, 3})}, {{"dim", integer(2)}}).code, "option-mismatch");
  }
}

TEST(SumTest, IntegersSumToInt64) {
  EXPECT_EQ(infer("sum", {{{N}, DType::uint8}}).dtype(), DType::int64);
  EXPECT_EQ(infer("sum", {{{N}, DType::boolean}}).dtype(), DType::int64);
  EXPECT_EQ(infer("sum", {{{N}, DType::float16}}).dtype(), DType::float16);
  EXPECT_EQ(infer("sum", {{{N}, DType::uint8}}, {{"dtype", "int32"}}).dtype(), DType::int32);
}

TEST(MeanTest, IsOfFloats) {
  EXPECT_EQ(broken("mean", {labels({N})}).code, "integer-input");
  EXPECT_EQ(infer("mean", {labels({N})}, {{"dtype", "float32"}}).dtype(), DType::float32);
  error_of(Fault::usage, [] { infer("mean", {floats({N})}, {{"dtype", "int64"}}); });
}

TEST(ArgmaxTest, GivesIndices) {
  EXPECT_EQ(infer("argmax", {floats({N, 10})}, {{"dim", integer(1)}}).outputs[0], labels({N}));
  EXPECT_EQ(infer("argmax", {floats({N, 10})}, {{"keepdim", true}}).shape(), (Shape{1, 1}));
  EXPECT_EQ(infer("argmax", {floats({})}).shape(), Shape());
  EXPECT_FALSE(operations().get("argmax").differentiable);
}

TEST(ArgmaxTest, NeedsSomethingToCompare) {
  EXPECT_EQ(broken("argmax", {floats({0, 3})}).expected, "an input that is not empty");
  EXPECT_EQ(infer("argmax", {floats({0, 3})}, {{"dim", integer(1)}}).shape(), (Shape{0}));
  broken("argmax", {floats({0, 3})}, {{"dim", integer(0)}});
  EXPECT_EQ(broken("argmax", {{{N}, DType::boolean}}).code, "dtype-mismatch");
}

}  // namespace
}  // namespace orrery
