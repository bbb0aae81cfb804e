#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

// x of those sizes and four known vectors of 3 channels.
void add_statistics(OnnxBuilder& model, const std::vector<std::string>& sizes) {
  model.input("x", sizes);
  for (const char* vector : {"scale", "shift", "mean", "var"}) model.weight(vector, {3});
}

const std::vector<std::string> kBatch = {"x", "scale", "shift", "mean", "var"};

TEST(OnnxNormalizationTest, BatchNormalizationIsTheLayerOfItsRank) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> ranks = {
      {{"N", "3"}, "BatchNorm1d"},
      {{"N", "3", "8"}, "BatchNorm1d"},
      {{"N", "3", "8", "8"}, "BatchNorm2d"},
      {{"N", "3", "8", "8", "8"}, "BatchNorm3d"}};
  for (const auto& [sizes, layer] : ranks) {
    OnnxBuilder model;
    add_statistics(model, sizes);
    EXPECT_EQ(operations_in(*imported(model, "BatchNormalization", kBatch)), layer);
  }
}

TEST(OnnxNormalizationTest, OnnxsMomentumWeighsTheOldStatistics) {
  OnnxBuilder model;
  add_statistics(model, {"N", "3"});
  const auto graph = imported(model, "BatchNormalization", kBatch,
                              {attribute("momentum", 0.75), attribute("epsilon", 0.125)});
  EXPECT_EQ(option_of(*graph, "BatchNorm1d", "momentum"), "0.25");
  EXPECT_EQ(option_of(*graph, "BatchNorm1d", "eps"), "0.125");
  OnnxBuilder defaults;
  add_statistics(defaults, {"N", "3"});
  EXPECT_EQ(option_of(*imported(defaults, "BatchNormalization", kBatch), "BatchNorm1d", "momentum"), "0.1");
}

TEST(OnnxNormalizationTest, ComputedStatisticsAreApplied) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "8"}).input("scale", {"3"}).weight("shift", {3}).weight("mean", {3});
  const auto graph = imported(model.weight("var", {3}), "BatchNormalization", kBatch);
  EXPECT_EQ(operations_in(*graph), "reshape, reshape, sub, add, rsqrt, mul, reshape, reshape, mul, add");
  EXPECT_EQ(result_in(*graph), "float32 (N, 3, 8)");
}

TEST(OnnxNormalizationTest, InTrainingModeTheBatchTellsTheStatistics) {
  OnnxBuilder model(15);
  add_statistics(model, {"N", "3", "8"});
  const auto graph = imported(model, "BatchNormalization", kBatch,
                              {attribute("training_mode", std::int64_t{1})}, {"y", "m", "v"});
  EXPECT_EQ(option_of(*graph, "var_mean", "dim"), "{0, 2}");
  EXPECT_EQ(option_of(*graph, "var_mean", "unbiased"), "false");
  EXPECT_EQ(result_in(*graph), "float32 (N, 3, 8)");
  EXPECT_EQ(result_in(*graph, 1), "float32 (3)");
  EXPECT_EQ(result_in(*graph, 2), "float32 (3)");
}

TEST(OnnxNormalizationTest, BeforeSet14MoreOutputsMeanTraining) {
  OnnxBuilder one(9), five(9), test(6);
  add_statistics(one, {"N", "3"});
  EXPECT_EQ(operations_in(*imported(one, "BatchNormalization", kBatch)), "BatchNorm1d");
  const std::vector<std::string> outputs = {"y", "m", "v", "sm", "sv"};
  add_statistics(five, {"N", "3"});
  EXPECT_EQ(option_of(*imported(five, "BatchNormalization", kBatch, {}, outputs), "var_mean", "dim"), "{0}");
  add_statistics(test, {"N", "3"});
  EXPECT_EQ(
      operations_in(*imported(test, "BatchNormalization", kBatch, {attribute("is_test", std::int64_t{1})})),
      "BatchNorm1d");
}

TEST(OnnxNormalizationTest, StatisticsMayBeOfEachPlace) {
  OnnxBuilder model(6);
  model.input("x", {"N", "3", "4"});
  for (const char* vector : {"scale", "shift", "mean", "var"}) model.weight(vector, {3, 4});
  const auto graph = imported(model, "BatchNormalization", kBatch,
                              {attribute("is_test", std::int64_t{1}), attribute("spatial", std::int64_t{0})});
  EXPECT_EQ(operations_in(*graph), "sub, add, rsqrt, mul, mul, add");
}

TEST(OnnxNormalizationTest, InstanceNormalizationIsTheLayerOfItsRank) {
  OnnxBuilder known, computed, single;
  add_statistics(known, {"N", "3", "8", "8"});
  EXPECT_EQ(operations_in(*imported(known, "InstanceNormalization", {"x", "scale", "shift"})),
            "InstanceNorm2d");
  computed.input("x", {"N", "3", "8"}).input("scale", {"3"}).input("shift", {"3"});
  EXPECT_EQ(
      option_of(*imported(computed, "InstanceNormalization", {"x", "scale", "shift"}), "var_mean", "dim"),
      "{2}");
  add_statistics(single, {"N", "3", "1"});
  EXPECT_EQ(result_in(*imported(single, "InstanceNormalization", {"x", "scale", "shift"})),
            "float32 (N, 3, 1)");
}

TEST(OnnxNormalizationTest, InstanceNormalizationNeedsPlaces) {
  OnnxBuilder model;
  add_statistics(model, {"N", "3"});
  EXPECT_EQ(refusal_of(model, "InstanceNormalization", {"x", "scale", "shift"}),
            "'test.onnx': node 'y' (InstanceNormalization): its input must be (N, C, …), got (N, 3)");
}

TEST(OnnxNormalizationTest, LayerNormalizationWithKnownTensorsIsALayer) {
  OnnxBuilder model, unshifted;
  model.input("x", {"N", "7", "3", "4"}).weight("scale", {3, 4}).weight("shift", {3, 4});
  const auto graph =
      imported(model, "LayerNormalization", {"x", "scale", "shift"}, {attribute("axis", std::int64_t{-2})});
  EXPECT_EQ(operations_in(*graph), "LayerNorm");
  EXPECT_EQ(option_of(*graph, "LayerNorm", "normalized_shape"), "{3, 4}");
  unshifted.input("x", {"N", "7"}).weight("scale", {7});
  EXPECT_EQ(option_of(*imported(unshifted, "LayerNormalization", {"x", "scale"}), "LayerNorm", "bias"),
            "false");
}

TEST(OnnxNormalizationTest, LayerNormalizationMayGiveItsStatistics) {
  OnnxBuilder model;
  model.input("x", {"N", "7", "4"}).weight("scale", {4});
  const auto graph = imported(model, "LayerNormalization", {"x", "scale"}, {}, {"y", "mean_of_x", "inverse"});
  EXPECT_EQ(operations_in(*graph), "var_mean, sub, add, rsqrt, mul, mul");
  EXPECT_EQ(result_in(*graph), "float32 (N, 7, 4)");
  EXPECT_EQ(result_in(*graph, 1), "float32 (N, 7, 1)");
  EXPECT_EQ(result_in(*graph, 2), "float32 (N, 7, 1)");
}

TEST(OnnxNormalizationTest, HalvesAreNormalizedInFloat32) {
  OnnxBuilder model;
  model.input("x", {"N", "4"}, OnnxDType::float16).input("scale", {"4"}, OnnxDType::float16);
  const auto graph = imported(model, "LayerNormalization", {"x", "scale"}, {}, {"y", "mean_of_x"});
  EXPECT_EQ(result_in(*graph), "float16 (N, 4)");
  EXPECT_EQ(result_in(*graph, 1), "float32 (N, 1)");
}

TEST(OnnxNormalizationTest, RmsNormalizationIsALayerOrItsFormula) {
  OnnxBuilder known(23), computed(23);
  known.input("x", {"N", "4"}).weight("scale", {4});
  EXPECT_EQ(operations_in(*imported(known, "RMSNormalization", {"x", "scale"})), "RMSNorm");
  computed.input("x", {"N", "4"}).input("scale", {"4"});
  EXPECT_EQ(operations_in(*imported(computed, "RMSNormalization", {"x", "scale"})),
            "square, mean, add, rsqrt, mul, mul");
}

std::string group_normalization(std::int64_t opset, const std::string& numbers) {
  OnnxBuilder model(opset);
  model.input("x", {"N", "6", "8"})
      .weight("scale", {std::stoll(numbers)})
      .weight("shift", {std::stoll(numbers)});
  const auto graph = imported(model, "GroupNormalization", {"x", "scale", "shift"},
                              {attribute("num_groups", std::int64_t{2})});
  EXPECT_EQ(result_in(*graph), "float32 (N, 6, 8)");
  return operations_in(*graph);
}

TEST(OnnxNormalizationTest, GroupsHaveTheirOwnScaleBeforeSet21) {
  EXPECT_EQ(group_normalization(21, "6"), "GroupNorm");
  EXPECT_EQ(group_normalization(18, "2"), "GroupNorm, reshape, reshape, reshape, mul, add, reshape");
}

TEST(OnnxNormalizationTest, LpNormalizationDividesByANorm) {
  OnnxBuilder model;
  model.input("x", {"N", "3", "4"});
  const auto graph = imported(model, "LpNormalization", {"x"},
                              {attribute("p", std::int64_t{1}), attribute("axis", std::int64_t{1})});
  EXPECT_EQ(operations_in(*graph), "normalize");
  EXPECT_EQ(option_of(*graph, "normalize", "p"), "1");
  EXPECT_EQ(option_of(*graph, "normalize", "dim"), "1");
}

TEST(OnnxNormalizationTest, AnEvenNumberOfNeighboursIsTurnedRound) {
  const auto response = [](std::int64_t size) {
    OnnxBuilder model;
    model.input("x", {"N", "5", "4", "4"});
    return operations_in(*imported(model, "LRN", {"x"}, {attribute("size", size)}));
  };
  EXPECT_EQ(response(3), "LocalResponseNorm");
  EXPECT_EQ(response(4), "flip, LocalResponseNorm, flip");
}

TEST(OnnxNormalizationTest, MeanAndVarianceAreTakenOverTheAxes) {
  OnnxBuilder later(13), first(1);
  later.input("x", {"N", "3", "4", "4"});
  const auto graph = imported(later, "MeanVarianceNormalization", {"x"});
  EXPECT_EQ(operations_in(*graph), "var_mean, sub, sqrt, add, div");
  EXPECT_EQ(option_of(*graph, "var_mean", "dim"), "{0, 2, 3}");
  first.input("x", {"N", "3", "4", "4"});
  EXPECT_EQ(option_of(*imported(first, "MeanVarianceNormalization", {"x"},
                                {attribute("across_channels", std::int64_t{1})}),
                      "var_mean", "dim"),
            "{1, 2, 3}");
}

TEST(OnnxNormalizationTest, NothingIsNormalizedOverNoDimensions) {
  OnnxBuilder model(13);
  model.input("x", {"N", "3"});
  EXPECT_EQ(
      refusal_of(model, "MeanVarianceNormalization", {"x"}, {attribute("axes", std::vector<std::int64_t>{})}),
      "'test.onnx': node 'y' (MeanVarianceNormalization): it has no dimensions to take the mean over");
}

TEST(OnnxNormalizationTest, DropoutIsALayerThatDropsInTrainingOnly) {
  OnnxBuilder early(7), later(13);
  early.input("x", {"N", "3"});
  const auto graph = imported(early, "Dropout", {"x"}, {attribute("ratio", 0.25)});
  EXPECT_EQ(operations_in(*graph), "Dropout");
  EXPECT_EQ(option_of(*graph, "Dropout", "p"), "0.25");
  later.input("x", {"N", "3"}).floats("ratio", {}, {0.75F});
  EXPECT_EQ(option_of(*imported(later, "Dropout", {"x", "ratio"}), "Dropout", "p"), "0.75");
}

TEST(OnnxNormalizationTest, TheMaskOfDropoutIsFull) {
  const auto mask = [](std::int64_t opset) {
    OnnxBuilder model(opset);
    model.input("x", {"N", "3"});
    const auto graph = imported(model, "Dropout", {"x"}, {}, {"y", "mask"});
    EXPECT_EQ(operations_in(*graph), "ones_like");
    return result_in(*graph, 1);
  };
  EXPECT_EQ(mask(7), "float32 (N, 3)");
  EXPECT_EQ(mask(10), "bool (N, 3)");
  EXPECT_EQ(mask(13), "bool (N, 3)");
}

TEST(OnnxNormalizationTest, DropoutThatAlwaysDropsIsRefused) {
  const auto dropped = [](float ratio) {
    OnnxBuilder model(13);
    model.input("x", {"N"}).floats("ratio", {}, {ratio}).integers("training", {}, {1});
    return refusal_of(model, "Dropout", {"x", "ratio", "training"});
  };
  EXPECT_EQ(
      dropped(0.5F),
      "'test.onnx': node 'y' (Dropout): training_mode is true: it draws random numbers whenever the net "
      "runs\n  Export the net for inference; while Orrery trains it, its dropout drops.");
  EXPECT_EQ(dropped(0), "accepted");
}

TEST(OnnxNormalizationTest, AMaskThatNothingReadsIsNotMade) {
  OnnxBuilder model(7);
  model.input("x", {"N", "3"}).node("Dropout", {"x"}, {"d", "mask"});
  EXPECT_EQ(operations_in(*imported(model, "Relu", {"d"})), "Dropout, relu");
}

}  // namespace
}  // namespace orrery::testing
