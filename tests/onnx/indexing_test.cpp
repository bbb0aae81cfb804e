#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

TEST(OnnxIndexingTest, RowsOfAMatrixOfTheFileAreAnEmbedding) {
  OnnxBuilder model;
  model.weight("words.weight", {10, 4}).input("ids", {"N", "T"}, OnnxDType::int64);
  const auto graph = imported(model, "Gather", {"words.weight", "ids"});
  EXPECT_EQ(described(*graph), "words = Embedding(ids) (N, T, 4)\n");
}

TEST(OnnxIndexingTest, IndicesOfAnyRankTakeTheAxissPlace) {
  OnnxBuilder model;
  model.input("x", {"N", "5", "6"}).input("i", {"2", "3"}, OnnxDType::int64);
  const auto graph = imported(model, "Gather", {"x", "i"}, {attribute("axis", std::int64_t{-2})});
  EXPECT_EQ(described(*graph), "index = index(x, i) (N, 2, 3, 6)\n");
}

TEST(OnnxIndexingTest, OneKnownIndexSelectsOrNarrows) {
  OnnxBuilder scalar, row;
  scalar.input("x", {"N", "5"}).integers("i", {}, {-1});
  const auto one = imported(scalar, "Gather", {"x", "i"}, {attribute("axis", std::int64_t{1})});
  EXPECT_EQ(described(*one), "select = select(x) (N)\n");
  row.input("x", {"N", "5"}).integers("i", {1}, {2});
  const auto kept = imported(row, "Gather", {"x", "i"}, {attribute("axis", std::int64_t{1})});
  EXPECT_EQ(described(*kept), "narrow = narrow(x) (N, 1)\n");
}

TEST(OnnxIndexingTest, ElementsBelowZeroCountFromTheEnd) {
  OnnxBuilder told, computed;
  told.input("x", {"3", "4"}).integers("i", {1, 4}, {0, -1, 2, -3});
  EXPECT_EQ(operations_in(*imported(told, "GatherElements", {"x", "i"})), "gather");
  computed.input("x", {"3", "4"}).input("i", {"1", "4"}, OnnxDType::int64);
  EXPECT_EQ(operations_in(*imported(computed, "GatherElements", {"x", "i"})), "add, lt, where, gather");
}

TEST(OnnxIndexingTest, GatherNdIndexesTheDimensionsBehindTheBatch) {
  OnnxBuilder plain, batched;
  plain.input("x", {"4", "5", "6"}).input("i", {"7", "2"}, OnnxDType::int64);
  EXPECT_EQ(result_in(*imported(plain, "GatherND", {"x", "i"})), "float32 (7, 6)");
  batched.input("x", {"4", "5", "6"}).input("i", {"4", "3", "1"}, OnnxDType::int64);
  EXPECT_EQ(result_in(*imported(batched, "GatherND", {"x", "i"}, {attribute("batch_dims", std::int64_t{1})})),
            "float32 (4, 3, 6)");
}

TEST(OnnxIndexingTest, GatherNdRefusesMorePlacesThanDimensions) {
  OnnxBuilder model;
  model.input("x", {"4", "5"}).input("i", {"7", "3"}, OnnxDType::int64);
  EXPECT_EQ(refusal_of(model, "GatherND", {"x", "i"}),
            "'test.onnx': node 'y' (GatherND): 0 batch dimensions and 3 places do not fit an input (4, 5)");
}

TEST(OnnxIndexingTest, OneHotHasTheDtypeOfItsValues) {
  OnnxBuilder plain, others;
  plain.input("i", {"N"}, OnnxDType::int64).integers("depth", {}, {4}).floats("values", {2}, {0, 1});
  const auto graph =
      imported(plain, "OneHot", {"i", "depth", "values"}, {attribute("axis", std::int64_t{0})});
  EXPECT_EQ(result_in(*graph), "float32 (4, N)");
  others.input("i", {"N"}).integers("depth", {1}, {4}).input("values", {"2"}, OnnxDType::int32);
  EXPECT_EQ(result_in(*imported(others, "OneHot", {"i", "depth", "values"})), "int32 (N, 4)");
}

TEST(OnnxIndexingTest, NonZeroLaysPlacesInColumns) {
  OnnxBuilder model;
  model.input("x", {"3", "4"});
  EXPECT_EQ(operations_in(*imported(model, "NonZero", {"x"})), "nonzero, permute");
}

TEST(OnnxIndexingTest, ScatterElementsReplacesOrJoins) {
  const auto how = [](const char* reduction) {
    OnnxBuilder model(18);
    model.input("x", {"3", "4"}).integers("i", {1, 4}, {0, 1, 2, -1}).input("u", {"1", "4"});
    return operations_in(
        *imported(model, "ScatterElements", {"x", "i", "u"}, {attribute("reduction", reduction)}));
  };
  EXPECT_EQ(how("none"), "scatter");
  EXPECT_EQ(how("add"), "scatter_add");
  EXPECT_EQ(how("max"), "scatter_reduce");
  OnnxBuilder model(18);
  model.input("x", {"3"}).integers("i", {1}, {0}).input("u", {"1"});
  EXPECT_EQ(refusal_of(model, "ScatterElements", {"x", "i", "u"}, {attribute("reduction", "mean")}),
            "'test.onnx': node 'y' (ScatterElements): there is no reduction 'mean'");
}

TEST(OnnxIndexingTest, ScatterNdPutsSlices) {
  const auto graph_of = [](const char* reduction) {
    OnnxBuilder model(18);
    model.input("x", {"4", "5", "6"}).input("i", {"7", "2"}, OnnxDType::int64).input("u", {"7", "6"});
    return imported(model, "ScatterND", {"x", "i", "u"}, {attribute("reduction", reduction)});
  };
  EXPECT_EQ(operations_in(*graph_of("none")), "unbind, index_put");
  EXPECT_EQ(option_of(*graph_of("add"), "index_put", "accumulate"), "true");
  EXPECT_EQ(option_of(*graph_of("mul"), "scatter_reduce", "reduce"), "\"prod\"");
  EXPECT_EQ(result_in(*graph_of("min")), "float32 (4, 5, 6)");
}

std::string sliced(std::vector<std::string> sizes, Ints starts, Ints ends, Ints axes, Ints steps) {
  OnnxBuilder model;
  const auto count = static_cast<std::int64_t>(starts.size());
  model.input("x", sizes).integers("starts", {count}, starts).integers("ends", {count}, ends);
  model.integers("axes", {count}, axes).integers("steps", {count}, steps);
  const auto graph = imported(model, "Slice", {"x", "starts", "ends", "axes", "steps"});
  return operations_in(*graph) + ": " + result_in(*graph);
}

TEST(OnnxIndexingTest, SlicesGoFromStartToEnd) {
  EXPECT_EQ(sliced({"8", "10"}, {1, 2}, {INT64_MAX, -1}, {0, 1}, {1, 3}), "slice, slice: float32 (7, 3)");
  EXPECT_EQ(sliced({"N", "10"}, {0}, {INT32_MAX}, {1}, {1}), "Identity: float32 (N, 10)");
  EXPECT_EQ(sliced({"10"}, {1000}, {1000}, {0}, {1}), "slice: float32 (0)");
}

TEST(OnnxIndexingTest, ABillionIsTheEndOfEverySize) {
  OnnxBuilder model;
  model.input("x", {"N", "4"}).integers("from", {1}, {0}).integers("to", {1}, {1'000'000'000});
  model.node("Slice", {"x", "from", "to"}, {"s"}).node("Relu", {"s"}, {"y"}).output("y");
  EXPECT_EQ(described(*model.import()), "relu = relu(x) (N, 4)\n");
}

TEST(OnnxIndexingTest, SlicesBackwardsTurnTheAxisRound) {
  EXPECT_EQ(sliced({"10"}, {-1}, {INT64_MIN}, {0}, {-1}), "flip: float32 (10)");
  EXPECT_EQ(sliced({"10"}, {8}, {1}, {0}, {-2}), "flip, slice: float32 (4)");
  EXPECT_EQ(sliced({"10"}, {20}, {0}, {0}, {-4}), "flip, slice: float32 (3)");
  EXPECT_EQ(sliced({"N"}, {-1}, {INT64_MIN}, {0}, {-1}), "flip: float32 (N)");
}

TEST(OnnxIndexingTest, SlicesBackwardsRefuseASizeThatOnlyTheDataTell) {
  OnnxBuilder model;
  model.input("x", {"N"}).integers("starts", {1}, {5}).integers("ends", {1}, {0}).integers("axes", {1}, {0});
  model.integers("steps", {1}, {-1});
  EXPECT_EQ(refusal_of(model, "Slice", {"x", "starts", "ends", "axes", "steps"}),
            "'test.onnx': node 'y' (Slice): it goes backwards from 5 to 0 of N, which only the data tell\n"
            "  Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
}

TEST(OnnxIndexingTest, SlicesTakeAttributesBeforeSet10) {
  OnnxBuilder model(9);
  model.input("x", {"N", "10"});
  const auto graph =
      imported(model, "Slice", {"x"},
               {attribute("starts", Ints{2}), attribute("ends", Ints{5}), attribute("axes", Ints{1})});
  EXPECT_EQ(result_in(*graph), "float32 (N, 3)");
}

TEST(OnnxIndexingTest, CompressKeepsWhatAConditionSays) {
  OnnxBuilder told, computed;
  told.input("x", {"3", "4"}).integers("c", {3}, {0, 1, 1});
  const auto kept = imported(told, "Compress", {"x", "c"}, {attribute("axis", std::int64_t{0})});
  EXPECT_EQ(result_in(*kept), "float32 (2, 4)");
  computed.input("x", {"3", "4"}).input("c", {"5"}, OnnxDType::boolean);
  EXPECT_EQ(operations_in(*imported(computed, "Compress", {"x", "c"})), "reshape, nonzero, index_select");
}

TEST(OnnxIndexingTest, UniqueTellsWhereEachStandsFirst) {
  OnnxBuilder sorted, found;
  sorted.input("x", {"6"});
  const auto rising = imported(sorted, "Unique", {"x"}, {}, {"y", "first", "inverse", "counts"});
  EXPECT_EQ(operations_in(*rising), "unique, arange, full_like, scatter_reduce");
  found.input("x", {"6"});
  const auto order = imported(found, "Unique", {"x"}, {attribute("sorted", std::int64_t{0})},
                              {"y", "first", "inverse", "counts"});
  EXPECT_EQ(option_of(*order, "unique", "return_counts"), "true");
  EXPECT_EQ(result_in(*order, 2), "int64 (6)");
}

}  // namespace
}  // namespace orrery::testing
