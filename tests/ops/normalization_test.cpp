#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");

TEST(BatchNorm2dTest, KeepsTheShape) {
  EXPECT_EQ(infer("BatchNorm2d", {floats({N, 16, 8, 8})}, {{"num_features", integer(16)}}).outputs[0],
            floats({N, 16, 8, 8}));
}

TEST(BatchNorm2dTest, RefusesOtherChannelsRanksAndDtypes) {
  const RuleBroken rule = broken("BatchNorm2d", {floats({N, 8, 8, 8})}, {{"num_features", integer(16)}});
  EXPECT_EQ(words(rule), "shape-mismatch: expects 16 channels, got 8");
  EXPECT_EQ(rule.remedy, "Give the layer num_features = 8.");
  EXPECT_EQ(broken("BatchNorm2d", {floats({16, 8, 8})}, {{"num_features", integer(16)}}).expected,
            "an input of 4 dimensions, (N, C, H, W)");
  EXPECT_EQ(broken("BatchNorm2d", {labels({N, 16, 8, 8})}, {{"num_features", integer(16)}}).code,
            "integer-input");
  EXPECT_EQ(broken("BatchNorm2d", {{{N, 16, 8, 8}, DType::float64}}, {{"num_features", integer(16)}}).code,
            "dtype-mismatch");
}

TEST(BatchNorm2dTest, HalvesMayMeetStatisticsInFloat32) {
  for (DType half : {DType::float16, DType::bfloat16})
    EXPECT_EQ(infer("BatchNorm2d", {{{N, 16, 8, 8}, half}}, {{"num_features", integer(16)}}).dtype(), half);
}

TEST(BatchNorm2dTest, OwnsParametersAndStatisticsInPyTorchsOrder) {
  const auto specs = parameters("BatchNorm2d", {{"num_features", integer(16)}});
  std::vector<std::string> names;
  for (const ParameterSpec& spec : specs) names.push_back(spec.name);
  EXPECT_EQ(names, (std::vector<std::string>{"weight", "bias", "running_mean", "running_var",
                                             "num_batches_tracked"}));
  EXPECT_EQ(specs[0].init, Init::ones());
  EXPECT_EQ(specs[3].init, Init::ones());
  EXPECT_TRUE(specs[2].buffer);
  EXPECT_EQ(specs[4].dtype, DType::int64);
  EXPECT_TRUE(specs[4].shape.empty());
}

TEST(BatchNorm2dTest, LeavesOutWhatIsSwitchedOff) {
  EXPECT_EQ(parameters("BatchNorm2d", {{"num_features", integer(4)}, {"affine", false}}).size(), 3u);
  EXPECT_EQ(parameters("BatchNorm2d", {{"num_features", integer(4)}, {"track_running_stats", false}}).size(),
            2u);
}

TEST(BatchNorm2dTest, NeedsAPositiveEps) {
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       parameters("BatchNorm2d", {{"num_features", integer(4)}, {"eps", 0.0}});
                     }),
            "eps must be a number > 0, got 0");
}

}  // namespace
}  // namespace orrery
