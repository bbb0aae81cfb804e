#include "tests/ops/infer.h"

namespace orrery {
namespace {

Shape product(Shape left, Shape right) {
  return infer("matmul", {floats(std::move(left)), floats(std::move(right))}).shape();
}

TEST(MatmulTest, MultipliesMatricesBatchesAndVectors) {
  EXPECT_EQ(product({2, 3}, {3, 4}), (Shape{2, 4}));
  EXPECT_EQ(product({N, 2, 3}, {3, 4}), (Shape{N, 2, 4}));
  EXPECT_EQ(product({N, 1, 2, 3}, {5, 3, 4}), (Shape{N, 5, 2, 4}));
  EXPECT_EQ(product({3}, {3}), Shape());
  EXPECT_EQ(product({2, 3}, {3}), (Shape{2}));
  EXPECT_EQ(product({3}, {3, 4}), (Shape{4}));
  EXPECT_EQ(product({3}, {N, 3, 4}), (Shape{N, 4}));
  EXPECT_EQ(product({N, 2, 3}, {3}), (Shape{N, 2}));
}

TEST(MatmulTest, TheInnerSizesAgree) {
  const RuleBroken rule = broken("matmul", {floats({N, 64}), floats({32, 10})});
  EXPECT_EQ(words(rule),
            "shape-mismatch: expects a second input with 64 rows, to fit the first's (N, 64), got (32, 10)");
  EXPECT_EQ(broken("matmul", {floats({N, 64}), floats({32})}).expected,
            "a second input with 64 elements, to fit the first's (N, 64)");
  EXPECT_EQ(infer("matmul", {floats({N, K}), floats({32, 10})}).guards.size(), 1u);
  broken("matmul", {floats({2, 3, 4}), floats({5, 4, 6})});
}

TEST(MatmulTest, ScalarsBooleansAndMixedDtypesAreRefused) {
  EXPECT_EQ(broken("matmul", {floats({}), floats({3})}).port, 0);
  EXPECT_EQ(broken("matmul", {floats({3}), floats({})}).port, 1);
  EXPECT_EQ(broken("matmul", {{{2, 2}, DType::boolean}, {{2, 2}, DType::boolean}}).code, "dtype-mismatch");
  EXPECT_EQ(broken("matmul", {floats({2, 2}), {{2, 2}, DType::float64}}).remedy,
            "Convert it first: x:to(\"float32\").");
}

TEST(MatmulTest, CountsAsFlopCounterModeDoes) {
  EXPECT_EQ(flops("matmul", {floats({2, 3}), floats({3, 4})}), Dim(48));
  EXPECT_EQ(flops("matmul", {floats({N, 2, 3}), floats({3, 4})}), 48 * N);
  EXPECT_EQ(flops("matmul", {floats({3}), floats({3, 4})}), Dim(24));
  EXPECT_EQ(flops("matmul", {floats({2, 3}), floats({3})}), Dim(0));
}

}  // namespace
}  // namespace orrery
