#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

std::string in_shape(std::vector<std::string> sizes, Ints wanted, std::vector<OnnxAttribute> more = {}) {
  OnnxBuilder model;
  model.input("x", sizes).integers("to", {static_cast<std::int64_t>(wanted.size())}, wanted);
  return result_in(*imported(model, "Reshape", {"x", "to"}, std::move(more)));
}

TEST(OnnxShapesTest, AZeroKeepsASizeAndAMinusOneTakesTheRest) {
  EXPECT_EQ(in_shape({"N", "4", "6"}, {0, -1}), "float32 (N, 24)");
  EXPECT_EQ(in_shape({"2", "4", "6"}, {0, 0, 3, 2}), "float32 (2, 4, 3, 2)");
  EXPECT_EQ(in_shape({"0", "4"}, {4, 0}, {attribute("allowzero", std::int64_t{1})}), "float32 (4, 0)");
}

TEST(OnnxShapesTest, AZeroBehindTheInputsLastSizeIsRefused) {
  OnnxBuilder model;
  model.input("x", {"4"}).integers("to", {2}, {4, 0});
  EXPECT_EQ(refusal_of(model, "Reshape", {"x", "to"}),
            "'test.onnx': node 'y' (Reshape): size 1 is that of the input, which has only 1");
}

TEST(OnnxShapesTest, BeforeSet5TheShapeIsAnAttribute) {
  OnnxBuilder model(1);
  model.input("x", {"4", "6"});
  EXPECT_EQ(result_in(*imported(model, "Reshape", {"x"}, {attribute("shape", Ints{3, -1})})),
            "float32 (3, 8)");
}

TEST(OnnxShapesTest, FlattenMakesTwoDimensionsAtAnyAxis) {
  const auto at = [](std::int64_t axis) {
    OnnxBuilder model;
    model.input("x", {"N", "3", "4"});
    return result_in(*imported(model, "Flatten", {"x"}, {attribute("axis", axis)}));
  };
  EXPECT_EQ(at(0), "float32 (1, 12*N)");
  EXPECT_EQ(at(1), "float32 (N, 12)");
  EXPECT_EQ(at(-1), "float32 (3*N, 4)");
  EXPECT_EQ(at(3), "float32 (12*N, 1)");
}

TEST(OnnxShapesTest, FlattenRefusesAnAxisBehindTheRank) {
  OnnxBuilder model;
  model.input("x", {"N", "3"});
  EXPECT_EQ(refusal_of(model, "Flatten", {"x"}, {attribute("axis", std::int64_t{3})}),
            "'test.onnx': node 'y' (Flatten): axis 3 is outside a tensor of rank 2");
}

TEST(OnnxShapesTest, SqueezeDropsWhatIsOneOrWhatIsTold) {
  OnnxBuilder all, one(11);
  all.input("x", {"N", "1", "3", "1"});
  EXPECT_EQ(result_in(*imported(all, "Squeeze", {"x"})), "float32 (N, 3)");
  one.input("x", {"N", "1", "3", "1"});
  EXPECT_EQ(result_in(*imported(one, "Squeeze", {"x"}, {attribute("axes", Ints{-1})})), "float32 (N, 1, 3)");
}

TEST(OnnxShapesTest, SqueezeRefusesASizeThatIsNotKnownToBeOne) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).integers("axes", {1}, {0});
  EXPECT_EQ(refusal_of(model, "Squeeze", {"x", "axes"}),
            "'test.onnx': node 'y' (Squeeze): dimension 0 is to go, but its size is N, not 1\n"
            "  Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
}

TEST(OnnxShapesTest, UnsqueezeCountsAxesInTheResult) {
  OnnxBuilder model, twice;
  model.input("x", {"3", "4"}).integers("axes", {3}, {-1, 0, 2});
  EXPECT_EQ(result_in(*imported(model, "Unsqueeze", {"x", "axes"})), "float32 (1, 3, 1, 4, 1)");
  twice.input("x", {"3", "4"}).integers("axes", {2}, {1, -3});
  EXPECT_EQ(refusal_of(twice, "Unsqueeze", {"x", "axes"}),
            "'test.onnx': node 'y' (Unsqueeze): axis -3 is told twice");
}

TEST(OnnxShapesTest, TransposeTurnsAllDimensionsUnlessAnOrderIsTold) {
  OnnxBuilder all, some, none;
  all.input("x", {"N", "3", "4"});
  EXPECT_EQ(result_in(*imported(all, "Transpose", {"x"})), "float32 (4, 3, N)");
  some.input("x", {"N", "3", "4"});
  EXPECT_EQ(result_in(*imported(some, "Transpose", {"x"}, {attribute("perm", Ints{0, 2, 1})})),
            "float32 (N, 4, 3)");
  none.input("x", {"N", "3"});
  EXPECT_EQ(operations_in(*imported(none, "Transpose", {"x"}, {attribute("perm", Ints{0, 1})})), "Identity");
}

TEST(OnnxShapesTest, ConcatJoinsSymbolicSizes) {
  OnnxBuilder model;
  model.input("a", {"N", "3"}).input("b", {"N", "T"});
  EXPECT_EQ(result_in(*imported(model, "Concat", {"a", "b"}, {attribute("axis", std::int64_t{-1})})),
            "float32 (N, T + 3)");
}

TEST(OnnxShapesTest, SplitTakesEqualPartsOrListedOnes) {
  OnnxBuilder equal, listed;
  equal.input("x", {"N", "6"});
  const auto halves = imported(equal, "Split", {"x"}, {attribute("axis", std::int64_t{1})}, {"y", "z"});
  EXPECT_EQ(result_in(*halves, 1), "float32 (N, 3)");
  listed.input("x", {"N", "6"}).integers("sizes", {2}, {1, 5});
  const auto parts =
      imported(listed, "Split", {"x", "sizes"}, {attribute("axis", std::int64_t{1})}, {"y", "z"});
  EXPECT_EQ(result_in(*parts, 0), "float32 (N, 1)");
  EXPECT_EQ(result_in(*parts, 1), "float32 (N, 5)");
}

TEST(OnnxShapesTest, OnlyFromSet18OnMayTheLastPartBeSmaller) {
  OnnxBuilder before, since(18);
  before.input("x", {"7"});
  EXPECT_EQ(refusal_of(before, "Split", {"x"}, {}, {"y", "z"}),
            "'test.onnx': node 'y' (Split): 7 does not fall into 2 equal parts");
  since.input("x", {"7"});
  const auto parts = imported(since, "Split", {"x"}, {attribute("num_outputs", std::int64_t{2})}, {"y", "z"});
  EXPECT_EQ(result_in(*parts, 0), "float32 (4)");
  EXPECT_EQ(result_in(*parts, 1), "float32 (3)");
}

TEST(OnnxShapesTest, ExpandKeepsSizesWhereTheShapeHasOne) {
  OnnxBuilder model;
  model.input("x", {"N", "1", "4"}).integers("to", {4}, {2, 1, 3, 1});
  EXPECT_EQ(result_in(*imported(model, "Expand", {"x", "to"})), "float32 (2, N, 3, 4)");
}

TEST(OnnxShapesTest, TileRepeatsEachDimensionAndInSet1One) {
  OnnxBuilder model, first(1);
  model.input("x", {"N", "3"}).integers("times", {2}, {1, 4});
  EXPECT_EQ(result_in(*imported(model, "Tile", {"x", "times"})), "float32 (N, 12)");
  first.input("x", {"2", "3"}).integers("times", {}, {4}).integers("axis", {}, {0});
  EXPECT_EQ(result_in(*imported(first, "Tile", {"x", "times", "axis"})), "float32 (8, 3)");
}

TEST(OnnxShapesTest, CastKnowsTypesByNumberAndBeforeSet6ByWord) {
  OnnxBuilder number, word(1), text;
  number.input("x", {"N"});
  EXPECT_EQ(result_in(*imported(number, "Cast", {"x"}, {attribute("to", std::int64_t{10})})), "float16 (N)");
  word.input("x", {"N"});
  EXPECT_EQ(result_in(*imported(word, "Cast", {"x"}, {attribute("to", "INT64")})), "int64 (N)");
  text.input("x", {"N"});
  EXPECT_EQ(refusal_of(text, "Cast", {"x"}, {attribute("to", std::int64_t{8})}),
            "'test.onnx': node 'y' (Cast): it casts to string, which Orrery does not have");
}

TEST(OnnxShapesTest, TriluTakesItsDiagonalFromAnInput) {
  OnnxBuilder model;
  model.input("x", {"N", "4", "4"}).integers("k", {}, {-1});
  const auto graph = imported(model, "Trilu", {"x", "k"}, {attribute("upper", std::int64_t{0})});
  EXPECT_EQ(operations_in(*graph), "tril");
  EXPECT_EQ(option_of(*graph, "tril", "diagonal"), "-1");
}

TEST(OnnxShapesTest, ReverseSequenceGathersAlongTime) {
  OnnxBuilder model, same;
  model.input("x", {"T", "N", "2"}).input("lengths", {"N"}, OnnxDType::int64);
  const auto graph = imported(model, "ReverseSequence", {"x", "lengths"});
  EXPECT_EQ(result_in(*graph), "float32 (T, N, 2)");
  EXPECT_EQ(option_of(*graph, "gather", "dim"), "0");
  same.input("x", {"T", "N"}).input("lengths", {"N"}, OnnxDType::int64);
  EXPECT_EQ(refusal_of(same, "ReverseSequence", {"x", "lengths"}, {attribute("time_axis", std::int64_t{1})}),
            "'test.onnx': node 'y' (ReverseSequence): batch_axis and time_axis are both 1");
}

}  // namespace
}  // namespace orrery::testing
