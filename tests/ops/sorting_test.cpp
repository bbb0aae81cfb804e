#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(SortTest, GivesValuesAndIndices) {
  const Inferred sorted = infer("sort", {floats({N, 3})});
  EXPECT_EQ(sorted.outputs[0], floats({N, 3}));
  EXPECT_EQ(sorted.outputs[1], labels({N, 3}));
  EXPECT_EQ(infer("argsort", {floats({N, 3})}).outputs[0], labels({N, 3}));
  EXPECT_EQ(infer("msort", {floats({N, 3})}).outputs[0], floats({N, 3}));
  broken("sort", {floats({N, 3})}, {{"dim", integer(2)}});
  EXPECT_EQ(broken("sort", {{{N}, DType::complex64}}).code, "dtype-mismatch");
}

TEST(TopkTest, NeedsSoManyElements) {
  EXPECT_EQ(infer("topk", {floats({N, 10})}, {{"k", integer(5)}}).outputs[1], labels({N, 5}));
  EXPECT_EQ(infer("topk", {floats({N, 10})}, {{"k", integer(3)}, {"dim", integer(0)}}).guards.size(), 1u);
  EXPECT_EQ(words(broken("topk", {floats({N, 4})}, {{"k", integer(5)}})),
            "shape-mismatch: expects at least 5 elements along dimension 1, got 4");
  EXPECT_EQ(infer("kthvalue", {floats({N, 4})}, {{"k", integer(4)}}).shape(), (Shape{N}));
  EXPECT_EQ(infer("kthvalue", {floats({N, 4})}, {{"k", integer(4)}, {"keepdim", true}}).shape(),
            (Shape{N, 1}));
  broken("kthvalue", {floats({N, 4})}, {{"k", integer(5)}});
}

TEST(SearchTest, LooksForElementsThatCompare) {
  EXPECT_EQ(infer("bucketize", {floats({N, 3}), floats({5})}).outputs[0], labels({N, 3}));
  EXPECT_EQ(infer("bucketize", {floats({N, 3}), floats({5})}, {{"out_int32", true}}).dtype(), DType::int32);
  EXPECT_EQ(infer("searchsorted", {floats({N, 5}), floats({N, 2})}).outputs[0], labels({N, 2}));
  EXPECT_EQ(infer("searchsorted", {floats({5}), floats({N, 2})}).shape(), (Shape{N, 2}));
  broken("bucketize", {floats({N, 3}), floats({5, 1})});
  EXPECT_EQ(infer("bucketize", {labels({N, 3}), floats({5})}).outputs[0], labels({N, 3}));
  broken("searchsorted", {floats({2, 5}), floats({3, 2})});
  broken("searchsorted", {floats({5}), floats({2})}, {{"right", true}, {"side", "left"}});
}

}  // namespace
}  // namespace orrery
