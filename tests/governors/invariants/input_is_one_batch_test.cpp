#include <algorithm>

#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using testing::GovernedGraph;
using testing::kLine;

/// A graph whose input has twelve samples, which an optimizer updates.
class TrainedInputTest : public GovernedGraph {
 protected:
  TrainedInputTest() : GovernedGraph(false) {
    const auto input = b_.graph.input(random_image({{"batch", std::int64_t{12}}})->input_spec());
    image_ = input[0];
    loss_ = b_.transform("mean", {b_.transform("mul", {image_, image_})});
  }

  std::shared_ptr<DataSource> random_image(std::vector<Attributes::Entry> options) {
    const bool sized = std::ranges::any_of(options, [](const auto& one) { return one.name == "length"; });
    if (!sized) options.push_back({"length", std::int64_t{12}});
    return random({1, 8, 8}, std::move(options));
  }

  Finding with_data(std::vector<Attributes::Entry> options) {
    optimize({{.value = image_}}, loss_);
    manage({.train = random_image(std::move(options))});
    return only();
  }

  Value image_;
};

TEST_F(TrainedInputTest, AllSamplesInOneBatchBreakNoRule) {
  optimize({{.value = image_}}, loss_);
  manage({.train = random_image({{"batch", std::int64_t{12}}})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(TrainedInputTest, ABatchMayBeLargerThanTheData) {
  optimize({{.value = image_}}, loss_);
  manage({.train = random_image({{"batch", std::int64_t{13}}})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(TrainedInputTest, SeveralBatchesAreRefused) {
  const Finding finding = with_data({{"batch", std::int64_t{11}}});
  EXPECT_EQ(finding.code, "input-in-batches");
  EXPECT_EQ(finding.site, kLine.site);
  EXPECT_EQ(finding.message,
            "the training data (random) must be all 12 samples in one batch, in their order, since input is "
            "trained itself, got batches of 11");
  EXPECT_EQ(finding.remedy,
            "Say batch = 12 without shuffle. What many batches shall train together is a g:parameter(name, "
            "shape).");
}

TEST_F(TrainedInputTest, ADrawnOrderIsRefused) {
  EXPECT_EQ(with_data({{"batch", std::int64_t{12}}, {"shuffle", true}}).got,
            "samples in an order that is drawn");
}

TEST_F(TrainedInputTest, AShareOfTheSamplesIsRefused) {
  EXPECT_EQ(with_data({{"batch", std::int64_t{12}}, {"world", std::int64_t{2}}}).got,
            "a share of the samples");
}

TEST_F(TrainedInputTest, OtherDataOfAnotherLengthAreRefused) {
  EXPECT_EQ(with_data({{"batch", std::int64_t{13}}, {"length", std::int64_t{13}}}).got, "13 samples");
}

TEST_F(TrainedInputTest, AnInputThatIsNotTrainedMayComeInBatches) {
  const Value scale = b_.graph.constant(constant());
  const Value scaled = b_.transform("mean", {b_.transform("mul", {loss_, scale})});
  optimize({{.value = scale}}, scaled);
  manage({.train = random_image({{"batch", std::int64_t{5}}, {"shuffle", true}})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(TrainedInputTest, TwoOptimizersDoNotUpdateOneInput) {
  optimize({{.value = image_}}, loss_);
  optimize({{.value = image_}}, loss_, "SGD");
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-overlap");
  EXPECT_EQ(finding.message, "SGD updates input.image, which is also updated by AdamW (digits.lua:42)");
}

TEST_F(TrainedInputTest, WhatIsUpdatedOfTheInputReachesTheLoss) {
  const Value other = b_.graph.constant(constant());
  optimize({{.value = image_}, {.value = other}}, b_.transform("mean", {other}));
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_EQ(finding.message, "AdamW updates input.image, which no path joins to its loss mean_2");
}

TEST_F(TrainedInputTest, ASaverMayWriteIt) {
  optimize({{.value = image_}}, loss_);
  save({.value = image_});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

}  // namespace
}  // namespace orrery
