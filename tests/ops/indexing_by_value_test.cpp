#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Given kSecond = {{"dim", integer(1)}};

TensorType mask(Shape shape) { return {std::move(shape), DType::boolean}; }

TEST(GatherTest, HasTheShapeOfItsIndices) {
  EXPECT_EQ(infer("gather", {floats({N, 5}), labels({N, 2})}, kSecond).outputs[0], floats({N, 2}));
  EXPECT_EQ(infer("gather", {floats({N, 5}), labels({2, 7})}, kSecond).shape(), (Shape{2, 7}));
  EXPECT_EQ(broken("gather", {floats({3, 5}), labels({4, 2})}, kSecond).expected,
            "indices of 2 dimensions, none larger than of (3, 5) but for dimension 1");
  EXPECT_EQ(broken("gather", {floats({3, 5}), floats({3, 2})}, kSecond).code, "dtype-mismatch");
  broken("gather", {floats({3, 5}), labels({3})}, kSecond);
}

TEST(ScatterTest, PutsElementsOfOneDtype) {
  EXPECT_EQ(infer("scatter", {floats({N, 5}), labels({N, 2}), floats({N, 2})}, kSecond).outputs[0],
            floats({N, 5}));
  broken("scatter_add", {floats({N, 5}), labels({N, 2}), labels({N, 2})}, kSecond);
  broken("scatter", {floats({N, 5}), labels({N, 2}), floats({N, 1})}, kSecond);
}

TEST(IndexSelectTest, TakesARowOfIndices) {
  EXPECT_EQ(infer("index_select", {floats({N, 5}), labels({3})}, kSecond).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("index_select", {floats({N, 5}), labels({})}, kSecond).shape(), (Shape{N, 1}));
  broken("index_select", {floats({N, 5}), labels({3, 1})}, kSecond);
}

TEST(IndexAddTest, TakesSlicesOfTheInputsShape) {
  EXPECT_EQ(infer("index_add", {floats({N, 5}), labels({3}), floats({N, 3})}, kSecond).shape(),
            (Shape{N, 5}));
  EXPECT_EQ(broken("index_copy", {floats({N, 5}), labels({3}), floats({N, 2})}, kSecond).expected,
            "a source of shape (N, 3)");
}

TEST(TakeAlongDimTest, BroadcastsIndices) {
  EXPECT_EQ(infer("take_along_dim", {floats({N, 5}), labels({1, 3})}, kSecond).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("take_along_dim", {floats({N, 5}), labels({2, 3})}).shape(), (Shape{6}));
}

TEST(PartScatterTest, WritesOverAPart) {
  EXPECT_EQ(
      infer("select_scatter", {floats({N, 5}), floats({N})}, {{"dim", integer(1)}, {"index", integer(0)}})
          .shape(),
      (Shape{N, 5}));
  EXPECT_EQ(
      broken("slice_scatter", {floats({N, 5}), floats({N, 2})}, {{"dim", integer(1)}, {"start", integer(2)}})
          .expected,
      "a source of shape (N, 3)");
}

TEST(IndexTest, StandsInThePlaceOfItsDimensions) {
  EXPECT_EQ(infer("index", {floats({N, 4, 5}), labels({2, 3})}, {{"dims", list({1})}}).shape(),
            (Shape{N, 2, 3, 5}));
  EXPECT_EQ(infer("index", {floats({N, 4, 5}), labels({2, 1}), labels({3})}).shape(), (Shape{2, 3, 5}));
  EXPECT_EQ(infer("index", {floats({N, 4, 5}), labels({2}), labels({2})}, {{"dims", list({0, 2})}}).shape(),
            (Shape{2, 4}));
  broken("index", {floats({N, 4}), labels({2}), labels({3})});
  broken("index", {floats({N, 4}), floats({2})});
  broken("index", {floats({N}), labels({2}), labels({2})});
}

TEST(IndexTest, AMaskChoosesAsManyAsTheDataTell) {
  EXPECT_EQ(infer("index", {floats({N, 4, 5}), mask({N, 4})}).shape(), (Shape{K, 5}));
  EXPECT_EQ(infer("masked_select", {floats({N, 4}), mask({4})}).shape(), (Shape{K}));
  EXPECT_EQ(infer("nonzero", {floats({N, 4})}).outputs[0], labels({K, 2}));
  EXPECT_EQ(infer("nonzero", {floats({N, 4})}, {{"as_tuple", true}}).outputs.size(), 2u);
  broken("index", {floats({N, 4}), mask({N, 3})});
  broken("masked_select", {floats({N, 4}), labels({N, 4})});
}

TEST(IndexPutTest, BroadcastsValues) {
  EXPECT_EQ(infer("index_put", {floats({N, 4}), floats({4}), labels({2})}).shape(), (Shape{N, 4}));
  broken("index_put", {floats({N, 4}), floats({3}), labels({2})});
  broken("index_put", {floats({N, 4}), labels({4}), labels({2})});
}

TEST(UniqueTest, GivesWhatIsAskedFor) {
  EXPECT_EQ(infer("unique", {floats({N, 4})}).outputs.size(), 1u);
  const Inferred all = infer("unique", {floats({N, 4})},
                             {{"return_inverse", true}, {"return_counts", true}, {"dim", integer(1)}});
  ASSERT_EQ(all.outputs.size(), 3u);
  EXPECT_EQ(all.outputs[0], floats({N, K}));
  EXPECT_EQ(all.outputs[1], labels({4}));
  EXPECT_EQ(all.outputs[2], labels({K}));
}

TEST(OneHotTest, HasANumberOfClassesOrTheDataTell) {
  EXPECT_EQ(infer("one_hot", {labels({N})}, {{"num_classes", integer(10)}}).outputs[0], labels({N, 10}));
  EXPECT_EQ(infer("one_hot", {labels({N})}).shape(), (Shape{N, K}));
  broken("one_hot", {floats({N})});
}

}  // namespace
}  // namespace orrery
