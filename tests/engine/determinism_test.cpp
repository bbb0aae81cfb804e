#include "runtime/engine/determinism.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/ops/operations.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

bool deterministic() { return at::globalContext().deterministicAlgorithms(); }

TEST(DeterminismTest, HoldsInTheTurnsOfOneEngineAndNowhereElse) {
  Runtime one, other;
  Engine& strict = Engine::of(one);
  Engine& plain = Engine::of(other);
  {
    const DeterministicTurns asked(strict, Determinism::strict());
    EXPECT_FALSE(deterministic());
    const Engine::Turn turn(strict);
    EXPECT_TRUE(deterministic());
    EXPECT_TRUE(at::globalContext().deterministicCuDNN());
    {
      const Engine::Turn inner(plain);
      EXPECT_FALSE(deterministic());
    }
    EXPECT_TRUE(deterministic());
  }
  const Engine::Turn turn(strict);
  EXPECT_FALSE(deterministic());
}

TEST(DeterminismTest, ChangesNothingUnlessAsked) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const DeterministicTurns asked(engine, {});
  const Engine::Turn turn(engine);
  EXPECT_FALSE(deterministic());
}

TEST(DeterminismTest, AnOperationThatHasNoDeterministicFormIsRefusedInPlainWords) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const Descriptor& descriptor = operations().get("MaxUnpool2d");
  const auto options =
      checked_attributes(descriptor.attributes, {{"kernel_size", std::vector<std::int64_t>{2, 2}}});
  const LayerPtr unpool = runtime.make_layer(descriptor, options, {});
  const at::Tensor places = at::zeros({1, 1, 1, 1}, at::kLong);
  const auto call = [&] { compute(engine, *unpool, {at::ones({1, 1, 1, 1}), places}); };
  call();
  const DeterministicTurns asked(engine, Determinism::strict());
  EXPECT_THAT(
      error_of(Fault::run, call),
      AllOf(HasSubstr("MaxUnpool2d failed: max_unpooling2d_forward_out does not have a deterministic"),
            HasSubstr("leave out deterministic = true"), Not(HasSubstr("torch."))));
}

TEST(DeterminismTest, AskedToWarnItTellsOfSuchAnOperationOnceAndGoesOn) {
  Runtime runtime;
  std::vector<std::string> told;
  runtime.log.sink = [&](Log::Level, const std::string& text) { told.push_back(text); };
  Engine& engine = Engine::of(runtime);
  const Descriptor& descriptor = operations().get("MaxUnpool2d");
  const auto options =
      checked_attributes(descriptor.attributes, {{"kernel_size", std::vector<std::int64_t>{2, 2}}});
  const LayerPtr unpool = runtime.make_layer(descriptor, options, {});
  const DeterministicTurns asked(engine, Determinism::warning());
  for (int i = 0; i < 3; ++i)
    compute(engine, *unpool, {at::ones({1, 1, 1, 1}), at::zeros({1, 1, 1, 1}, at::kLong)});
  EXPECT_THAT(told,
              ElementsAre("max_unpooling2d_forward_out does not have a deterministic implementation: its "
                          "numbers may differ from run to run"));
}

TEST(DeterminismTest, OtherWarningsAreLeftAsTheyAre) {
  EXPECT_EQ(words_for_nondeterminism("the sky is falling"), std::nullopt);
  EXPECT_THAT(words_for_nondeterminism("… set CUBLAS_WORKSPACE_CONFIG=:4096:8 …").value_or(""),
              HasSubstr("products of matrices on CUDA may differ from run to run"));
}

}  // namespace
}  // namespace orrery
