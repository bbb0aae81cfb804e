#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using GovernorsOfOneGraphTest = testing::GovernedGraph;

TEST_F(GovernorsOfOneGraphTest, GovernorsBelongToOneGraph) {
  Builder other("teacher");
  const Value foreign = other.digits_net();
  optimize(targets(all_parameters()), foreign);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "governor-foreign");
  EXPECT_EQ(finding.message,
            "AdamW of graph 'digits' has the loss cross_entropy_loss, which belongs to graph 'teacher'");
}

TEST_F(GovernorsOfOneGraphTest, MetricsAndSaversOfOtherGraphsAreFoundToo) {
  Builder other("teacher");
  const Value foreign = other.digits_net();
  manage({.metrics = {make_metric(metric_kind("mean"), "error", {foreign}, {})}});
  EXPECT_EQ(only().code, "governor-foreign");
  save({.value = foreign});
  EXPECT_EQ(check_governors(b_.graph).size(), 2u);
}

TEST_F(GovernorsOfOneGraphTest, ASaversParameterIsTheGraphs) {
  save({.parameter = constant()});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "governor-foreign");
  EXPECT_EQ(finding.message,
            "Saver of graph 'digits' writes the parameter 'constant', which is none of the graph's");
}

}  // namespace
}  // namespace orrery
