#include "runtime/engine/training/updater.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/engine/training/updater_over.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::momentum_over;
using testing::options;

TEST(UpdaterTest, ParameterWithoutAGradientStaysAsItIsAndStartsLater) {
  const at::Tensor a = at::ones({3}), b = at::ones({3}), alone = at::ones({3});
  const auto both = momentum_over({a, b}), single = momentum_over({alone});
  both->step({at::ones({3}), at::Tensor()});
  EXPECT_TRUE(at::equal(b, at::ones({3})));
  both->step({at::ones({3}), at::ones({3})});
  both->step({at::ones({3}), at::ones({3}) * 2});
  single->step({at::ones({3})});
  single->step({at::ones({3}) * 2});
  EXPECT_TRUE(at::equal(b, alone));
}

TEST(UpdaterTest, AParameterThatCatchesUpWithAnotherIsUpdatedOnce) {
  const at::Tensor late = at::ones({3}), early = at::ones({3}), alone = at::ones({3});
  const auto both = momentum_over({late, early}), single = momentum_over({alone});
  both->step({at::Tensor(), at::ones({3})});
  for (int i = 1; i <= 2; ++i) {
    both->step({at::ones({3}) * i, at::ones({3})});
    single->step({at::ones({3}) * i});
  }
  EXPECT_TRUE(at::equal(late, alone));
}

TEST(UpdaterTest, WhatIsPreparedAgainIsSteppedOnce) {
  const at::Tensor twice = at::ones({3}), once = at::ones({3});
  const auto prepared = momentum_over({twice}), plain = momentum_over({once});
  prepared->prepare({at::ones({3}) * 7});
  EXPECT_TRUE(at::equal(twice, at::ones({3})));
  EXPECT_TRUE(prepared->state().empty());
  prepared->prepare({at::ones({3})});
  prepared->step_prepared();
  plain->step({at::ones({3})});
  EXPECT_TRUE(at::equal(twice, once));
  EXPECT_TRUE(at::equal(prepared->state().front().tensor, plain->state().front().tensor));
}

// A bucket is updated as one while its parameters are equally far.
TEST(UpdaterTest, ParametersThatAreNotEquallyFarAreCorrectedByTheirOwnCounts) {
  for (const char* kind : {"Adamax", "NAdam", "RAdam", "ASGD", "Adafactor"}) {
    const at::Tensor a = at::ones({3}), b = at::ones({3}), alone = at::ones({3});
    const auto both = Updater::make(kind, {{{"a", "b"}, {a, b}, options(kind, json::object())}});
    const auto single = Updater::make(kind, {{{"b"}, {alone}, options(kind, json::object())}});
    for (int i = 0; i < 3; ++i) both->step({at::ones({3}), at::Tensor()});
    for (int i = 1; i <= 4; ++i) {
      both->step({at::ones({3}), at::full({3}, i, at::kFloat)});
      single->step({at::full({3}, i, at::kFloat)});
    }
    EXPECT_TRUE(at::equal(b, alone)) << kind;
    EXPECT_FALSE(at::equal(a, b)) << kind;
  }
}

TEST(UpdaterTest, TensorsOfSeveralDtypesStandInOneGroup) {
  const at::Tensor a = at::ones({3}), b = at::ones({3}, at::kDouble);
  const auto adam = Updater::make("AdamW", {{{"a", "b"}, {a, b}, options("AdamW", {{"lr", 0.1}})}});
  adam->step({at::ones({3}), at::ones({3}, at::kDouble)});
  EXPECT_NEAR(a[0].item<double>(), b[0].item<double>(), 1e-6);
  EXPECT_LT(a[0].item<double>(), 1.0);
}

TEST(UpdaterTest, GradientOfAnotherLayoutIsReadRight) {
  const at::Tensor p = at::zeros({2, 3});
  const at::Tensor gradient = at::arange(6, at::kFloat).view({3, 2}).t();
  Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 1.0}})}})->step({gradient});
  EXPECT_TRUE(at::equal(p, -gradient));
}

TEST(UpdaterTest, StepsFromTheParametersOwnGradients) {
  const at::Tensor p = at::full({2}, 3.0f).requires_grad_();
  const auto sgd = Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 0.5}})}});
  sgd->step();
  EXPECT_EQ(p[0].item<float>(), 3.0f);
  p.mul(2).sum().backward();
  sgd->step();
  EXPECT_EQ(p[0].item<float>(), 2.0f);
  EXPECT_TRUE(p.requires_grad());
}

}  // namespace
}  // namespace orrery
