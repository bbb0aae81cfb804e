#include "runtime/engine/execution/tape.h"

#include <functional>
#include <limits>
#include <map>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/kernels/own_kernel.h"
#include "runtime/graph/finding.h"
#include "tests/engine/execution/two_engines.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::HasSubstr;

ParameterPtr new_parameter(const std::string& name, const Shape& shape, double value = 0.5) {
  auto parameter = std::make_shared<Parameter>();
  parameter->name = name;
  parameter->shape = shape;
  parameter->init = Init::constant(value);
  return parameter;
}

TEST(TapeTest, GradientsOfSeveralReadersAreAddedUp) {
  RowsBuilder b;
  const LayerPtr fc = b.square();
  const Value h = b.apply(fc, {b.x});
  const Value product = b.transform("mul", {b.transform("sin", {h}), h});
  const Value sum = b.transform("add", {b.transform("add", {product, b.transform("exp", {h})}), h});
  TwoEngines two(b, {{b.mean_of(sum), fc->parameters()}});
  two.expect_alike(b.rows(5));
}

TEST(TapeTest, ALayerUsedSeveralTimesGathersAllGradients) {
  RowsBuilder b;
  const LayerPtr shared = b.square();
  Value h = b.x;
  for (int i = 0; i < 3; ++i) h = b.transform("sin", {b.apply(shared, {h})});
  TwoEngines two(b, {{b.mean_of(h), shared->parameters()}});
  two.expect_alike(b.rows(3));
}

// Two nodes of one parameter, one of which is read twice.
TEST(TapeTest, TrainedConstantsAreLeavesAlsoWhereNodesShareThem) {
  RowsBuilder b;
  const ParameterPtr scale = new_parameter("scale", {4});
  const Value one = b.graph.constant(scale, b.next_line(), "one");
  const Value other = b.graph.constant(scale, b.next_line(), "other");
  const Value y = b.transform("mul", {b.transform("mul", {b.linear_of(b.x), one}),
                                      b.transform("add", {one, b.transform("exp", {other})})});
  TwoEngines two(b, {{b.mean_of(y), {scale}}});
  two.expect_alike(b.rows(4));
  EXPECT_GT(two.planned(b.rows(4)).gradients[0][0].abs().sum().item<double>(), 0);
}

TEST(TapeTest, ATrainedConstantMayBeAllThatALossReads) {
  RowsBuilder b;
  const ParameterPtr scale = new_parameter("scale", {4});
  TwoEngines two(b, {{b.transform("sum", {b.graph.constant(scale, b.next_line())}), {scale}}});
  EXPECT_TRUE(at::equal(two.planned({}).gradients[0][0], at::ones({4})));
}

TEST(TapeTest, WhatALossDoesNotDependOnHasNoGradient) {
  RowsBuilder b;
  const LayerPtr used = b.square(), aside = b.square();
  const Value other = b.apply(aside, {b.x});
  std::vector<ParameterPtr> all = used->parameters();
  all.push_back(aside->parameter("weight"));
  all.push_back(new_parameter("stray", {2}));
  TwoEngines two(b, {{b.mean_of(b.apply(used, {b.x})), all}}, {other});
  const auto gradients = two.planned(b.rows(2)).gradients[0];
  EXPECT_TRUE(gradients[0].defined() && gradients[1].defined());
  EXPECT_FALSE(gradients[2].defined() || gradients[3].defined());
}

TEST(TapeTest, NothingGoesThroughWhatHasNoDerivative) {
  RowsBuilder b;
  const LayerPtr fc = b.square();
  const Value h = b.apply(fc, {b.x});
  const Value mask = b.transform("gt", {h, b.transform("sin", {h})});
  const Value y = b.transform("mul", {h, b.transform("float", {mask})});
  TwoEngines two(b, {{b.mean_of(y), fc->parameters()}});
  two.expect_alike(b.rows(6));
}

TEST(TapeTest, TheGradientOfTheLossItselfIsTheSeed) {
  RowsBuilder b;
  const LayerPtr fc = b.square();
  TwoEngines two(b, {{b.mean_of(b.transform("sin", {b.apply(fc, {b.x})})), fc->parameters()}});
  const auto whole = two.planned(b.rows(3)).gradients[0], quarter = two.planned(b.rows(3), 0.25).gradients[0];
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(at::allclose(quarter[i] * 4, whole[i]));
}

// Two losses over a common trunk, whose layers belong to the first, to the second and to both.
struct TwoLosses : RowsBuilder {
  TwoLosses() {
    for (LayerPtr* layer : {&trunk, &left, &right}) *layer = square();
    const Value h = transform("sin", {apply(trunk, {x})});
    const Value a = apply(left, {h}), b = transform("exp", {apply(right, {h})});
    first = {cross_entropy(a), joined(trunk, left)};
    second = {mean_of(transform("mul", {a, b})), joined(trunk, right)};
  }
  static std::vector<ParameterPtr> joined(const LayerPtr& one, const LayerPtr& other) {
    std::vector<ParameterPtr> all = one->parameters();
    for (const ParameterPtr& parameter : other->parameters()) all.push_back(parameter);
    return all;
  }
  LayerPtr trunk, left, right;
  Objective first, second;
};

TEST(TapeTest, SeveralObjectivesGetTheGradientsOfTheirOwnParameters) {
  TwoLosses net;
  TwoEngines two(net, {net.first, net.second});
  two.expect_alike(net.rows(5));
  two.expect_alike(net.rows(2));
}

TEST(TapeTest, OnlyWhatIsDueIsComputed) {
  TwoLosses net;
  TwoEngines two(net, {net.first, net.second});
  for (const std::vector<size_t>& due : std::vector<std::vector<size_t>>{{0}, {1}, {0, 1}, {1}, {0}}) {
    two.set_due(due);
    two.expect_alike(net.rows(3));
  }
}

TEST(TapeTest, FrozenLayersAreLeftOutAndTakenInAtTheNextStep) {
  TwoLosses net;
  TwoEngines two(net, {net.first, net.second});
  two.expect_alike(net.rows(4));
  for (const bool trained : {false, true}) {
    for (const ParameterPtr& parameter : net.trunk->parameters()) parameter->trainable = trained;
    two.expect_alike(net.rows(4));
    EXPECT_EQ(two.planned(net.rows(4)).gradients[0][0].defined(), trained);
  }
}

// The layer stays trained in part.
TEST(TapeTest, ASingleTensorIsFrozenAndUnfrozenAtTheNextStep) {
  for (const char* name : {"weight", "bias"}) {
    TwoLosses net;
    TwoEngines two(net, {net.first}, {net.second.loss});
    two.expect_alike(net.rows(4));
    for (const bool trained : {false, true}) {
      net.trunk->parameter(name)->trainable = trained;
      two.expect_alike(net.rows(4));
    }
  }
}

TEST(TapeTest, AFrozenConstantHasNoGradient) {
  RowsBuilder b;
  const ParameterPtr scale = new_parameter("scale", {4});
  const LayerPtr fc = b.square();
  const Value y = b.transform("mul", {b.apply(fc, {b.x}), b.graph.constant(scale, b.next_line())});
  std::vector<ParameterPtr> all = fc->parameters();
  all.push_back(scale);
  TwoEngines two(b, {{b.mean_of(y), all}});
  for (const bool trained : {true, false, true}) {
    scale->trainable = trained;
    two.expect_alike(b.rows(3));
  }
}

TEST(TapeTest, ALossWithoutTrainedTensorsIsSaidPlainly) {
  RowsBuilder b;
  const LayerPtr fc = b.square();
  TwoEngines two(b, {{b.mean_of(b.apply(fc, {b.x})), fc->parameters()}});
  for (const ParameterPtr& parameter : fc->parameters()) parameter->trainable = false;
  EXPECT_THAT(error_of(Fault::run, [&] { two.planned(b.rows(2)); }),
              HasSubstr("the loss does not depend on anything that is trained"));
  for (const ParameterPtr& parameter : fc->parameters()) parameter->trainable = true;
  two.expect_alike(b.rows(2));
}

TEST(TapeTest, DropoutAndBatchNormDrawAndCountAsUnderAutograd) {
  RowsBuilder b;
  const LayerPtr fc = b.square(), norm = b.layer("BatchNorm1d", {{"num_features", std::int64_t{4}}});
  const Value h = b.apply("Dropout", {{"p", 0.5}}, {b.apply(norm, {b.apply(fc, {b.x})})});
  std::vector<ParameterPtr> all = fc->parameters();
  all.push_back(norm->parameter("weight"));
  all.push_back(norm->parameter("bias"));
  TwoEngines two(b, {{b.cross_entropy(h), all}});
  two.expect_alike(b.rows(8));
  EXPECT_EQ(Engine::of(b.runtime).tensor(norm->parameter("num_batches_tracked")).item<std::int64_t>(), 2);
}

// An operation without a rule: what comes before and behind it is planned.
TEST(TapeTest, AnOwnOperationIsAnIslandOfAutograd) {
  RowsBuilder b;
  Descriptor cube;
  cube.name = "cube";
  cube.category = Category::own;
  cube.doc = "The third power.";
  cube.inputs = {{.name = "input", .doc = "any"}};
  cube.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
  static bool recorded = false;
  add_operation(b.runtime, cube, [](const KernelContext& k) -> std::vector<at::Tensor> {
    const at::Tensor result = k.input() * k.input() * k.input();
    recorded = result.requires_grad();
    return {result};
  });
  const Descriptor& descriptor = operations(b.runtime).get("cube");
  const LayerPtr before = b.square(), behind = b.square();
  const Value inner = b.transform("sin", {b.apply(before, {b.x})});
  const Value own = b.graph.apply(descriptor, Attributes(descriptor.attributes), {inner}, b.next_line())[0];
  std::vector<ParameterPtr> all = TwoLosses::joined(before, behind);
  TwoEngines two(b, {{b.cross_entropy(b.apply(behind, {own})), all}});
  const auto result = two.planned(b.rows(3));
  EXPECT_TRUE(recorded);
  EXPECT_FALSE(result.values[0].requires_grad());
  two.expect_alike(b.rows(3));
}

TEST(TapeTest, AForwardPassMayBeFollowedByAnotherOrByAnEvaluation) {
  TwoLosses net;
  TwoEngines two(net, {net.first}, {net.second.loss});
  two.planning.forward(net.rows(6), kTrain);
  EXPECT_TRUE(two.planning.planned());
  two.planning.forward(net.rows(3), kEvaluate);
  EXPECT_FALSE(two.planning.planned());
  two.planning.forward(net.rows(2), kTrain);
  two.expect_alike(net.rows(4));
}

TEST(TapeTest, WhatFailsInAPlannedStepIsToldAsWithoutThePlan) {
  RowsBuilder b;
  const LayerPtr fc = b.square();
  TwoEngines two(b, {{b.cross_entropy(b.apply(fc, {b.x})), fc->parameters()}});
  Batch wrong = b.rows(3);
  wrong["label"] = at::full({3}, 12, at::kLong);
  const std::string told = error_of(Fault::run, [&] { two.planned(wrong); });
  EXPECT_THAT(told, HasSubstr(two.targets[0].node->origin().site.str() + ": "));
  EXPECT_THAT(told, HasSubstr("cross_entropy_loss (CrossEntropyLoss) failed on (3, 4) float32, (3) int64: "
                              "label 12 is out of range"));
  EXPECT_EQ(told, error_of(Fault::run, [&] { two.recorded(wrong); }));
  two.expect_alike(b.rows(3));
}

// Takes parameters, and spoils each as soon as it may change: whoever still read it would tell.
struct SpoilingSink : UpdateSink {
  explicit SpoilingSink(Engine& of) : engine(of) {}
  bool takes(const Parameter& parameter) const override { return parameter.name != left_alone; }
  void update(const Parameter& parameter, const at::Tensor& gradient) override {
    ASSERT_FALSE(gradients.contains(&parameter)) << parameter.name;
    gradients[&parameter] = gradient.clone();
    unboxed(parameter.data).detach().fill_(std::numeric_limits<double>::quiet_NaN());
  }

  Engine& engine;
  std::string left_alone;
  std::map<const Parameter*, at::Tensor> gradients;
};

// The gradients of one pass, those among them that the sink got, and all weights as they were.
struct SunkPass {
  SunkPass(TwoEngines& two, const Batch& batch, SpoilingSink& sink) {
    const std::vector<ParameterPtr>& parameters = two.objectives.front().parameters;
    std::vector<at::Tensor> before;
    for (const ParameterPtr& parameter : parameters) before.push_back(sink.engine.tensor(parameter).clone());
    two.planning.set_updates(&sink);
    gradients = two.planned(batch).gradients.front();
    two.planning.set_updates(nullptr);
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (sink.gradients.contains(parameters[i].get())) {
        EXPECT_FALSE(gradients[i].defined()) << parameters[i]->name;
        gradients[i] = sink.gradients.at(parameters[i].get());
      }
      sink.engine.assign(parameters[i], before[i]);
    }
  }
  std::vector<at::Tensor> gradients;
};

// All parameters but those of which `waiting` is true go to the sink, with the bits that are gathered else.
void expect_sunk(
    TwoEngines& two, const Batch& batch,
    const std::function<bool(const ParameterPtr&)>& waiting = [](const auto&) { return false; }) {
  const std::vector<ParameterPtr>& parameters = two.objectives.front().parameters;
  const std::vector<at::Tensor> gathered = two.planned(batch).gradients.front();
  SpoilingSink sink(Engine::of(two.builder.runtime));
  for (const int pass : {1, 2}) {
    SCOPED_TRACE(pass);
    sink.gradients.clear();
    const SunkPass sunk(two, batch, sink);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const std::string what = parameters[i]->name + ", number " + std::to_string(i);
      EXPECT_EQ(sink.gradients.contains(parameters[i].get()), !waiting(parameters[i])) << what;
      EXPECT_TRUE(at::equal(sunk.gradients[i], gathered[i])) << what;
    }
  }
}

TEST(TapeUpdatesTest, EachParameterGoesWhenItsGradientIsCompleteAndNobodyReadsIt) {
  RowsBuilder b;
  const LayerPtr shared = b.square();
  Value h = b.x;
  for (int i = 0; i < 2; ++i) h = b.transform("tanh", {b.apply(shared, {b.linear_of(h)})});
  h = b.transform("cumsum", {h}, {{"dim", std::int64_t{1}}});
  h = b.transform("add", {b.apply(shared, {h}), h});
  const Value norm = b.apply("BatchNorm1d", {{"num_features", std::int64_t{4}}}, {b.linear_of(h)});
  TwoEngines two(b, {{b.cross_entropy(norm), trained_of(b.graph)}});
  expect_sunk(two, b.rows(6));
  expect_sunk(two, b.rows(3));
}

TEST(TapeUpdatesTest, WhatTheSinkDoesNotTakeIsGathered) {
  RowsBuilder b;
  const Value h = b.transform("relu", {b.linear_of(b.x)});
  TwoEngines two(b, {{b.cross_entropy(b.linear_of(h)), trained_of(b.graph)}});
  const auto gathered = two.planned(b.rows(5)).gradients.front();
  SpoilingSink sink(Engine::of(b.runtime));
  sink.left_alone = "bias";
  const SunkPass sunk(two, b.rows(5), sink);
  EXPECT_EQ(sink.gradients.size(), 2u);
  for (size_t i = 0; i < gathered.size(); ++i) EXPECT_TRUE(at::equal(sunk.gradients[i], gathered[i]));
}

// Behind `detach` nothing is differentiated, and the product keeps the weight itself for its derivative.
TEST(TapeUpdatesTest, AParameterThatIsAConstantTooWaits) {
  RowsBuilder b;
  const LayerPtr fc = b.square(), other = b.square();
  const Value weight = b.graph.constant(fc->parameter("weight"), b.next_line());
  const Value early = b.transform("sin", {b.apply(other, {b.x})});
  const Value product = b.transform("matmul", {early, b.transform("detach", {weight})});
  TwoEngines two(b, {{b.cross_entropy(b.apply(fc, {product})), trained_of(b.graph)}});
  expect_sunk(two, b.rows(4), [&](const ParameterPtr& p) { return p == fc->parameter("weight"); });
}

TEST(TapeUpdatesTest, AParameterInWhoseMemoryAConstantLiesWaits) {
  RowsBuilder b;
  const LayerPtr fc = b.square(), other = b.square();
  const ParameterPtr weight = fc->parameter("weight"), row = new_parameter("row", {4});
  row->trainable = false;
  row->data = boxed(Engine::of(b.runtime).tensor(weight).detach()[1]);
  const Value early = b.transform("mul", {b.apply(other, {b.x}), b.graph.constant(row, b.next_line())});
  TwoEngines two(b, {{b.cross_entropy(b.apply(fc, {early})), trained_of(b.graph)}});
  expect_sunk(two, b.rows(4), [&](const ParameterPtr& p) { return p == weight; });
}

TEST(TapeUpdatesTest, TrainedConstantsWait) {
  RowsBuilder b;
  const ParameterPtr scale = new_parameter("scale", {4});
  const LayerPtr fc = b.square();
  const Value y = b.transform("mul", {b.apply(fc, {b.x}), b.graph.constant(scale, b.next_line())});
  std::vector<ParameterPtr> all = fc->parameters();
  all.push_back(scale);
  TwoEngines two(b, {{b.mean_of(y), all}});
  expect_sunk(two, b.rows(3), [&](const ParameterPtr& p) { return p == scale; });
}

TEST(TapeUpdatesTest, SeveralObjectivesAreGathered) {
  TwoLosses net;
  TwoEngines two(net, {net.first, net.second});
  SpoilingSink sink(Engine::of(net.runtime));
  two.planning.set_updates(&sink);
  two.expect_alike(net.rows(5));
  EXPECT_TRUE(sink.gradients.empty());
}

TEST(TapeUpdatesTest, WhatIsFrozenBetweenThePassesStays) {
  RowsBuilder b;
  const LayerPtr first = b.square(), second = b.square();
  const Value cut = b.transform("cumsum", {b.apply(first, {b.x})}, {{"dim", std::int64_t{1}}});
  TwoEngines two(b, {{b.cross_entropy(b.apply(second, {cut})), trained_of(b.graph)}});
  SpoilingSink sink(Engine::of(b.runtime));
  two.planning.set_updates(&sink);
  const at::Tensor loss = two.planning.forward(b.rows(4), kTrain).front();
  first->parameter("weight")->trainable = false;
  second->parameter("bias")->trainable = false;
  const auto gradients = two.planning.backward({loss}, 1).front();
  EXPECT_EQ(sink.gradients.size(), 2u);
  EXPECT_TRUE(sink.gradients.contains(first->parameter("bias").get()));
  EXPECT_TRUE(sink.gradients.contains(second->parameter("weight").get()));
  for (const at::Tensor& gradient : gradients) EXPECT_FALSE(gradient.defined());
}

// The kernel gives what its own derivative cannot take.
TEST(TapeTest, WhatFailsInABackwardPassNamesItsNode) {
  RowsBuilder b;
  Descriptor broken;
  broken.name = "broken";
  broken.category = Category::own;
  broken.doc = "Changes what it has kept.";
  broken.inputs = {{.name = "input", .doc = "any"}};
  broken.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
  add_operation(b.runtime, broken, [](const KernelContext& k) -> std::vector<at::Tensor> {
    at::Tensor kept = k.input().sin();
    const at::Tensor result = kept * kept;
    kept.add_(1);
    return {result};
  });
  const Descriptor& descriptor = operations(b.runtime).get("broken");
  const LayerPtr fc = b.square();
  const Value own =
      b.graph.apply(descriptor, Attributes(descriptor.attributes), {b.apply(fc, {b.x})}, b.next_line())[0];
  TwoEngines two(b, {{b.mean_of(own), fc->parameters()}});
  const std::string told = error_of(Fault::run, [&] { two.planned(b.rows(2)); });
  EXPECT_THAT(told, HasSubstr(own.node->origin().site.str() + ": the derivative of broken (broken) failed"));
}

TEST(PlanRefusalTest, TellsWhyAutogradIsNeeded) {
  TwoLosses net;
  TwoEngines two(net, {net.first}, {net.second.loss});
  EXPECT_EQ(two.planning.unplanned(), "");
  const auto refusal = [&] {
    return error_of(Fault::usage, [&] { two.planning.forward(net.rows(2), kTrain); });
  };
  two.planning.set_precision(Precision("bf16-mixed"));
  EXPECT_THAT(refusal(),
              HasSubstr("engine = \"plan\" cannot train graph 'rows': mixed precision casts within "
                        "operations"));
  two.planning.set_precision(Precision());
  two.expect_alike(net.rows(2));
}

TEST(PlanRefusalTest, AutogradIsTakenWhereItWasAskedFor) {
  TwoLosses net;
  TwoEngines two(net, {net.first}, {net.second.loss});
  two.planning.set_objectives({net.first}, GradientEngine::autograd);
  EXPECT_EQ(two.planning.unplanned(), "autograd was asked for");
  const at::Tensor loss = two.planning.forward(net.rows(2), kTrain)[0];
  EXPECT_FALSE(two.planning.planned());
  EXPECT_TRUE(loss.requires_grad());
}

// Who may do the pass once more asks how many there were. A weight's is made by the product for its gradient,
// which nobody is told of.
TEST(TapeTest, UpdatesThatASegmentMakesAreCountedAlsoWhereTheNextCallFails) {
  struct Folding : UpdateSink {
    bool takes(const Parameter&) const override { return false; }
    void update(const Parameter&, const at::Tensor&) override { ADD_FAILURE(); }
    bool folds(const Parameter&) const override { return true; }
    cpu::SgdOptions folded_step(const Parameter&) const override { return {.lr = 0.1}; }
    void count_folded() override { ++counted; }
    int counted = 0;
  } updates;
  struct Failing : ProfileSink {
    void gradient_complete(const Parameter& parameter, const at::Tensor&) override {
      throw Error(Fault::run, "told of " + parameter.name);
    }
  } sink;
  RowsBuilder b;
  const LayerPtr fc = b.square();
  TwoEngines two(b, {{b.cross_entropy(b.apply(fc, {b.x})), fc->parameters()}});
  two.planning.set_updates(&updates);
  two.planning.set_sink(&sink);
  std::vector<std::int64_t> versions;
  for (const ParameterPtr& parameter : fc->parameters())
    versions.push_back(Engine::of(b.runtime).tensor(parameter)._version());
  EXPECT_THAT(error_of(Fault::run, [&] { two.planned(b.rows(3)); }), HasSubstr("told of bias"));
  EXPECT_EQ(updates.counted, 2);
  for (size_t i = 0; i < versions.size(); ++i)
    EXPECT_EQ(Engine::of(b.runtime).tensor(fc->parameters()[i])._version(), versions[i] + 1);
}

}  // namespace
}  // namespace orrery
