#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using CheckGovernorsTest = testing::GovernedGraph;

TEST_F(CheckGovernorsTest, AWholeNetworkWithOneOptimizerBreaksNoRule) {
  optimize(targets(all_parameters()), loss_);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

TEST_F(CheckGovernorsTest, AManagersOptimizersAreCheckedOnce) {
  auto optimizer = optimize(targets(all_parameters()), b_.transform("detach", {loss_}));
  manage({.optimizers = {optimizer}});
  EXPECT_EQ(only().code, "loss-without-gradient");
}

TEST_F(CheckGovernorsTest, EverythingIsReportedTogether) {
  optimize({{.value = loss_.node->inputs()[0]}}, b_.transform("detach", {loss_}));
  save({.path = "nowhere"});
  b_.graph.update_gradients();
  EXPECT_EQ(check_governors(b_.graph).size(), 3u);
}

}  // namespace
}  // namespace orrery
