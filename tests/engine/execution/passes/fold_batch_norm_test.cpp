#include <c10/core/GradMode.h>
#include <gmock/gmock.h>

#include "tests/engine/execution/passes/passed_plans.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PlanPass kFoldingNorms = PlanPass::fold_batch_norm;

std::int64_t whole(std::int64_t number) { return number; }

// A layer with a batch normalisation behind it, both in double precision, whose statistics are no defaults.
struct NormalizedNet {
  NormalizedNet(const std::string& kind, Shape sizes, std::vector<Attributes::Entry> options = {},
                std::vector<Attributes::Entry> of_norm = {}) {
    sizes.insert(sizes.begin(), Dim::symbol("N"));
    input = b.graph.input({{{"x", {sizes, DType::float64}, false}}, {}, "{}"}, b.next_line())[0];
    options.push_back({"dtype", DType::float64});
    of_norm.push_back({"num_features", whole(6)});
    of_norm.push_back({"dtype", DType::float64});
    layer = b.layer(kind, options);
    h = b.apply(layer, {input});
    const std::string axes = kind == "Linear" ? "1" : kind.substr(4, 1);
    norm = b.layer("BatchNorm" + axes + "d", of_norm);
    y = b.apply(norm, {h});
    result = b.transform("sin", {y});
  }

  void finish() {
    use_outputs(b.graph, {result});
    Engine& engine = Engine::of(b.runtime);
    for (const char* slot : {"running_mean", "running_var", "weight", "bias"})
      if (const ParameterPtr tensor = norm->parameter(slot))
        engine.assign(tensor, (at::arange(6, at::kDouble) + 1).sin() * 0.5 + 1);
    for (const bool folds : {true, false}) {
      executors.push_back(std::make_unique<Executor>(engine, b.graph, std::vector{result}));
      executors.back()->set_passes(folds ? PassSet() : PassSet().without(kFoldingNorms));
    }
  }

  at::Tensor batch() const {
    std::vector<std::int64_t> sizes = {3};
    for (size_t i = 1; i < input.shape().size(); ++i) sizes.push_back(input.shape()[i].value());
    std::int64_t count = 1;
    for (const std::int64_t size : sizes) count *= size;
    return (at::arange(count, at::kDouble) * 0.7 + 0.3).sin().view(sizes);
  }

  void expect_alike(Executor::Mode mode = kEvaluate) {
    const at::Tensor with = executors[0]->forward({{"x", batch()}}, mode)[0],
                     without = executors[1]->forward({{"x", batch()}}, mode)[0];
    TwoEngines::expect_near(with, without, 1e-12, "the result");
  }

  std::vector<std::string> folded(bool gradients = false, bool training = false) {
    return nodes_of(executors[0]->plan(gradients, training), kFoldingNorms);
  }

  Builder b{"normalized"};
  Value input, h, y, result;
  LayerPtr layer, norm;
  std::vector<std::unique_ptr<Executor>> executors;  ///< with the pass, without it
};

std::vector<Attributes::Entry> conv_options(std::int64_t groups, bool bias) {
  return {{"in_channels", whole(4)},
          {"out_channels", whole(6)},
          {"kernel_size", whole(3)},
          {"padding", whole(1)},
          {"stride", whole(2)},
          {"groups", groups},
          {"bias", bias}};
}

TEST(FoldBatchNormTest, ConvolutionsGiveTheSameResults) {
  const Shape sizes[] = {{4, 7}, {4, 6, 5}, {4, 4, 3, 5}};
  for (int axes = 1; axes <= 3; ++axes)
    for (const std::int64_t groups : {1, 2})
      for (const bool bias : {true, false})
        for (const bool affine : {true, false}) {
          NormalizedNet net("Conv" + std::to_string(axes) + "d", sizes[axes - 1], conv_options(groups, bias),
                            {{"affine", affine}, {"eps", 0.01}});
          net.finish();
          net.expect_alike();
          EXPECT_EQ(net.folded().size(), 1U);
        }
}

TEST(FoldBatchNormTest, BordersOtherThanZerosGiveTheSameResults) {
  std::vector<Attributes::Entry> options = conv_options(1, true);
  options.push_back({"padding_mode", "circular"});
  NormalizedNet net("Conv2d", {4, 6, 5}, options);
  net.finish();
  net.expect_alike();
}

std::vector<Attributes::Entry> linear_options() {
  return {{"in_features", whole(5)}, {"out_features", whole(6)}};
}

TEST(FoldBatchNormTest, LinearGivesTheSameResultsAndFollowsItsTensors) {
  NormalizedNet net("Linear", {5}, linear_options());
  net.finish();
  Engine& engine = Engine::of(net.b.runtime);
  EXPECT_THAT(net.folded(), ElementsAre("batch_norm1d"));
  net.expect_alike();
  for (const LayerPtr& layer : {net.layer, net.norm})
    for (const ParameterPtr& tensor : layer->parameters()) {
      if (tensor->dtype != DType::float64) continue;
      const c10::NoGradGuard no_grad;
      engine.tensor(tensor).mul_(1.5);
      net.expect_alike();
    }
}

// Large enough to be kept in another order.
TEST(FoldBatchNormTest, WeightsThatAreKeptPackedFollowTheirTensors) {
  NormalizedNet net("Linear", {300}, {{"in_features", whole(300)}, {"out_features", whole(6)}});
  net.finish();
  net.executors[0]->set_keeps_weights(true);
  for (int i = 0; i < 3; ++i) {
    net.expect_alike();
    const c10::NoGradGuard no_grad;
    Engine::of(net.b.runtime).tensor(net.norm->parameter("weight")).mul_(1.5);
    if (i == 1) net.executors[0]->forward({{"x", net.batch()}}, {.training = true, .gradients = false});
  }
}

TEST(FoldBatchNormTest, TrainingInBetweenIsSeen) {
  NormalizedNet net("Conv1d", {4, 7}, conv_options(1, true));
  net.finish();
  net.expect_alike();
  net.executors[0]->forward({{"x", net.batch()}}, {.training = true, .gradients = false});
  net.expect_alike();
  net.executors[1]->forward({{"x", net.batch() * 2}}, {.training = true, .gradients = true});
  net.expect_alike();
}

TEST(FoldBatchNormTest, NothingIsFoldedInTrainingOrWithGradients) {
  NormalizedNet net("Conv1d", {4, 7}, conv_options(1, true));
  net.finish();
  EXPECT_EQ(net.folded().size(), 1U);
  EXPECT_THAT(net.folded(false, true), IsEmpty());
  EXPECT_THAT(net.folded(true), IsEmpty());
  const FiniteWatch watch;
  net.executors[0]->set_watch(&watch);
  EXPECT_THAT(net.folded(), IsEmpty());
  net.executors[0]->set_watch(nullptr);
  EXPECT_EQ(net.folded().size(), 1U);
  net.executors[0]->set_precision(Precision("bf16-mixed"));
  EXPECT_THAT(net.folded(), IsEmpty());
}

TEST(FoldBatchNormTest, ALayerWithAnotherReaderStaysAsItIs) {
  NormalizedNet net("Linear", {5}, linear_options());
  EXPECT_EQ(taken_out({net.result}, kFoldingNorms, false).size(), 1U);
  EXPECT_THAT(taken_out({net.result, net.h}, kFoldingNorms, false), IsEmpty());
  const Value both = net.b.transform("add", {net.result, net.b.transform("sin", {net.h})});
  EXPECT_THAT(taken_out({both}, kFoldingNorms, false), IsEmpty());
}

TEST(FoldBatchNormTest, TheNormalizedValueMayBeAskedFor) {
  NormalizedNet net("Linear", {5}, linear_options());
  EXPECT_EQ(taken_out({net.result, net.y}, kFoldingNorms, false).size(), 1U);
  std::swap(net.result, net.y);
  net.b.graph.use({Use::Kind::output, net.y, ""});
  net.finish();
  net.expect_alike();
  EXPECT_EQ(net.folded().size(), 1U);
}

TEST(FoldBatchNormTest, StatisticsOfTheBatchAreNotFolded) {
  NormalizedNet net("Linear", {5}, linear_options(), {{"track_running_stats", false}});
  EXPECT_THAT(taken_out({net.result}, kFoldingNorms, false), IsEmpty());
}

// Its channels are those of the second dimension, the layer's those of the last.
TEST(FoldBatchNormTest, LinearOverMoreThanRowsIsNotFolded) {
  NormalizedNet net("Linear", {6, 5}, linear_options());
  EXPECT_THAT(taken_out({net.result}, kFoldingNorms, false), IsEmpty());
}

TEST(FoldBatchNormTest, ALayerThatIsParametrizedIsTakenApartAgain) {
  for (const char* kind : {"Conv1d", "Linear"}) {
    const bool linear = kind[0] == 'L';
    NormalizedNet net(kind, linear ? Shape{5} : Shape{4, 7},
                      linear ? linear_options() : conv_options(1, true));
    net.finish();
    net.expect_alike();
    EXPECT_EQ(net.folded().size(), 1U);
    normalize_weight(net.b, *net.layer);
    net.expect_alike();
    EXPECT_THAT(net.folded(), IsEmpty());
  }
}

TEST(FoldBatchNormTest, OtherLayersAndHalfTheBitsAreNotFolded) {
  NormalizedNet net("Linear", {5}, linear_options());
  const Value behind = net.b.apply(net.norm, {net.b.transform("sin", {net.h})});
  EXPECT_THAT(taken_out({behind}, kFoldingNorms, false), IsEmpty());
  Builder b("half");
  const Value x = b.graph.input({{{"x", {{Dim::symbol("N"), 5}, DType::bfloat16}, false}}, {}, "{}"})[0];
  std::vector<Attributes::Entry> options = linear_options(), of_norm = {{"num_features", whole(6)}};
  for (auto* each : {&options, &of_norm}) each->push_back({"dtype", DType::bfloat16});
  const Value half = b.apply("BatchNorm1d", of_norm, {b.apply("Linear", options, {x})});
  EXPECT_THAT(taken_out({half}, kFoldingNorms, false), IsEmpty());
}

}  // namespace
}  // namespace orrery
