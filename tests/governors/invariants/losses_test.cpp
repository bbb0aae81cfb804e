#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using testing::kLine;
using LossesTest = testing::GovernedGraph;

TEST_F(LossesTest, AnOptimizerSteppedByHandNeedsNoLoss) {
  optimize(targets(all_parameters()), {});
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(LossesTest, ALossIsNoLabel) {
  optimize(targets(all_parameters()), b_.graph.input_node()->output(1));
  const Finding finding = only();
  EXPECT_EQ(finding.code, "loss-is-label");
  EXPECT_EQ(finding.site, kLine.site);
  EXPECT_EQ(finding.message,
            "AdamW expects a loss that is computed, got input (Input), whose 'label' is the data's label");
}

TEST_F(LossesTest, ALossIsOneNumber) {
  const Value logits = loss_.node->inputs()[0];
  optimize(targets(all_parameters()), logits);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "loss-not-scalar");
  EXPECT_EQ(finding.got, "of shape (N, 10)");
}

TEST_F(LossesTest, ALossCarriesAGradient) {
  optimize(targets(all_parameters()), b_.transform("detach", {loss_}));
  EXPECT_EQ(only().code, "loss-without-gradient");
}

TEST_F(LossesTest, ALossOfIntegersCarriesNoGradient) {
  optimize(targets(all_parameters()), b_.transform("to", {loss_}, {{"dtype", "int64"}}));
  EXPECT_EQ(only().code, "loss-without-gradient");
}

}  // namespace
}  // namespace orrery
