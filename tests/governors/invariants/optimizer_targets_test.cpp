#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using testing::kLine;
using OptimizerTargetsTest = testing::GovernedGraph;

TEST_F(OptimizerTargetsTest, AnOptimizerUpdatesLeavesOnly) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = loss_.node->inputs()[0]});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-leaf");
  EXPECT_EQ(finding.message, "AdamW cannot update classifier/linear (Linear), which is computed");
  EXPECT_EQ(finding.remedy, "Give it the layer's parameters instead: layer:parameters().");
}

TEST_F(OptimizerTargetsTest, AnInputWithoutDataIsNoLeaf) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.input_node()->output()});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-leaf");
  EXPECT_EQ(finding.site, kLine.site);
  EXPECT_EQ(finding.message, "AdamW cannot update input.image (Input), whose number of samples is not known");
  EXPECT_EQ(finding.remedy, "Make the input of its data: g:input(data.tensors { image = … }).");
}

TEST_F(OptimizerTargetsTest, AnOptimizerUpdatesNoIntegersOfTheData) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.input_node()->output(1)});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-trainable");
  EXPECT_EQ(finding.message, "AdamW cannot update input.label (Input), which holds int64 numbers");
}

TEST_F(OptimizerTargetsTest, AnOptimizerUpdatesNoIntegerConstant) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.constant(constant(DType::int32))});
  optimize(list, loss_);
  EXPECT_EQ(only().message, "AdamW cannot update constant, which holds int32 numbers");
}

TEST_F(OptimizerTargetsTest, AnOptimizerUpdatesNoState) {
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.carried(constant(), StateSpec::Reset::pass, {}, "memory")});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.code, "optimizer-not-trainable");
  EXPECT_EQ(finding.message, "AdamW cannot update memory, which is a state");
}

TEST_F(OptimizerTargetsTest, AnOptimizerUpdatesNoBuffer) {
  Value norm = b_.apply("BatchNorm2d", {{"num_features", std::int64_t{1}}, {"affine", false}},
                        {b_.graph.input_node()->output()});
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.parameter = norm.node->layer()->parameter("running_mean")});
  optimize(list, loss_);
  EXPECT_EQ(only().message, "AdamW cannot update batch_norm2d.running_mean, which is a buffer");
}

TEST_F(OptimizerTargetsTest, AConstantThatIsAFrozenLayersTensorIsNotUpdated) {
  const LayerPtr layer = b_.graph.layers()[0];
  layer->set_trainable(false);
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = b_.graph.constant(layer->parameter("weight"))});
  optimize(list, loss_);
  const Finding finding = only();
  EXPECT_EQ(finding.message,
            "AdamW cannot update features.conv2d.weight, which is the tensor of a frozen layer");
  EXPECT_EQ(finding.remedy, "Train the layer again: layer:unfreeze().");
}

TEST_F(OptimizerTargetsTest, AConstantMayBeUpdated) {
  const Value shift = b_.graph.constant(constant());
  loss_ = b_.transform("mean", {b_.transform("mul", {loss_, shift})});
  std::vector<Target> list = targets(all_parameters());
  list.push_back({.value = shift});
  optimize(list, loss_);
  EXPECT_TRUE(check_governors(b_.graph).empty());
}

}  // namespace
}  // namespace orrery
