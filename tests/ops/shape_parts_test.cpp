#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

std::vector<Shape> shapes(const std::string& operation, Shape input, const Given& given) {
  std::vector<Shape> all;
  for (const TensorType& output : infer(operation, {floats(std::move(input))}, given).outputs)
    all.push_back(output.shape);
  return all;
}

Given part_sizes(Shape wanted, std::int64_t dim = 0) {
  return {{"split_size_or_sections", std::move(wanted)}, {"dim", dim}};
}

TEST(SplitTest, OfOneSizeTheLastPartIsSmaller) {
  EXPECT_EQ(shapes("split", {7, N}, part_sizes({3})), (std::vector<Shape>{{3, N}, {3, N}, {1, N}}));
  EXPECT_EQ(shapes("split", {6}, part_sizes({3})), (std::vector<Shape>{{3}, {3}}));
  EXPECT_EQ(shapes("split", {3 * N, 2}, part_sizes({N})), (std::vector<Shape>{{N, 2}, {N, 2}, {N, 2}}));
  EXPECT_EQ(shapes("split", {0}, part_sizes({3})), (std::vector<Shape>{{0}}));
  EXPECT_EQ(broken("split", {floats({N})}, part_sizes({3})).expected,
            "a dimension that falls into a known number of parts");
  broken("split", {floats({3})}, part_sizes({0}));
  broken("split", {floats({})}, part_sizes({1}));
}

TEST(SplitTest, GivesNoMorePartsThanANodeHasOutputs) {
  EXPECT_EQ(shapes("split", {65536}, part_sizes({1})).size(), 65536u);
  EXPECT_EQ(
      words(broken("split", {floats({65537})}, part_sizes({1}))),
      "shape-mismatch: expects a dimension that falls into at most 65536 parts, got 65537 in parts of 1");
  EXPECT_EQ(
      words(broken("unbind", {floats({std::int64_t{1} << 40})})),
      "shape-mismatch: expects a dimension that falls into at most 65536 parts, got 1099511627776 elements");
}

TEST(SplitTest, OfAListTheSizesAddUp) {
  EXPECT_EQ(shapes("split", {2, 5}, part_sizes({1, 4}, 1)), (std::vector<Shape>{{2, 1}, {2, 4}}));
  EXPECT_EQ(infer("split", {floats({N})}, part_sizes({1, 4})).guards.size(), 1u);
  EXPECT_EQ(words(broken("split", {floats({2, 5})}, part_sizes({1, 3}, 1))),
            "shape-mismatch: expects sizes that add up to dimension 1, 5, got (1, 3)");
}

TEST(ChunkTest, GivesAtMostSoManyParts) {
  EXPECT_EQ(shapes("chunk", {7}, {{"chunks", integer(3)}}), (std::vector<Shape>{{3}, {3}, {1}}));
  EXPECT_EQ(shapes("chunk", {4}, {{"chunks", integer(3)}}), (std::vector<Shape>{{2}, {2}}));
  EXPECT_EQ(shapes("chunk", {3 * N}, {{"chunks", integer(3)}}), (std::vector<Shape>{{N}, {N}, {N}}));
  error_of(Fault::usage, [] { infer("chunk", {floats({4})}, {{"chunks", integer(0)}}); });
}

TEST(ChunkTest, OfASymbolGuardsThatThereAreEnough) {
  EXPECT_EQ(infer("chunk", {floats({3 * N})}, {{"chunks", integer(3)}}).guards.size(), 0u);
  const Inferred inferred = infer("chunk", {floats({N})}, {{"chunks", integer(4)}});
  EXPECT_EQ(inferred.guards.size(), 1u);
  EXPECT_EQ(inferred.outputs.size(), 4u);
}

TEST(TensorSplitTest, SplitsEvenlyOrAtPlaces) {
  EXPECT_EQ(shapes("tensor_split", {7}, {{"indices_or_sections", integer(3)}}),
            (std::vector<Shape>{{3}, {2}, {2}}));
  EXPECT_EQ(shapes("tensor_split", {7}, {{"indices_or_sections", list({2, 9})}}),
            (std::vector<Shape>{{2}, {5}, {0}}));
  EXPECT_EQ(shapes("tensor_split", {7}, {{"indices_or_sections", list({3})}}),
            (std::vector<Shape>{{3}, {4}}));
  broken("tensor_split", {floats({7})}, {{"indices_or_sections", integer(0)}});
}

TEST(UnbindTest, NeedsAKnownNumber) {
  EXPECT_EQ(shapes("unbind", {N, 2}, {{"dim", integer(1)}}), (std::vector<Shape>{{N}, {N}}));
  broken("unbind", {floats({N, 2})});
}

}  // namespace
}  // namespace orrery
