#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using testing::GovernedGraph;
using UpdatesTest = testing::GovernedGraph;

TEST_F(UpdatesTest, AConstantThatIsUpdatedReachesTheLoss) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.constant(constant())});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_EQ(finding.message, "AdamW updates constant, which no path joins to its loss cross_entropy_loss");
}

TEST_F(UpdatesTest, WhatIsUpdatedReachesTheLoss) {
  b_.apply(b_.conv(1, 4), {b_.graph.input_node()->output()});
  optimize(targets(all_parameters()), loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_EQ(finding.message,
            "AdamW updates conv2d.weight, conv2d.bias, which no path joins to its loss cross_entropy_loss");
}

TEST_F(UpdatesTest, ALayerThatWasNeverAppliedIsNamedByItsLine) {
  const LayerPtr unused = b_.conv(1, 4);
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.parameter = unused->parameter("bias")});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-unreached");
  EXPECT_NE(finding.message.find("'bias' of shape (4) made at digits.lua:"), std::string::npos)
      << finding.message;
}

TEST_F(UpdatesTest, FrozenParametersMayBeInAnOptimizer) {
  const Block& features = *b_.graph.root().children()[0];
  optimize(targets(all_parameters()), loss_);
  b_.graph.set_trainable(features, false);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(UpdatesTest, NoParameterIsInTwoOptimizers) {
  optimize(targets(all_parameters()), loss_);
  optimize({{.parameter = all_parameters()[0]}}, loss_, "SGD");
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-overlap");
  EXPECT_EQ(finding.message,
            "SGD updates features.conv2d.weight, which is also updated by AdamW (digits.lua:42)");
}

TEST_F(UpdatesTest, NoParameterIsTwiceInOneOptimizer) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back(list[0]);
  optimize(list, loss_);
  EXPECT_EQ(only().got, "twice in one optimizer");
}

TEST_F(UpdatesTest, WhatNoOptimizerUpdatesIsAWarningThatNamesBlockAndFreeze) {
  const Block& classifier = *b_.graph.root().children()[1];
  optimize(targets(all_parameters(&classifier)), loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "parameter-not-optimized");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.message,
            "block features has trainable parameters that reach a loss but that no optimizer updates: "
            "features.conv2d.weight, features.conv2d.bias");
  EXPECT_EQ(finding.remedy, "Give them to an optimizer, or freeze them with features:freeze().");
}

TEST_F(UpdatesTest, FreezingSilencesTheWarning) {
  const Block& classifier = *b_.graph.root().children()[1];
  optimize(targets(all_parameters(&classifier)), loss_);
  b_.graph.set_trainable(*b_.graph.root().children()[0], false);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

/// A head whose result is only looked at, in no optimizer, under a manager.
class AsideTest : public GovernedGraph {
 protected:
  AsideTest() : trained_(targets(all_parameters())) {
    const Value flat =
        b_.transform("flatten", {b_.graph.input_node()->output()}, {{"start_dim", std::int64_t{1}}});
    b_.graph.begin_block("head", b_.next_line());
    head_ = b_.apply(b_.linear(64, 3), {flat});
    b_.graph.end_block();
    b_.graph.use({Use::Kind::output, head_, ""});
  }

  bool silent() {
    b_.graph.update_gradients();
    return check_governors(b_.graph).empty();
  }

  std::vector<Target> trained_;
  Value head_;
};

TEST_F(AsideTest, WhatReachesNoLossIsAWarningThatNamesBlockAndFreeze) {
  optimize(trained_, loss_);
  EXPECT_TRUE(silent());  // nothing trains it
  manage({});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "parameter-without-loss");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.message,
            "block head has trainable parameters that no path joins to any loss: head.linear.weight, "
            "head.linear.bias");
  EXPECT_EQ(finding.remedy,
            "Use the layer's result on the way to a loss, or freeze them with head:freeze().");
  b_.graph.set_trainable(head_.node->block(), false);
  EXPECT_TRUE(silent());
}

TEST_F(AsideTest, TheLossesOfOptimizersSteppedByHandAreNotJudged) {
  optimize(trained_, {});
  manage({});
  EXPECT_TRUE(silent());
}

TEST_F(AsideTest, ALossOfAnotherOptimizerWillDo) {
  optimize(trained_, loss_);
  optimize(targets(all_parameters(&head_.node->block())), b_.transform("mean", {head_}), "SGD");
  manage({});
  EXPECT_TRUE(silent());
}

}  // namespace
}  // namespace orrery
