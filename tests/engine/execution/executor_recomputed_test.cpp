// The part of Executor that computes blocks again.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "runtime/engine/kernels/own_kernel.h"
#include "tests/engine/execution/peak.h"
#include "tests/engine/execution/recomputed_blocks.h"
#include "tests/files/error_of.h"
#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(RecomputedTest, DropoutAndBatchNormDrawAndCountOnce) {
  BlocksBuilder b;
  const Value y = b.block("norm", b.linear_of(b.x), [&](const Value& in) {
    const Value h = b.apply("BatchNorm1d", {{"num_features", std::int64_t{4}}}, {in});
    return b.linear_of(b.apply("Dropout", {{"p", 0.5}}, {b.transform("relu", {h})}));
  });
  const Value loss = b.cross_entropy(b.residual(b.apply("Dropout", {{"p", 0.2}}, {y})));
  Stepping net(b, {{loss, trained_of(b.graph)}});
  net.expect_the_same();
  const auto counted = [&](Way way) { return net.step(true, way).tensors.back().item<std::int64_t>(); };
  for (const Way way : {Way::autograd, Way::by_aten, Way::plan}) EXPECT_EQ(counted(way), 1);
}

/// A stack of blocks, and a head.
struct Stack : BlocksBuilder {
  explicit Stack(int depth = 3) {
    Value h = linear_of(x);
    for (int i = 0; i < depth; ++i) h = residual(h);
    loss = cross_entropy(linear_of(h));
  }
  std::vector<Objective> objectives() { return {{loss, trained_of(graph)}}; }
  Value loss;
};

TEST(RecomputedTest, AStackOfBlocksHasTheSameGradients) {
  Stack b;
  Stepping(b, b.objectives()).expect_the_same();
}

TEST(RecomputedTest, BatchesOfOtherSizesHaveTheSameGradients) {
  Stack b;
  Stepping net(b, b.objectives());
  for (const std::int64_t rows : {6, 2, 9, 6}) net.expect_the_same(Way::plan, rows);
}

TEST(RecomputedTest, LayersThatAreSharedInAndOutOfABlockGatherTheSameGradients) {
  BlocksBuilder b;
  const LayerPtr shared = b.square();
  Value h = b.transform("sin", {b.apply(shared, {b.x})});
  for (int i = 0; i < 3; ++i)
    h = b.block("twice", h, [&](const Value& in) {
      return b.transform("sin", {b.apply(shared, {b.transform("tanh", {b.apply(shared, {in})})})});
    });
  Stepping(b, {{b.cross_entropy(b.apply(shared, {h})), shared->parameters()}}).expect_the_same();
}

// Read twice in each block, and behind them: several blocks' gradients of one value may add up in another
// order.
TEST(RecomputedTest, AValueThatManyReadGathersTheSameGradient) {
  BlocksBuilder b;
  const LayerPtr fc = b.square();
  const Value memory = b.transform("sin", {b.apply(fc, {b.x})});
  Value h = memory;
  for (int i = 0; i < 3; ++i)
    h = b.block("attend", h, [&](const Value& in) {
      const Value keys = b.transform("tanh", {b.linear_of(memory)});
      return b.transform("add", {b.transform("mul", {in, keys}), b.transform("mul", {in, memory})});
    });
  Stepping net(b, {{b.mean_of(b.transform("mul", {h, memory})), fc->parameters()}});
  for (const Way way : {Way::autograd, Way::by_aten, Way::plan}) net.expect_the_same(way, 6, 1e-7);
}

TEST(RecomputedTest, SeveralObjectivesComputeABlockForEach) {
  BlocksBuilder b;
  const Value h = b.residual(b.linear_of(b.x));
  const Objective first{b.cross_entropy(b.linear_of(h)), {}}, second{b.mean_of(b.transform("exp", {h})), {}};
  std::vector<Objective> both = {first, second};
  for (Objective& each : both) each.parameters = trained_of(b.graph);
  Stepping net(b, both);
  net.expect_the_same();
  net.engines().set_due({1});
  net.expect_the_same(Way::autograd);
  net.expect_the_same(Way::plan);
}

TEST(RecomputedTest, FrozenLayersWithinABlockHaveNoGradient) {
  Stack b;
  Stepping net(b, b.objectives());
  const std::vector<ParameterPtr> all = trained_of(b.graph);
  for (const bool trained : {true, false, true}) {
    for (size_t i = 0; i < 4; ++i) all[i]->trainable = trained;
    net.expect_the_same();
    EXPECT_EQ(net.step(true, Way::plan).tensors[1].defined(), trained);
  }
}

TEST(RecomputedTest, AConstantWithinABlockIsTrained) {
  BlocksBuilder b;
  auto scale = std::make_shared<Parameter>();
  scale->name = "scale";
  scale->shape = {Dim(4)};
  scale->init = Init::constant(0.5);
  const LayerPtr fc = b.square();
  const Value y = b.block("scaled", b.x, [&](const Value& in) {
    const Value h = b.transform("sin", {b.apply(fc, {in})});
    return b.transform("mul", {h, b.graph.constant(scale, b.next_line())});
  });
  std::vector<ParameterPtr> all = fc->parameters();
  all.push_back(scale);
  Stepping(b, {{b.mean_of(b.transform("exp", {y})), all}}).expect_the_same();
}

TEST(RecomputedTest, ALossMayLieInABlock) {
  BlocksBuilder b;
  const Value loss = b.block("whole", b.x, [&](const Value& in) { return b.cross_entropy(b.linear_of(in)); });
  Stepping(b, {{loss, trained_of(b.graph)}}).expect_the_same();
}

TEST(RecomputedTest, SpectralNormIteratesOnce) {
  BlocksBuilder b;
  const LayerPtr fc = b.square();
  b.runtime.parametrize(*fc, {"weight", &operations().parametrization("spectral_norm"),
                              Attributes(operations().parametrization("spectral_norm").attributes)});
  const Value y = b.block("normed", b.linear_of(b.x),
                          [&](const Value& in) { return b.transform("sin", {b.apply(fc, {in})}); });
  Stepping(b, {{b.cross_entropy(y), trained_of(b.graph)}}).expect_the_same();
}

// LibTorch's LSTM gives other last digits where nothing is recorded.
TEST(RecomputedTest, AnLstmHasTheSameLoss) {
  BlocksBuilder b;
  const Value rows = b.transform("unsqueeze", {b.linear_of(b.x)}, {{"dim", std::int64_t{1}}});
  const Value y = b.block("recurrent", rows, [&](const Value& in) {
    return b.apply("LSTM", {{"input_size", std::int64_t{4}}, {"hidden_size", std::int64_t{8}}}, {in});
  });
  Stepping(b, {{b.mean_of(b.transform("sin", {y})), trained_of(b.graph)}}).expect_the_same();
}

TEST(RecomputedTest, MixedPrecisionHasTheSameGradients) {
  Stack b;
  Stepping net(b, b.objectives());
  net.engines().recording.set_precision(Precision("bf16-mixed"));
  net.expect_the_same(Way::autograd);
}

TEST(RecomputedTest, DetectedNumbersAreStillWatched) {
  Stack b;
  Stepping net(b, b.objectives());
  const FiniteWatch watch;
  net.engines().recording.set_watch(&watch);
  net.expect_the_same(Way::autograd);
  net.engines().recording.set_watch(nullptr);
}

/// A loop over the rows of `x`, whose body or whole is recomputed; the loss and its gradient.
struct LoopOfBlocks : SequenceBuilder {
  LoopOfBlocks() {
    Block& around = graph.begin_block("around", next_line());
    LoopBuilder loop(*this, {h, x});
    Block& body = graph.begin_block("cell", next_line());
    const Value made = transform("tanh", {transform("add", {apply(fc, {loop[0]}), loop[1]})});
    graph.end_block();
    const auto outputs = loop.end({made, made});
    graph.end_block();
    loss = transform("sum", {transform("sin", {outputs[1]})});
    graph.use({Use::Kind::loss, loss, ""});
    graph.finalize();
    blocks = {&around, &body};
  }
  at::Tensor gradient(Executor& executor) {
    const at::Tensor value = executor.forward({{"x", at::linspace(-1, 1, 20).view({5, 4})}}, kTrain)[0];
    return executor.backward({{value, fc->parameters()}})[0][0];
  }
  LayerPtr fc = linear(4, 4);
  Value loss;
  std::vector<Block*> blocks;
};

// An operation of a plug-in that writes over what the block reads.
TEST(RecomputedTest, WhatIsWrittenOverIsRemembered) {
  BlocksBuilder b;
  Descriptor doubled;
  doubled.name = "doubled";
  doubled.category = Category::own;
  doubled.doc = "Twice the input, in its place.";
  doubled.inputs = {{.name = "input", .doc = "any"}};
  doubled.aliases = {{Alias::Kind::overwrite}};
  doubled.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
  add_operation(b.runtime, doubled, [](const KernelContext& k) -> std::vector<at::Tensor> {
    at::Tensor input = k.input();
    return {input.mul_(2)};
  });
  const Descriptor& operation = operations(b.runtime).get("doubled");
  const LayerPtr fc = b.square();
  const Value y = b.block("twice", b.apply(fc, {b.x}), [&](const Value& in) {
    const Value read = b.transform("neg", {in});
    const Value over = b.graph.apply(operation, Attributes(operation.attributes), {in}, b.next_line())[0];
    return b.transform("sin", {b.transform("add", {read, over})});
  });
  Stepping net(b, {{b.mean_of(y), fc->parameters()}});
  net.expect_the_same(Way::autograd);
}

TEST(RecomputedTest, LoopsAreComputedAgainWholeOrStepByStep) {
  LoopOfBlocks b;
  Executor executor(Engine::of(b.runtime), b.graph, {b.loss});
  const at::Tensor kept = b.gradient(executor);
  for (Block* block : b.blocks) {
    block->set_recomputes(true);
    EXPECT_TRUE(at::equal(b.gradient(executor), kept)) << block->path();
    EXPECT_EQ(executor.plan(true).recomputed.size(), block == b.blocks[0] ? 1U : 0U);
    block->set_recomputes(false);
  }
}

std::int64_t peak_marked(BlocksBuilder& b, const std::function<void()>& step, bool recomputes) {
  b.mark(recomputes);
  return peak_of(step);
}

TEST(RecomputedTest, TakesLessMemoryUnderBothEngines) {
  Stack b(12);
  Stepping net(b, b.objectives());
  const auto arena = [&](bool recomputes) {
    b.mark(recomputes);
    net.engines().planning.forward(b.rows(512), kTrain);
    return net.engines().planning.tape()->lowered()->bytes();
  };
  const auto planned = [&] { net.engines().planned(b.rows(512)); };
  const auto recorded = [&] { net.engines().recorded(b.rows(512)); };
  EXPECT_LT(arena(true), arena(false));
  EXPECT_LT(peak_marked(b, planned, true) + arena(true),
            0.5 * (peak_marked(b, planned, false) + arena(false)));
  EXPECT_LT(peak_marked(b, recorded, true), 0.5 * peak_marked(b, recorded, false));
}

TEST(RecomputedTest, MarksAreTakenAtTheNextStep) {
  Stack b;
  Stepping net(b, b.objectives());
  for (const bool marked : {true, false, true}) {
    net.step(marked, Way::plan);
    EXPECT_EQ(net.engines().planning.plan(true).recomputed.size(), marked ? 3U : 0U);
  }
  net.engines().planning.set_recomputes(false);
  net.step(true, Way::plan);
  EXPECT_THAT(net.engines().planning.plan(true).recomputed, IsEmpty());
}

TEST(RecomputedTest, GradientsOfGradientsGoThroughABlock) {
  Stack b;
  TwoEngines two(b, b.objectives());
  const ParameterPtr first = trained_of(b.graph)[0];
  const auto second_order = [&](bool recomputes) {
    b.mark(recomputes);
    b.runtime.draws.seed(7);
    const at::Tensor loss = two.recording.forward(b.rows(3), kTrain)[0];
    const at::Tensor leaf = Engine::of(b.runtime).tensor(first);
    const Engine::Turn turn(Engine::of(b.runtime));
    const at::Tensor gradient = torch::autograd::grad({loss}, {leaf}, {}, true, true)[0];
    return torch::autograd::grad({gradient.pow(2).sum()}, {leaf})[0];
  };
  EXPECT_TRUE(at::allclose(second_order(true), second_order(false), 1e-5, 1e-7));
}

TEST(RecomputedTest, WhatWasChangedInBetweenIsRefused) {
  Stack b;
  TwoEngines two(b, b.objectives());
  b.mark();
  const at::Tensor loss = two.recording.forward(b.rows(3), kTrain)[0];
  const ParameterPtr weight = trained_of(b.graph)[2];
  Engine::of(b.runtime).assign(weight, at::zeros(values(weight->shape)));
  EXPECT_THAT(error_of(Fault::run,
                       [&] {
                         two.recording.backward({{loss, {weight}}});
                       }),
              HasSubstr("has been modified by an inplace operation"));
}

TEST(RecomputedTest, AGradientWithoutTheExecutorIsRefused) {
  Stack b;
  TwoEngines two(b, b.objectives());
  b.mark();
  at::Tensor loss;
  {
    Executor gone(Engine::of(b.runtime), b.graph, {b.loss});
    loss = gone.forward(b.rows(3), kTrain)[0];
  }
  const at::Tensor leaf = Engine::of(b.runtime).tensor(trained_of(b.graph)[0]);
  EXPECT_THAT(error_of(Fault::run, [&] { torch::autograd::grad({loss}, {leaf}); }),
              HasSubstr("block 'residual_3' is to be recomputed for its gradient, but the manager that "
                        "computed it is gone"));
}

}  // namespace
}  // namespace orrery
