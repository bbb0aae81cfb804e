#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

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

TEST(VarTest, IsReal) {
  const TensorType complex{{N, 3}, DType::complex64};
  for (const char* operation : {"var", "std"}) {
    EXPECT_EQ(infer(operation, {complex}, {{"dim", integer(1)}}).outputs[0], floats({N})) << operation;
    EXPECT_EQ(infer(operation, {floats({N, 3})}, {{"correction", 0.5}}).shape(), Shape()) << operation;
    EXPECT_EQ(broken(operation, {labels({N})}).code, "integer-input") << operation;
    EXPECT_EQ(broken(operation, {floats({N})}, {{"unbiased", false}, {"correction", integer(0)}}).got,
              "both");
  }
  const Inferred both = infer("var_mean", {complex}, {{"dim", integer(0)}, {"keepdim", true}});
  EXPECT_EQ(both.outputs[0], floats({1, 3}));
  EXPECT_EQ(both.outputs[1], (TensorType{{1, 3}, DType::complex64}));
}

TEST(MaxTest, IsThreeCallsInOne) {
  EXPECT_EQ(infer("max", {floats({N, 3})}).outputs.size(), 1u);
  const Inferred along = infer("max", {floats({N, 3})}, {{"dim", integer(-1)}, {"keepdim", true}});
  EXPECT_EQ(along.outputs[0], floats({N, 1}));
  EXPECT_EQ(along.outputs[1], labels({N, 1}));
  EXPECT_EQ(infer("max", {floats({N, 1}), labels({3})}).outputs[0], floats({N, 3}));
  EXPECT_EQ(broken("max", {floats({N}), floats({N})}, {{"dim", integer(0)}}).got, "both");
  EXPECT_EQ(broken("max", {floats({N})}, {{"keepdim", true}}).remedy, "Name the dimension that stays.");
  EXPECT_EQ(broken("min", {floats({0})}).expected, "an input that is not empty");
  EXPECT_EQ(broken("min", {{{N}, DType::complex64}}).code, "dtype-mismatch");
}

TEST(AmaxTest, ReducesSeveralDimensions) {
  EXPECT_EQ(infer("amax", {floats({N, 3, 4})}, {{"dim", list({0, 2})}}).shape(), (Shape{3}));
  EXPECT_EQ(infer("amin", {{{N}, DType::boolean}}).dtype(), DType::boolean);
  EXPECT_EQ(infer("aminmax", {floats({N, 3})}, {{"dim", integer(1)}}).outputs.size(), 2u);
  broken("amax", {floats({N, 0})}, {{"dim", integer(1)}});
  EXPECT_EQ(infer("amax", {floats({N, 0})}, {{"dim", integer(0)}}).shape(), (Shape{0}));
}

TEST(MedianTest, HasAPlaceAlongADimensionOnly) {
  EXPECT_EQ(infer("median", {floats({N, 3})}).outputs.size(), 1u);
  EXPECT_EQ(infer("median", {floats({N, 3})}, {{"dim", integer(0)}}).outputs[1], labels({3}));
  EXPECT_EQ(broken("median", {{{N}, DType::boolean}}).code, "dtype-mismatch");
  EXPECT_EQ(infer("mode", {{{N, 3}, DType::boolean}}).outputs[0], (TensorType{{N}, DType::boolean}));
}

TEST(QuantileTest, PutsSeveralInFront) {
  EXPECT_EQ(infer("quantile", {floats({N, 3})}, {{"q", 0.5}}).shape(), Shape());
  EXPECT_EQ(infer("quantile", {floats({N, 3}), floats({4})}, {{"dim", integer(1)}}).shape(), (Shape{4, N}));
  EXPECT_EQ(broken("quantile", {floats({N})}, {{"q", 1.5}}).expected, "q between 0 and 1");
  EXPECT_EQ(infer("quantile", {floats({N})}, {{"q", integer(1)}}).shape(), Shape());
  EXPECT_EQ(broken("quantile", {{{N}, DType::float16}}, {{"q", 0.5}}).code, "dtype-mismatch");
}

TEST(NormTest, IsRealAndMayWiden) {
  EXPECT_EQ(infer("norm", {{{N, 3}, DType::complex64}}, {{"dim", integer(1)}}).outputs[0], floats({N}));
  EXPECT_EQ(infer("norm", {floats({N})}, {{"dtype", "float64"}}).dtype(), DType::float64);
  EXPECT_EQ(broken("norm", {{{N}, DType::float64}}, {{"dtype", "float32"}}).got, "float32");
  EXPECT_EQ(broken("norm", {labels({N})}).code, "integer-input");
  EXPECT_EQ(infer("norm", {floats({0})}).shape(), Shape());
  EXPECT_EQ(broken("norm", {floats({0})}, {{"p", -1.0}}).expected, "an input that is not empty");
}

TEST(AnyTest, GivesBooleansButBytesOfBytes) {
  for (const char* operation : {"any", "all"}) {
    EXPECT_EQ(infer(operation, {floats({N, 3})}, {{"dim", integer(0)}}).outputs[0],
              (TensorType{{3}, DType::boolean}));
    EXPECT_EQ(infer(operation, {{{N}, DType::uint8}}).dtype(), DType::uint8);
  }
  EXPECT_EQ(infer("count_nonzero", {floats({N, 3})}, {{"dim", integer(0)}}).outputs[0], labels({3}));
}

TEST(CumsumTest, KeepsTheShape) {
  EXPECT_EQ(infer("cumsum", {{{N, 3}, DType::uint8}}, {{"dim", integer(1)}}).outputs[0], labels({N, 3}));
  EXPECT_EQ(infer("cumprod", {labels({N})}, {{"dim", integer(0)}, {"dtype", "float32"}}).dtype(),
            DType::float32);
  EXPECT_EQ(infer("cummax", {floats({N, 3})}, {{"dim", integer(0)}}).outputs[1], labels({N, 3}));
  EXPECT_EQ(broken("logcumsumexp", {labels({N})}, {{"dim", integer(0)}}).code, "integer-input");
  broken("cumsum", {floats({N})}, {{"dim", integer(1)}});
}

TEST(DiffTest, LosesOneElementATime) {
  EXPECT_EQ(infer("diff", {floats({N, 5})}).shape(), (Shape{N, 4}));
  EXPECT_EQ(infer("diff", {floats({N, 5})}, {{"dim", integer(0)}}).shape(), (Shape{N - Dim(1), 5}));
  EXPECT_EQ(infer("diff", {floats({N, 2})}, {{"n", integer(3)}}).shape(), (Shape{N, 0}));
  EXPECT_EQ(infer("diff", {floats({N, 5}), floats({N, 1})}).shape(), (Shape{N, 5}));
  EXPECT_EQ(broken("diff", {floats({N, 5}), floats({3})}).port, 1);
  broken("diff", {floats({})});
}

}  // namespace
}  // namespace orrery
