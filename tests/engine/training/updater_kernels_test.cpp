#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/training/updater.h"
#include "tests/engine/training/updater_over.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::updater_over;

/// A tensor of 64 KiB, from where on one is updated alone, between small ones.
std::vector<at::Tensor> one_large(std::int64_t count = 64 * 256) {
  return {at::linspace(-1, 1, 5), at::linspace(-2, 3, count), at::linspace(0, 1, 7)};
}

TEST(UpdaterKernelsTest, ALargeParameterUpdatedAloneHasTheBitsOfOneUpdatedAmongOthers) {
  const std::vector<std::pair<const char*, json>> kinds = {
      {"SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"dampening", 0.5}, {"weight_decay", 0.1}}},
      {"SGD", {{"lr", 0.1}}},
      {"Adam", json::object()},
      {"Adam", {{"amsgrad", true}, {"weight_decay", 0.1}}},
      {"AdamW", {{"weight_decay", 0.1}}},
      {"AdamW", {{"maximize", true}}}};
  for (const auto& [kind, given] : kinds) {
    SCOPED_TRACE(kind + given.dump());
    const auto together = one_large(), apart = one_large();
    const auto one = updater_over(together, kind, given), other = updater_over(apart, kind, given);
    for (int step = 0; step < 3; ++step) {
      std::vector<at::Tensor> gradients;
      for (const at::Tensor& p : together) gradients.push_back((p * (step + 2)).sin());
      one->step(gradients);
      other->step_alone(1, gradients[1]);
      gradients[1].reset();
      other->step(gradients);
    }
    for (size_t i = 0; i < together.size(); ++i) EXPECT_TRUE(at::equal(together[i], apart[i])) << i;
    const auto states = one->state(), others = other->state();
    ASSERT_EQ(states.size(), others.size());
    for (size_t i = 0; i < states.size(); ++i) {
      EXPECT_EQ(states[i].key, others[i].key);
      EXPECT_TRUE(at::equal(states[i].tensor, others[i].tensor)) << states[i].key;
    }
  }
}

TEST(UpdaterKernelsTest, OnlyLargeParametersOfKindsWithAKernelOfTheirOwnAreUpdatedAlone) {
  const auto alone = [](const std::vector<at::Tensor>& parameters, const std::string& kind) {
    const auto updater = updater_over(parameters, kind, json::object());
    return std::vector<bool>{updater->updates_alone(0), updater->updates_alone(1), updater->updates_alone(2)};
  };
  using Flags = std::vector<bool>;
  EXPECT_EQ(alone(one_large(), "SGD"), (Flags{false, true, false}));
  EXPECT_EQ(alone(one_large(64 * 256 - 1), "SGD"), (Flags{false, false, false}));
  EXPECT_EQ(alone(one_large(), "AdamW"), (Flags{false, true, false}));
  EXPECT_EQ(alone(one_large(), "RMSprop"), (Flags{false, false, false}));
}

// Small tensors have a kernel of this program's own, others LibTorch's.
TEST(UpdaterKernelsTest, StepsOfSgdAreAlikeForSmallAndLargeTensorsOfAnyLayout) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor large = at::linspace(-2, 3, 64 * 256, type).view({64, 256});
    const at::Tensor small = large.narrow(0, 5, 3).clone(), turned = small.t().contiguous().t();
    const std::vector<at::Tensor> all = {large.clone(), small.clone(), turned};
    ASSERT_FALSE(turned.is_contiguous());
    const auto sgd = updater_over(all, "SGD", {{"lr", 0.1}, {"momentum", 0.9}, {"weight_decay", 0.01}});
    for (int step = 1; step <= 3; ++step) {
      const at::Tensor gradient = (large * step).sin(), part = gradient.narrow(0, 5, 3);
      sgd->step({gradient, part, part});
    }
    EXPECT_TRUE(at::allclose(all[1], all[0].narrow(0, 5, 3), 1e-5, 1e-7));
    EXPECT_TRUE(at::equal(all[1], all[2]));
  }
}

// They are LibTorch's, to the bit, also where nothing keeps it from dividing by 0.
TEST(UpdaterKernelsTest, OptionsOfAdamThatHaveNoKernelOfTheirOwnAreUpdatedAllTheSame) {
  const std::vector<json> all = {{{"eps", 0.0}}, {{"eps", 1e31}}, {{"amsgrad", true}}, {{"maximize", true}}};
  for (const json& given : all) {
    SCOPED_TRACE(given.dump());
    const at::Tensor expected = at::linspace(-2, 3, 40), got = expected.clone();
    at::Tensor gradient = expected.cos(), mean = at::zeros({40}), square = at::zeros({40}),
               most = at::zeros({40});
    gradient[7] = 0;
    const bool amsgrad = given.contains("amsgrad"), maximize = given.contains("maximize");
    const std::vector<at::Tensor> largest = amsgrad ? std::vector{most} : std::vector<at::Tensor>();
    const auto adam = updater_over({got}, "Adam", given);
    for (const float updates : {1.0F, 2.0F}) {
      at::_fused_adam_({expected}, {gradient}, {mean}, {square}, largest, {at::full({}, updates)}, 1e-3, 0.9,
                       0.999, 0, given.value("eps", 1e-8), amsgrad, maximize);
      adam->step({gradient});
    }
    EXPECT_TRUE(at::allclose(got, expected, 0, 0, /*equal_nan=*/true));
    EXPECT_EQ(got[7].isnan().item<bool>(), given.value("eps", 1e-8) == 0);
  }
}

}  // namespace
}  // namespace orrery
