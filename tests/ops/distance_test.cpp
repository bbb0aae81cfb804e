#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(DistanceTest, TheVectorsDimensionVanishes) {
  for (const char* cosine : {"CosineSimilarity", "cosine_similarity"}) {
    EXPECT_EQ(infer(cosine, {floats({N, 3, 4}), floats({N, 3, 4})}).shape(), (Shape{N, 4}));
    EXPECT_EQ(infer(cosine, {floats({N, 3}), floats({3})}, {{"dim", integer(-1)}}).shape(), (Shape{N}));
    broken(cosine, {floats({N, 3}), floats({N, 4})});
    broken(cosine, {labels({N, 3}), labels({N, 3})});
    EXPECT_EQ(broken(cosine, {floats({3}), floats({3})}).code, "option-mismatch");
  }
  for (const char* distance : {"PairwiseDistance", "pairwise_distance"}) {
    EXPECT_EQ(infer(distance, {floats({N, 3}), floats({3})}).shape(), (Shape{N}));
    EXPECT_EQ(infer(distance, {floats({N, 3}), floats({N, 3})}, {{"keepdim", true}}).shape(), (Shape{N, 1}));
    EXPECT_EQ(infer(distance, {labels({3}), labels({3})}).outputs[0], floats({}));
    broken(distance, {floats({}), floats({3})});
    broken(distance, {{{3}, DType::boolean}, floats({3})});
  }
}

TEST(DistanceTest, AllRowsOfTwoMatricesMeet) {
  EXPECT_EQ(infer("cdist", {floats({N, 5, 3}), floats({7, 3})}).shape(), (Shape{N, 5, 7}));
  EXPECT_EQ(broken("cdist", {floats({5, 3}), floats({7, 4})}).expected, "3 features, as x1");
  EXPECT_EQ(broken("cdist", {floats({5, 3}), {{7, 3}, DType::float64}}).code, "dtype-mismatch");
  EXPECT_EQ(broken("cdist", {floats({3}), floats({7, 3})}).got, "(3)");
  broken("cdist", {labels({5, 3}), labels({7, 3})});
}

TEST(DistanceTest, PairsOfRowsAreCountedOnce) {
  EXPECT_EQ(infer("pdist", {floats({5, 3})}).shape(), (Shape{10}));
  EXPECT_EQ(infer("pdist", {floats({1, 3})}).shape(), (Shape{0}));
  EXPECT_EQ(infer("pdist", {floats({N, 3})}).shape()[0].evaluate({{"N", 5}}), 10);
  broken("pdist", {floats({5})});
  broken("pdist", {{{5, 3}, DType::float16}});
}

}  // namespace
}  // namespace orrery
