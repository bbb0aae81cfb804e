#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

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

Given channels(std::int64_t count) { return {{"num_features", integer(count)}}; }

TEST(BatchNormTest, EachHasItsRanks) {
  const auto fits = [](const char* name, const Shape& shape) {
    EXPECT_EQ(infer(name, {floats(shape)}, channels(3)).shape(), shape);
  };
  for (const Shape& shape : {Shape{N, 3}, Shape{N, 3, 4}}) fits("BatchNorm1d", shape);
  fits("BatchNorm3d", {N, 3, 4, 5, 6});
  for (const Shape& shape : {Shape{N, 3}, Shape{N, 3, 4, 5, 6}}) fits("SyncBatchNorm", shape);
  broken("BatchNorm1d", {floats({3})}, channels(3));
  broken("BatchNorm1d", {floats({N, 3, 4, 5})}, channels(3));
  broken("BatchNorm3d", {floats({N, 3, 4, 5})}, channels(3));
  broken("SyncBatchNorm", {floats({3})}, channels(3));
}

TEST(BatchNormTest, MayCountAllBatchesTheSame) {
  const Descriptor& norm = operations().get("BatchNorm1d");
  EXPECT_TRUE(checked_attributes(norm.attributes, {{"num_features", integer(3)}, {"momentum", "cumulative"}})
                  .is_text("momentum"));
  error_of(Fault::usage, [] {
    parameters("BatchNorm1d", {{"num_features", integer(3)}, {"momentum", "all"}});
  });
}

TEST(InstanceNormTest, TakesABatchOrOneSample) {
  for (const Shape& shape : {Shape{N, 3, 4}, Shape{3, 4}})
    EXPECT_EQ(infer("InstanceNorm1d", {floats(shape)}, channels(3)).shape(), shape);
  EXPECT_NO_THROW(infer("InstanceNorm2d", {floats({3, 4, 5})}, channels(3)));
  EXPECT_NO_THROW(infer("InstanceNorm3d", {floats({N, 3, 4, 5, 6})}, channels(3)));
  broken("InstanceNorm2d", {floats({4, 3, 5})}, channels(3));
  EXPECT_TRUE(parameters("InstanceNorm1d", channels(3)).empty());
}

TEST(InstanceNormTest, OneValueHasNoVariance) {
  EXPECT_EQ(broken("InstanceNorm1d", {floats({N, 3, 1})}, channels(3)).expected,
            "more than one value in each channel");
  Given tracking = channels(3);
  tracking.push_back({"track_running_stats", true});
  EXPECT_NO_THROW(infer("InstanceNorm1d", {floats({N, 3, 1})}, tracking));
}

TEST(LayerNormTest, TheInputEndsInTheNormalizedShape) {
  for (const char* name : {"LayerNorm", "RMSNorm"}) {
    const Given shape = {{"normalized_shape", list({3, 4})}};
    EXPECT_EQ(infer(name, {floats({N, 3, 4})}, shape).shape(), (Shape{N, 3, 4}));
    EXPECT_EQ(infer(name, {floats({N, 5})}, {{"normalized_shape", integer(5)}}).shape(), (Shape{N, 5}));
    EXPECT_EQ(words(broken(name, {floats({5, 4})}, shape)),
              "shape-mismatch: expects an input that ends in (3, 4), got (5, 4)");
    broken(name, {floats({4})}, shape);
    broken(name, {labels({N, 3, 4})}, shape);
    error_of(Fault::usage, [&] { parameters(name, {{"normalized_shape", list({})}}); });
  }
}

TEST(LayerNormTest, OwnsScaleAndShift) {
  const Given shape = {{"normalized_shape", list({3, 4})}};
  EXPECT_EQ(parameters("LayerNorm", shape).size(), 2u);
  EXPECT_EQ(parameters("RMSNorm", shape).size(), 1u);
  EXPECT_EQ(parameters("LayerNorm", {{"normalized_shape", list({3})}, {"bias", false}}).size(), 1u);
  EXPECT_TRUE(
      parameters("LayerNorm", {{"normalized_shape", list({3})}, {"elementwise_affine", false}}).empty());
}

TEST(GroupNormTest, GroupsDivideTheChannels) {
  const Given groups = {{"num_groups", integer(2)}, {"num_channels", integer(6)}};
  EXPECT_EQ(infer("GroupNorm", {floats({N, 6, 4})}, groups).shape(), (Shape{N, 6, 4}));
  EXPECT_EQ(broken("GroupNorm", {floats({N, 4, 4})}, groups).remedy, "Give the layer num_channels = 4.");
  broken("GroupNorm", {floats({6})}, groups);
  EXPECT_EQ(words(broken_options("GroupNorm", {{"num_groups", integer(4)}, {"num_channels", integer(6)}})),
            "groups-mismatch: expects num_channels divisible by num_groups, got 6 channels in 4 groups");
}

TEST(LocalResponseNormTest, WantsPlacesBesidesChannels) {
  EXPECT_EQ(infer("LocalResponseNorm", {floats({N, 3, 4})}, {{"size", integer(2)}}).shape(),
            (Shape{N, 3, 4}));
  broken("LocalResponseNorm", {floats({N, 3})}, {{"size", integer(2)}});
}

TEST(NormalizeTest, TakesFloatsAndADimensionOfTheirs) {
  EXPECT_EQ(infer("normalize", {floats({N, 3})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(broken("normalize", {floats({3})}).code, "option-mismatch");
  EXPECT_EQ(broken("normalize", {labels({N, 3})}).code, "integer-input");
}

}  // namespace
}  // namespace orrery
