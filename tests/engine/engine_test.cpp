#include "runtime/engine/engine.h"

#include <cstring>
#include <set>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/ops/operations.h"
#include "tests/files/places.h"

namespace orrery {
namespace {

using testing::HasSubstr;

LayerPtr make_layer(Runtime& runtime, const std::string& kind, std::vector<Attributes::Entry> options) {
  const Descriptor& descriptor = operations().get(kind);
  return runtime.make_layer(descriptor, checked_attributes(descriptor.attributes, options), {});
}

LayerPtr linear(Runtime& runtime, std::int64_t in, std::int64_t out,
                std::vector<Attributes::Entry> more = {}) {
  more.push_back({"in_features", in});
  more.push_back({"out_features", out});
  return make_layer(runtime, "Linear", std::move(more));
}

LayerPtr conv(Runtime& runtime, std::int64_t in, std::int64_t out, std::vector<Attributes::Entry> more) {
  more.push_back({"in_channels", in});
  more.push_back({"out_channels", out});
  return make_layer(runtime, "Conv2d", std::move(more));
}

at::Tensor draw(Engine& engine) {
  const Engine::Turn turn(engine);
  return at::randn({4});
}

using NamedLayers = std::vector<std::pair<std::string, LayerPtr>>;

std::int64_t whole(int number) { return number; }

void add_table_layers(Runtime& runtime, NamedLayers& layers) {
  layers.emplace_back(
      "embedding",
      make_layer(runtime, "Embedding",
                 {{"num_embeddings", whole(5)}, {"embedding_dim", whole(3)}, {"padding_idx", whole(1)}}));
  layers.emplace_back("bag", make_layer(runtime, "EmbeddingBag",
                                        {{"num_embeddings", whole(4)}, {"embedding_dim", whole(2)}}));
  layers.emplace_back(
      "bilinear",
      make_layer(runtime, "Bilinear",
                 {{"in1_features", whole(3)}, {"in2_features", whole(2)}, {"out_features", whole(4)}}));
  layers.emplace_back("adaptive", make_layer(runtime, "AdaptiveLogSoftmaxWithLoss",
                                             {{"in_features", whole(8)},
                                              {"n_classes", whole(12)},
                                              {"cutoffs", std::vector<std::int64_t>{4, 8}},
                                              {"div_value", 2.0},
                                              {"head_bias", true}}));
}

// The layers of scripts/dev/make_engine_fixtures.py, in its order.
NamedLayers fixture_layers(Runtime& runtime) {
  using Pair = std::vector<std::int64_t>;
  const std::int64_t three = 3;
  NamedLayers layers;
  layers.emplace_back("linear", linear(runtime, 7, 5));
  layers.emplace_back("conv2d", conv(runtime, 3, 4, {{"kernel_size", Pair{3, 2}}}));
  layers.emplace_back("batch_norm2d",
                      make_layer(runtime, "BatchNorm2d", {{"num_features", std::int64_t{4}}}));
  layers.emplace_back(
      "grouped", conv(runtime, 4, 6, {{"kernel_size", three}, {"groups", std::int64_t{2}}, {"bias", false}}));
  layers.emplace_back("wide", linear(runtime, 64, 33));
  layers.emplace_back("one", linear(runtime, 1, 1));
  layers.emplace_back("double", linear(runtime, 5, 3, {{"dtype", DType::float64}}));
  layers.emplace_back("half", linear(runtime, 5, 3, {{"dtype", DType::bfloat16}}));
  layers.emplace_back("unbiased", linear(runtime, 9, 2, {{"bias", false}}));
  layers.emplace_back("last", conv(runtime, 1, 16, {{"kernel_size", three}, {"padding", std::int64_t{1}}}));
  const auto channels = [](std::int64_t in, std::int64_t out) {
    return std::vector<Attributes::Entry>{
        {"in_channels", in}, {"out_channels", out}, {"kernel_size", std::int64_t{3}}};
  };
  layers.emplace_back("conv1d", make_layer(runtime, "Conv1d", channels(2, 3)));
  layers.emplace_back("conv3d", make_layer(runtime, "Conv3d", channels(2, 3)));
  std::vector<Attributes::Entry> grouped = channels(4, 6);
  grouped.push_back({"groups", std::int64_t{2}});
  layers.emplace_back("conv_transpose2d", make_layer(runtime, "ConvTranspose2d", grouped));
  add_table_layers(runtime, layers);
  return layers;
}

TEST(EngineTest, InitialWeightsAreBitEqualToPyTorch) {
  const SafetensorsReader file(in_source("tests/fixtures/engine/initial_weights.safetensors"));
  Runtime runtime;
  runtime.draws.seed(2026);
  const auto layers = fixture_layers(runtime);
  Engine& engine = Engine::of(runtime);
  size_t compared = 0;
  for (const auto& [name, layer] : layers) {
    for (const ParameterPtr& parameter : layer->parameters()) {
      const Bytes wanted = file.read(file.at(name + "." + parameter->name));
      const at::Tensor got = engine.tensor(parameter).detach().contiguous();
      ASSERT_EQ(got.nbytes(), wanted.size()) << name << " " << parameter->name;
      EXPECT_EQ(std::memcmp(got.data_ptr(), wanted.data(), wanted.size()), 0)
          << name << " " << parameter->name;
      ++compared;
    }
  }
  EXPECT_EQ(compared, file.header().tensors.size());
}

TEST(EngineTest, LayersOfConstructionComeBeforeAnyOtherDraw) {
  Runtime early, late;
  for (Runtime* runtime : {&early, &late}) runtime->draws.seed(3);
  const LayerPtr first = linear(early, 3, 2);
  const at::Tensor weight = Engine::of(early).tensor(first->parameter("weight"));
  Engine& engine = Engine::of(late);
  const LayerPtr second = linear(late, 3, 2);
  draw(engine);
  EXPECT_TRUE(at::equal(engine.tensor(second->parameter("weight")), weight));
}

TEST(EngineTest, ASeedDrawnByItselfIsANumberThatLuaHolds) {
  Runtime first, second, told;
  const std::uint64_t seed = Engine::of(first).seed();
  EXPECT_LT(seed, std::uint64_t{1} << 53);
  EXPECT_NE(Engine::of(second).seed(), seed);
  const at::Tensor drawn = draw(Engine::of(first));
  told.draws.seed(seed);
  EXPECT_EQ(Engine::of(told).seed(), seed);
  EXPECT_TRUE(at::equal(draw(Engine::of(told)), drawn));
}

TEST(EngineTest, ALaterSeedBeginsTheSequenceAgain) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  runtime.draws.seed(5);
  const at::Tensor first = draw(engine);
  EXPECT_FALSE(at::equal(draw(engine), first));
  runtime.draws.seed(5);
  EXPECT_TRUE(at::equal(draw(engine), first));
}

TEST(EngineTest, TwoRuntimesInterleavedDrawWhatEachDrawsAlone) {
  const auto alone = [](std::uint64_t seed) {
    Runtime runtime;
    runtime.draws.seed(seed);
    Engine& engine = Engine::of(runtime);
    return std::vector{draw(engine), draw(engine), draw(engine)};
  };
  const auto one = alone(1), two = alone(2);
  Runtime a, b;
  a.draws.seed(1);
  b.draws.seed(2);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(at::equal(draw(Engine::of(a)), one[i]));
    EXPECT_TRUE(at::equal(draw(Engine::of(b)), two[i]));
  }
}

TEST(EngineTest, TurnsOfTwoEnginesNest) {
  Runtime a, b;
  a.draws.seed(1);
  b.draws.seed(1);
  Engine &first = Engine::of(a), &second = Engine::of(b);
  const Engine::Turn outer(first);
  const at::Tensor x = at::randn({3});
  {
    const Engine::Turn inner(second);
    EXPECT_TRUE(at::equal(at::randn({3}), x));
    const Engine::Turn back(first);
    EXPECT_FALSE(at::equal(at::randn({3}), x));
  }
  Runtime c;
  c.draws.seed(1);
  Engine& third = Engine::of(c);
  const Engine::Turn inner(third);
  EXPECT_TRUE(at::equal(at::randn({3}), x));
}

TEST(EngineTest, TheProcessGetsItsGeneratorBackAfterATurn) {
  at::manual_seed(9);
  const at::Tensor wanted = at::randn({3});
  at::manual_seed(9);
  Runtime runtime;
  runtime.draws.seed(1);
  draw(Engine::of(runtime));
  EXPECT_TRUE(at::equal(at::randn({3}), wanted));
}

TEST(EngineTest, TurnsOfSeveralThreadsTakeTurns) {
  Runtime a, b;
  a.draws.seed(1);
  b.draws.seed(1);
  Engine &first = Engine::of(a), &second = Engine::of(b);
  std::vector<at::Tensor> ours, theirs;
  const auto work = [](Engine& engine, std::vector<at::Tensor>& into) {
    for (int i = 0; i < 200; ++i) into.push_back(draw(engine));
  };
  std::thread other([&] { work(second, theirs); });
  work(first, ours);
  other.join();
  for (size_t i = 0; i < ours.size(); ++i) ASSERT_TRUE(at::equal(ours[i], theirs[i]));
}

TEST(EngineTest, ThreadsBelongToTheRuntime) {
  const int process = at::get_num_threads();
  Runtime a, b;
  Engine &first = Engine::of(a), &second = Engine::of(b);
  first.set_threads(1);
  second.set_threads(2);
  EXPECT_EQ(first.threads(), 1);
  EXPECT_EQ(second.threads(), 2);
  EXPECT_EQ(at::get_num_threads(), process);
  const Engine::Turn turn(first);
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_THROW(first.set_threads(0), Error);
}

TEST(EngineTest, WhatARunUsesIsNotWhatWasSet) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const int own = engine.threads();
  engine.use_threads(own + 1);
  EXPECT_EQ(engine.threads(), own + 1);
  EXPECT_EQ(engine.default_threads(), own);
  EXPECT_FALSE(engine.threads_are_set());
  engine.set_threads(own + 2);
  EXPECT_EQ(engine.threads(), own + 2);
  EXPECT_EQ(engine.default_threads(), own + 2);
  EXPECT_TRUE(engine.threads_are_set());
  EXPECT_THROW(engine.use_threads(0), Error);
}

TEST(EngineTest, TheGeneratorsStateContinuesTheSequence) {
  Runtime runtime;
  runtime.draws.seed(4);
  Engine& engine = Engine::of(runtime);
  draw(engine);
  const at::Tensor state = engine.generator_state();
  const at::Tensor next = draw(engine);
  draw(engine);
  engine.set_generator_state(state);
  EXPECT_TRUE(at::equal(draw(engine), next));
}

TEST(EngineTest, LibTorchsWarningsGoToTheRuntimesLog) {
  Runtime runtime;
  std::vector<std::string> warnings;
  runtime.log.sink = [&](Log::Level level, const std::string& text) {
    if (level == Log::Level::warning) warnings.push_back(text);
  };
  Engine& engine = Engine::of(runtime);
  const Engine::Turn turn(engine);
  at::mse_loss(at::zeros({2, 1}), at::zeros({2}));
  TORCH_WARN("a word of LibTorch");
  EXPECT_THAT(warnings, testing::Contains(HasSubstr("a word of LibTorch")));
}

TEST(EngineTest, ParametersAreLeavesThatFollowTrainable) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const LayerPtr norm = make_layer(runtime, "BatchNorm2d", {{"num_features", std::int64_t{2}}});
  EXPECT_TRUE(engine.tensor(norm->parameter("weight")).requires_grad());
  EXPECT_TRUE(engine.tensor(norm->parameter("weight")).is_leaf());
  EXPECT_FALSE(engine.tensor(norm->parameter("running_mean")).requires_grad());
  norm->set_trainable(false);
  EXPECT_FALSE(engine.tensor(norm->parameter("weight")).requires_grad());
}

TEST(EngineTest, AssignKeepsTheTensorAndChecksTheShape) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const LayerPtr layer = linear(runtime, 2, 1);
  const at::Tensor held = engine.tensor(layer->parameter("weight"));
  engine.assign(layer->parameter("weight"), at::tensor({1.5, 2.5}, at::kDouble).view({1, 2}));
  EXPECT_TRUE(at::equal(held, at::tensor({1.5f, 2.5f}).view({1, 2})));
  EXPECT_TRUE(held.requires_grad());
  try {
    engine.assign(layer->parameter("weight"), at::zeros({2, 1}));
    FAIL() << "another shape was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("weight has shape (1, 2), the new values have shape (2, 1)"));
  }
}

TEST(EngineTest, AnAssignedTensorIsACopy) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  auto constant = std::make_shared<Parameter>();
  constant->name = "target";
  constant->shape = {2};
  at::Tensor values = at::ones({2});
  engine.assign(constant, values);
  values.zero_();
  EXPECT_TRUE(at::equal(engine.tensor(constant), at::ones({2})));
}

TEST(DeviceTest, WordsThatAreNoDeviceAreRefused) {
  for (const char* word : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU", ""}) {
    try {
      device_from_name(word);
      FAIL() << word;
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::usage);
      EXPECT_THAT(error.what(), HasSubstr("device must be 'auto', 'cpu', 'cuda' or 'cuda:N'"));
    }
  }
}

TEST(DeviceTest, AMissingCudaDeviceIsSaidClearly) {
  EXPECT_EQ(device_from_name("cpu"), at::Device(at::kCPU));
  if (cuda_device_count() > 0) GTEST_SKIP() << "this machine has CUDA";
  EXPECT_EQ(device_from_name("auto"), at::Device(at::kCPU));
  try {
    device_from_name("cuda:0");
    FAIL() << "a device without hardware";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("device 'cuda:0' is not available: LibTorch finds no CUDA device here"));
    EXPECT_FALSE(error.remedy().empty());
  }
}

TEST(TensorBoxTest, EveryDTypeGoesToLibTorchAndBack) {
  std::set<at::ScalarType> seen;
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(dtype_of(scalar_type(dtype)), dtype);
    EXPECT_EQ(at::empty({}, scalar_type(dtype)).element_size(), element_size(dtype));
    seen.insert(scalar_type(dtype));
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(kDTypeCount));
  EXPECT_THROW(dtype_of(at::kComplexHalf), Error);
}

TEST(TensorBoxTest, ABoxHoldsTheVeryTensor) {
  const at::Tensor tensor = at::ones({2, 3});
  EXPECT_TRUE(unboxed(boxed(tensor)).is_same(tensor));
  EXPECT_EQ(str(type_of(tensor).shape), "(2, 3)");
}

}  // namespace
}  // namespace orrery
