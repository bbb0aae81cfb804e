#include "runtime/engine/execution/executor.h"

#include <csignal>
#include <functional>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/graph/finding.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using testing::HasSubstr;

Batch digits(std::int64_t size) {
  return {{"image", at::arange(size * 64, at::kFloat).view({size, 1, 8, 8}) / 100},
          {"label", at::zeros({size}, at::kLong)}};
}

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::vector<ParameterPtr> parameters_of(const Graph& graph) {
  std::vector<ParameterPtr> parameters;
  for (const Graph::Entry& entry : graph.state()) {
    if (!entry.parameter->buffer) parameters.push_back(entry.parameter);
  }
  return parameters;
}

struct DigitsNet {
  explicit DigitsNet(std::uint64_t seed = 1) {
    b.runtime.draws.seed(seed);
    loss = b.digits_net();
    logits = loss.node->inputs()[0];
    b.graph.use({Use::Kind::loss, loss, "loss"});
    b.graph.use({Use::Kind::output, logits, "logits"});
    b.graph.finalize();
  }
  Engine& engine() { return Engine::of(b.runtime); }
  std::vector<ParameterPtr> parameters() const { return parameters_of(b.graph); }

  Builder b;
  Value loss, logits;
};

TEST(ExecutorTest, AnExpectationIsVerifiedAtEveryRun) {
  Builder b;
  const Value image = b.digits_input()[0];
  const Value told = b.transform("expect", {image}, {{"range", std::vector<double>{0, 1}}});
  Executor executor(Engine::of(b.runtime), b.graph, {told});
  const Batch batch = digits(1);  // 0 to 0.63
  EXPECT_TRUE(at::equal(executor.forward(batch, kEvaluate)[0], batch.at("image")));
  try {
    executor.forward(digits(2), kEvaluate);
    FAIL() << "1.27 was taken";
  } catch (const CheckError& error) {
    EXPECT_EQ(error.findings().at(0).code, "value-out-of-range");
    EXPECT_THAT(error.what(),
                HasSubstr("digits.lua:3: expect (expect) expects values between 0 and 1, got values "
                          "between 0 and 1.27"));
    EXPECT_THAT(error.what(), HasSubstr("from input.image (digits.lua:2)"));
  }
}

TEST(ExecutorTest, SqueezingKeepsTheBatchWhenItHasOneSample) {
  Builder b;
  const Value image = b.digits_input()[0];
  const Value column = b.transform("sum", {image}, {{"dim", std::vector<std::int64_t>{2, 3}}});
  const Value all = b.transform("squeeze", {column});
  const Value batch = b.transform("squeeze", {column}, {{"dim", std::vector<std::int64_t>{0, -1}}});
  b.graph.use({Use::Kind::output, all, "all"});
  b.graph.use({Use::Kind::output, batch, "batch"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {all, batch});
  for (const std::int64_t size : {1, 2}) {
    const auto results = executor.forward(digits(size), kEvaluate);
    EXPECT_EQ(results[0].sizes(), at::IntArrayRef({size}));
    EXPECT_EQ(results[1].sizes(), at::IntArrayRef({size}));
  }
}

TEST(ExecutorTest, GivesTheRequestedValuesInTheirOrder) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss, net.logits});
  const auto results = executor.forward(digits(3), kTrain);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].dim(), 0);
  EXPECT_EQ(results[1].sizes(), (std::vector<std::int64_t>{3, 10}));
  EXPECT_NEAR(results[0].item<double>(),
              at::cross_entropy_loss(results[1], digits(3)["label"]).item<double>(), 1e-6);
  EXPECT_EQ(executor.symbols().at("N"), 3);
}

TEST(ExecutorTest, ServesBatchesOfAnySize) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.logits});
  for (const std::int64_t size : {4, 1, 7})
    EXPECT_EQ(executor.forward(digits(size), kTrain)[0].size(0), size);
}

// Noise of the batch's size on the image, and numbers of no input at all.
struct NoisyNet {
  NoisyNet() {
    const Value image = b.digits_input()[0];
    noise = b.transform("randn", {}, {{"size", Shape{image.shape()[0], 2}}});
    fixed = b.transform("arange", {}, {{"range", Shape{image.shape()[0]}}});
    sum = b.transform("add", {b.transform("sum", {image}), b.transform("sum", {noise})});
    for (const Value& value : {noise, fixed, sum}) b.graph.use({Use::Kind::output, value, ""});
    b.graph.finalize();
  }
  Builder b;
  Value noise, fixed, sum;
};

TEST(ExecutorTest, DrawsAnewAtEachStepInTheSizeOfTheBatch) {
  NoisyNet net;
  Executor executor(Engine::of(net.b.runtime), net.b.graph, {net.noise, net.fixed, net.sum});
  const auto first = executor.forward(digits(3), kTrain), second = executor.forward(digits(3), kTrain);
  EXPECT_EQ(first[0].sizes(), (std::vector<std::int64_t>{3, 2}));
  EXPECT_FALSE(at::equal(first[0], second[0]));
  EXPECT_TRUE(at::equal(first[1], at::arange(3)));
  EXPECT_EQ(executor.forward(digits(5), kTrain)[0].size(0), 5);
}

TEST(ExecutorTest, SizesOfTheBatchAreKnownWhereNoFieldOfItIsRead) {
  NoisyNet net;
  Executor executor(Engine::of(net.b.runtime), net.b.graph, {net.fixed});
  EXPECT_TRUE(at::equal(executor.forward(digits(4), kEvaluate)[0], at::arange(4)));
}

TEST(ExecutorTest, GradientsAreThoseOfAutogradAndTouchNoGrad) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss});
  const auto parameters = net.parameters();
  const at::Tensor loss = executor.forward(digits(3), kTrain)[0];
  const auto gradients = executor.backward({{loss, parameters}}, true)[0];
  ASSERT_EQ(gradients.size(), parameters.size());
  for (const ParameterPtr& parameter : parameters)
    EXPECT_FALSE(net.engine().tensor(parameter).grad().defined());
  loss.backward();
  for (size_t i = 0; i < parameters.size(); ++i)
    EXPECT_TRUE(at::equal(gradients[i], net.engine().tensor(parameters[i]).grad())) << parameters[i]->name;
}

TEST(ExecutorTest, EachDemandGetsTheGradientsOfItsOwnParametersOnly) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss, net.logits});
  const auto all = net.parameters();
  const std::vector<ParameterPtr> conv(all.begin(), all.begin() + 2), linear(all.begin() + 2, all.end());
  const auto results = executor.forward(digits(3), kTrain);
  const auto together =
      executor.backward({{results[0], conv}, {results[1].sum(), linear}, {results[0], linear}});
  ASSERT_EQ(together.size(), 3U);
  EXPECT_EQ(together[0].size(), 2U);
  EXPECT_TRUE(at::allclose(together[1][1], at::full({10}, 3.0)));
  EXPECT_FALSE(at::allclose(together[2][1], together[1][1]));
}

TEST(ExecutorTest, AParameterThatTheLossDoesNotReachHasNoGradient) {
  DigitsNet net;
  auto stray = std::make_shared<Parameter>();
  stray->name = "stray";
  stray->shape = {2};
  Executor executor(net.engine(), net.b.graph, {net.loss});
  const at::Tensor loss = executor.forward(digits(2), kTrain)[0];
  const auto gradients = executor.backward({{loss, {stray, net.parameters()[0]}}})[0];
  EXPECT_FALSE(gradients[0].defined());
  EXPECT_TRUE(gradients[1].defined());
}

TEST(ExecutorTest, ALossWithoutTrainedTensorsIsSaidPlainly) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss});
  const at::Tensor loss = executor.forward(digits(2), kEvaluate)[0];
  EXPECT_FALSE(loss.requires_grad());
  EXPECT_THAT(message_of([&] {
                executor.backward({{loss, net.parameters()}});
              }),
              HasSubstr("the loss does not depend on anything that is trained"));
}

TEST(ExecutorTest, WhatIsFrozenOrUnfrozenIsNoticedAtTheNextStep) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.logits});
  EXPECT_TRUE(executor.forward(digits(2), kTrain)[0].requires_grad());
  for (const ParameterPtr& parameter : net.parameters()) parameter->trainable = false;
  EXPECT_FALSE(executor.forward(digits(2), kTrain)[0].requires_grad());
  EXPECT_FALSE(executor.forward(digits(2), kEvaluate)[0].requires_grad());
  net.parameters().front()->trainable = true;
  const at::Tensor logits = executor.forward(digits(2), kTrain)[0];
  EXPECT_TRUE(logits.requires_grad());
  const auto gradients = executor.backward({{logits.sum(), net.parameters()}})[0];
  EXPECT_TRUE(gradients[0].defined());
  EXPECT_FALSE(gradients[1].defined());
}

TEST(ExecutorTest, ReleasesAValueAtItsLastReader) {
  struct Watch : ProfileSink {
    bool wants_tensors() const override { return true; }
    void begin_node(const Node& node) override {
      if (node.name() == "tanh") alive_at_tanh = !first.expired();
      if (node.name() == "sigmoid") alive_at_sigmoid = !first.expired();
    }
    void end_node(const Node& node, std::span<const at::Tensor>, std::span<const at::Tensor> outputs,
                  bool) override {
      if (node.name() == "relu")
        first = c10::weak_intrusive_ptr<at::TensorImpl>(outputs[0].getIntrusivePtr());
    }

    c10::weak_intrusive_ptr<at::TensorImpl> first{c10::intrusive_ptr<at::TensorImpl>()};
    bool alive_at_tanh = false;
    bool alive_at_sigmoid = true;
  };
  Builder b;
  const auto fields = b.digits_input();
  const Value x = b.transform("tanh", {b.transform("relu", {fields[0]})});
  const Value y = b.transform("sigmoid", {x});
  b.graph.use({Use::Kind::output, y, "y"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {y});
  executor.set_objectives({}, GradientEngine::autograd);
  Watch watch;
  executor.set_sink(&watch);
  executor.forward({{"image", at::ones({2, 1, 8, 8})}}, kEvaluate);
  EXPECT_TRUE(watch.alive_at_tanh);
  EXPECT_FALSE(watch.alive_at_sigmoid);
}

TEST(ExecutorTest, RefusesBatchesThatAreNotWhatTheInputPromises) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss});
  const auto refusal = [&](const std::string& field, const at::Tensor& tensor) {
    Batch batch = digits(3);
    batch[field] = tensor;
    return message_of([&] { executor.forward(batch, kTrain); });
  };
  EXPECT_THAT(refusal("image", at::zeros({3, 2, 8, 8})),
              HasSubstr("digits.lua:2: input (Input) expects field 'image' of shape (N, 1, 8, 8) and dtype "
                        "float32, got shape "
                        "(3, 2, 8, 8) and dtype float32"));
  EXPECT_THAT(refusal("image", at::zeros({3, 64})), HasSubstr("got shape (3, 64)"));
  EXPECT_THAT(refusal("image", at::zeros({3, 1, 8, 8}, at::kDouble)), HasSubstr("dtype float64"));
  EXPECT_THAT(refusal("label", at::zeros({4}, at::kLong)), HasSubstr("while another field has N = 3"));
  EXPECT_THAT(refusal("label", at::Tensor()), HasSubstr("got nothing"));
  EXPECT_THAT(refusal("lable", at::zeros({3}, at::kLong)),
              HasSubstr("no field 'lable' (did you mean 'label'?)"));
  EXPECT_NO_THROW(executor.forward(digits(3), kTrain));
}

TEST(ExecutorTest, AFieldThatNobodyReadsMayBeLeftOut) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.logits});
  EXPECT_NO_THROW(executor.forward({{"image", at::zeros({3, 1, 8, 8})}}, kEvaluate));
}

// A picture of unknown height against a pool of 4: only the batch can tell.
TEST(ExecutorTest, AGuardThatFailsNamesTheNodeAndItsLine) {
  Builder b;
  const Dim n = Dim::symbol("N"), h = Dim::symbol("H");
  const auto fields =
      b.graph.input({{{"image", {{n, 1, h, 8}, DType::float32}, false}}, {}, "{}"}, b.next_line());
  b.graph.begin_block("features", b.next_line());
  const Value pooled = b.apply("MaxPool2d", {{"kernel_size", std::int64_t{4}}}, {fields[0]});
  b.graph.end_block();
  b.graph.use({Use::Kind::output, pooled, "pooled"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {pooled});
  EXPECT_EQ(executor.forward({{"image", at::zeros({2, 1, 4, 8})}}, kEvaluate)[0].size(2), 1);
  const auto low = [&] { executor.forward({{"image", at::zeros({2, 1, 3, 8})}}, kEvaluate); };
  EXPECT_THROW(low(), CheckError);
  const std::string message = message_of(low);
  EXPECT_THAT(message, HasSubstr("features/max_pool2d (MaxPool2d) expects"));
  EXPECT_THAT(message, HasSubstr("H = 3"));
  EXPECT_THAT(message, HasSubstr(pooled.node->origin().site.str()));
  EXPECT_NO_THROW(executor.forward({{"image", at::zeros({2, 1, 5, 8})}}, kEvaluate));
}

TEST(ExecutorTest, AnErrorInANodeNamesItsPathOperationAndLineAndLeavesTheExecutorUsable) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss});
  Batch wrong = digits(3);
  wrong["label"] = at::full({3}, 12, at::kLong);
  const std::string message = message_of([&] { executor.forward(wrong, kTrain); });
  EXPECT_THAT(message, HasSubstr(net.loss.node->origin().site.str() + ": "));
  EXPECT_THAT(message, HasSubstr("cross_entropy_loss (CrossEntropyLoss) failed on (3, 10) float32, (3) "
                                 "int64: label 12 is out of range"));
  const at::Tensor loss = executor.forward(digits(3), kTrain)[0];
  EXPECT_EQ(executor.backward({{loss, net.parameters()}})[0].size(), net.parameters().size());
}

TEST(ExecutorTest, TheStopFlagStopsBeforeTheNextNode) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss});
  for (const auto& [signal, fault] :
       {std::pair(SIGINT, Fault::interrupted), std::pair(SIGTERM, Fault::terminated)}) {
    net.b.runtime.stop = signal;
    try {
      executor.forward(digits(3), kTrain);
      FAIL() << "went on";
    } catch (const Stopped& stopped) {
      EXPECT_EQ(stopped.fault(), fault);
    }
  }
  net.b.runtime.stop = 0;
  EXPECT_NO_THROW(executor.forward(digits(3), kTrain));
}

TEST(ExecutorTest, TheStopFlagWaitsForTheEndOfATrainingStepThatIsToBeFinished) {
  DigitsNet net;
  Executor executor(net.engine(), net.b.graph, {net.loss});
  executor.set_finishing(true);
  net.b.runtime.stop = SIGTERM;
  EXPECT_NO_THROW(executor.forward(digits(3), kTrain));
  EXPECT_THROW(executor.forward(digits(3), {.training = false, .gradients = false}), Stopped);
}

TEST(ExecutorTest, TwoRuntimesInterleavedTrainAsEachTrainsAlone) {
  const auto with_dropout = [](Builder& b) {
    const auto fields = b.digits_input();
    const Value flat = b.transform("flatten", {fields[0]}, {{"start_dim", std::int64_t{1}}});
    const Value dropped = b.apply("Dropout", {}, {b.apply(b.linear(64, 10), {flat})});
    const Value loss = b.apply("CrossEntropyLoss", {}, {dropped, fields[1]});
    b.graph.use({Use::Kind::loss, loss, "loss"});
    b.graph.finalize();
    return loss;
  };
  struct Run {
    Run(std::uint64_t seed, const std::function<Value(Builder&)>& build) {
      b.runtime.draws.seed(seed);
      const Value loss = build(b);
      executor = std::make_unique<Executor>(Engine::of(b.runtime), b.graph, std::vector{loss});
    }
    double step() { return executor->forward(digits(5), kTrain)[0].item<double>(); }
    Builder b;
    std::unique_ptr<Executor> executor;
  };
  std::vector<double> one, two;
  Run alone_one(1, with_dropout);
  for (int i = 0; i < 3; ++i) one.push_back(alone_one.step());
  Run alone_two(2, with_dropout);
  for (int i = 0; i < 3; ++i) two.push_back(alone_two.step());
  Run a(1, with_dropout), b(2, with_dropout);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(a.step(), one[i]);
    EXPECT_EQ(b.step(), two[i]);
  }
  EXPECT_NE(one[0], one[1]);
}

TEST(ExecutorTest, EvaluationChangesNoBufferAndTrainingDoes) {
  Builder b;
  const auto fields = b.digits_input();
  const LayerPtr norm = b.layer("BatchNorm2d", {{"num_features", std::int64_t{1}}});
  const Value out = b.apply(norm, {fields[0]});
  b.graph.use({Use::Kind::output, out, "out"});
  b.graph.finalize();
  Engine& engine = Engine::of(b.runtime);
  Executor executor(engine, b.graph, {out});
  const Batch batch = {{"image", at::ones({2, 1, 8, 8})}};
  const at::Tensor mean = engine.tensor(norm->parameter("running_mean"));
  executor.forward(batch, kEvaluate);
  EXPECT_EQ(mean.item<double>(), 0);
  executor.forward(batch, kTrain);
  EXPECT_NEAR(mean.item<double>(), 0.1, 1e-6);
  EXPECT_EQ(engine.tensor(norm->parameter("num_batches_tracked")).item<std::int64_t>(), 1);
}

TEST(ExecutorTest, AConstantsTensorTakesPart) {
  Builder b;
  const auto fields = b.digits_input();
  auto shift = std::make_shared<Parameter>();
  shift->name = "shift";
  shift->shape = {8};
  shift->init = Init::constant(2.5);
  const Value out = b.transform("add", {fields[0], b.graph.constant(shift, b.next_line())});
  b.graph.use({Use::Kind::output, out, "out"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {out});
  const at::Tensor result = executor.forward({{"image", at::zeros({2, 1, 8, 8})}}, kTrain)[0];
  EXPECT_TRUE(at::equal(result, at::full({2, 1, 8, 8}, 2.5)));
  EXPECT_TRUE(result.requires_grad());
}

TEST(ExecutorTest, ALayerUsedTwiceGathersBothGradients) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const auto fields = b.graph.input({{{"x", {{n, 2}, DType::float32}, false}}, {}, "{}"}, b.next_line());
  const LayerPtr shared = b.linear(2, 2);
  const Value loss = b.transform("sum", {b.apply(shared, {b.apply(shared, {fields[0]})})});
  b.graph.use({Use::Kind::loss, loss, "loss"});
  b.graph.finalize();
  Engine& engine = Engine::of(b.runtime);
  Executor executor(engine, b.graph, {loss});
  const at::Tensor out = executor.forward({{"x", at::ones({1, 2})}}, kTrain)[0];
  const auto bias = executor.backward({{out, {shared->parameter("bias")}}})[0][0];
  const at::Tensor weight = engine.tensor(shared->parameter("weight")).detach();
  EXPECT_TRUE(at::allclose(bias, weight.sum(0) + 1));
}

TEST(ExecutorTest, SizesThatOnlyTheDataTellAreKnownBehindTheirNode) {
  Builder b;
  const Value image = b.digits_input()[0];
  const Value found = b.transform("masked_select", {image, b.transform("bool", {image})});
  const Value pair = b.transform("reshape", {found}, {{"shape", Shape{2}}});
  b.graph.finalize();
  Engine& engine = Engine::of(b.runtime);
  Executor executor(engine, b.graph, {pair});
  Batch batch = digits(2);
  batch["image"] = at::zeros({2, 1, 8, 8});
  batch["image"].view({-1}).slice(0, 0, 2).fill_(3);
  EXPECT_EQ(executor.forward(batch, kEvaluate)[0].sum().item<double>(), 6);
  EXPECT_EQ(executor.symbols().at("K"), 2);
  batch["image"].fill_(1);
  EXPECT_THAT(message_of([&] { executor.forward(batch, kEvaluate); }), HasSubstr("with K = 128"));
}

}  // namespace
}  // namespace orrery
