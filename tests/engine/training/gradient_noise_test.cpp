#include "runtime/engine/training/gradient_noise.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/training/resumable.h"
#include "tests/engine/training/training_fixtures.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using testing::Given;
using testing::SmallRun;
using testing::training_fixtures;
using testing::Watcher;
using testing::whole;

GradientNoise noise_of(const Given& given, std::uint64_t seed) {
  const auto described = std::ranges::find(manager_groups(), "gradient_noise", &ManagerGroup::name);
  return {checked_attributes(described->attributes, given), seed};
}

std::vector<at::Tensor> gradients_of(const nlohmann::json& lists) {
  std::vector<at::Tensor> made;
  for (size_t i = 0; i < lists.size(); ++i)
    made.push_back(at::tensor(lists[i].get<std::vector<float>>())
                       .reshape(training_fixtures()["shapes"][i].get<std::vector<std::int64_t>>()));
  return made;
}

TEST(GradientNoiseTest, IsPyTorchsNormalNoiseWithAVarianceThatFalls) {
  for (const auto& one : training_fixtures()["noise"]) {
    SCOPED_TRACE(one["gamma"]);
    GradientNoise noise =
        noise_of({{"eta", one["eta"].get<double>()}, {"gamma", one["gamma"].get<double>()}}, one["seed"]);
    for (size_t t = 0; t < one["given"].size(); ++t) {
      std::vector<at::Tensor> gradients = gradients_of(one["given"][t]);
      noise.add(0, gradients);
      const std::vector<at::Tensor> wanted = gradients_of(one["noisy"][t]);
      for (size_t i = 0; i < gradients.size(); ++i)
        EXPECT_TRUE(at::allclose(gradients[i], wanted[i], 1e-6, 1e-7)) << gradients[i];
    }
  }
}

TEST(GradientNoiseTest, PassesOverParametersWithoutAGradientAndChangesNoSharedTensor) {
  GradientNoise noise = noise_of({{"eta", 1.0}}, 1);
  const at::Tensor shared = at::zeros({2});
  std::vector<at::Tensor> gradients = {shared, at::Tensor(), shared};
  noise.add(0, gradients);
  EXPECT_FALSE(gradients[1].defined());
  EXPECT_TRUE(at::equal(shared, at::zeros({2})));
  EXPECT_FALSE(at::equal(gradients[0], gradients[2]));
}

TEST(GradientNoiseTest, EachOptimizerCountsItsOwnUpdates) {
  const auto second = [](size_t optimizer) {
    GradientNoise noise = noise_of({{"eta", 1.0}, {"gamma", 2.0}}, 1);
    std::vector<at::Tensor> gradients = {at::zeros({4})};
    noise.add(0, gradients);
    gradients = {at::zeros({4})};
    noise.add(optimizer, gradients);
    return gradients.front();
  };
  EXPECT_TRUE(at::allclose(second(1), second(0) * 2));
}

/// Shuffling, dropout and noise.
struct Noisy : SmallRun {
  explicit Noisy(const std::string& folder = {}) : SmallRun(7, true) {
    optimize("AdamW", loss, {{"lr", 0.01}});
    ask("gradient_noise", {{"eta", 0.1}});
    set("epochs", whole(2));
    if (!folder.empty()) ask("checkpoint", {{"dirpath", folder}});
  }
};

TEST(GradientNoiseTest, ComesBehindClipping) {
  struct Quiet : SmallRun {
    explicit Quiet(double eta) {
      optimize("SGD", loss, {{"lr", 1.0}});
      set("gradient_clip_val", 1e-9);
      ask("gradient_noise", {{"eta", eta}, {"gamma", 0.0}});
      set("max_steps", whole(1));
    }
  };
  Quiet without(0), with(0.25);
  without.run();
  with.run();
  double sum = 0, count = 0;
  const auto plain = without.weights();
  for (const auto& [key, weight] : with.weights()) {
    sum += (weight - plain.at(key)).square().sum().item<double>();
    count += static_cast<double>(weight.numel());
  }
  EXPECT_NEAR(sum / count, 0.25, 0.15);  // of 42 numbers
}

TEST(GradientNoiseTest, NothingElseThatIsRandomChanges) {
  Noisy without, with;
  without.groups.clear();
  with.ask("gradient_noise", {{"eta", 0.0}});
  without.run();
  with.run();
  EXPECT_TRUE(bit_equal(with.weights(), without.weights()));
}

TEST(GradientNoiseTest, AResumedRunGoesOnWithTheSameNoise) {
  const TemporaryFolder folder;
  Noisy never;
  never.run();
  for (int step = 1; step < 10; ++step) {
    SCOPED_TRACE(step);
    const std::string path = folder / std::to_string(step);
    Noisy first(path), second(path);
    Watcher stopping(first.runtime, Watcher::At::step, step);
    error_of(Fault::terminated, [&] { first.run(stopping); });
    second.set("resume", std::string("last"));
    EXPECT_EQ(second.run().steps, 10);
    EXPECT_TRUE(bit_equal(second.weights(), never.weights()));
  }
}

TEST(GradientNoiseTest, AnOptimizerThatComparesLossesIsRefused) {
  SmallRun small;
  small.optimize("LBFGS", small.loss, {});
  small.ask("gradient_noise", {});
  EXPECT_EQ(error_of(Fault::usage, [&] { small.run(); }),
            "LBFGS compares losses and gradients, which gradient_noise would change\n"
            "  Leave gradient_noise out, or take another optimizer.");
}

}  // namespace
}  // namespace orrery
