#include <map>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/training/updater.h"
#include "tests/engine/training/updater_over.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::momentum_over;
using testing::options;

TEST(UpdaterStateTest, StateMovedToANewUpdaterContinuesBitForBit) {
  const auto start = [] { return std::vector<at::Tensor>{at::ones({4}), at::full({2, 2}, 0.5)}; };
  const auto adam_over = [](const std::vector<at::Tensor>& p) {
    return Updater::make("AdamW", {{{"w.x", "w.y"}, p, options("AdamW", {{"lr", 0.05}, {"amsgrad", true}})}});
  };
  const auto whole = start(), half = start();
  const auto first = adam_over(whole), before = adam_over(half);
  const auto step = [](Updater& updater, const std::vector<at::Tensor>& p) {
    updater.step({p[0] * 2, p[1].sin()});
  };
  for (int i = 0; i < 10; ++i) step(*first, whole);
  for (int i = 0; i < 4; ++i) step(*before, half);
  std::vector<Updater::State> saved;
  for (const auto& state : before->state()) saved.push_back({state.key, state.tensor.clone()});
  EXPECT_EQ(saved.size(), 8u);
  const auto after = adam_over(half);
  after->load_state(saved);
  for (int i = 0; i < 6; ++i) step(*after, half);
  EXPECT_TRUE(at::equal(whole[0], half[0]));
  EXPECT_TRUE(at::equal(whole[1], half[1]));
}

TEST(UpdaterStateTest, RefusesAStateOfOtherParametersKindsAndShapes) {
  const auto sgd = momentum_over({at::ones({3})});
  const auto message = [&](const std::string& key, const at::Tensor& tensor) {
    return error_of(Fault::input_file, [&] { sgd->load_state({{key, tensor}}); });
  };
  EXPECT_NE(message("p7.momentum_buffer", at::ones({3})).find("no such parameter"), std::string::npos);
  EXPECT_NE(message("p0.exp_avg", at::ones({3})).find("keeps no 'exp_avg'"), std::string::npos);
  EXPECT_NE(message("p0.momentum_buffer", at::ones({4})).find("expected"), std::string::npos);
  message("nodot", at::ones({3}));
  const auto adam = Updater::make("Adam", {{{"p"}, {at::ones({3})}, options("Adam", json::object())}});
  EXPECT_EQ(error_of(Fault::input_file,
                     [&] {
                       adam->load_state({{"p.exp_avg", at::ones({3})}});
                     }),
            "the optimizer's state of 'p' has no count of updates");
}

TEST(UpdaterStateTest, StateBytesAreOfWhatExists) {
  const auto sgd = momentum_over({at::ones({3}), at::ones({5})});
  EXPECT_EQ(sgd->state_bytes(), (std::vector<std::int64_t>{0, 0}));
  sgd->step({at::ones({3}), at::Tensor()});
  EXPECT_EQ(sgd->state_bytes(), (std::vector<std::int64_t>{12, 0}));
}

TEST(UpdaterStateTest, CountsOfUpdatesAreThoseOfEachParameter) {
  const at::Tensor a = at::ones({3}), b = at::ones({3});
  const auto adam = Updater::make("Adam", {{{"a", "b"}, {a, b}, options("Adam", json::object())}});
  adam->step({at::ones({3}), at::Tensor()});
  adam->step({at::ones({3}), at::ones({3})});
  std::map<std::string, double> steps;
  for (const auto& state : adam->state()) {
    if (state.key.ends_with(".step")) steps[state.key] = state.tensor.item<double>();
  }
  EXPECT_EQ(steps, (std::map<std::string, double>{{"a.step", 2}, {"b.step", 1}}));
}

TEST(UpdaterStateTest, UpdatesThatWereReplayedAreCounted) {
  const at::Tensor a = at::ones({3}), b = at::ones({3});
  const auto adam = Updater::make("Adam", {{{"a", "b"}, {a, b}, options("Adam", json::object())}});
  adam->step({at::ones({3}), at::Tensor()});
  EXPECT_EQ(adam->counts(), (std::vector<std::int64_t>{1, 0}));
  const auto version = a._version();
  adam->add_counts({2, 0});
  EXPECT_EQ(adam->counts(), (std::vector<std::int64_t>{3, 0}));
  EXPECT_GT(a._version(), version);
  const auto sgd = Updater::make("SGD", {{{"a"}, {a}, options("SGD", {{"lr", 0.1}})}});
  sgd->step({at::ones({3})});
  EXPECT_EQ(sgd->counts(), std::vector<std::int64_t>{0});
}

}  // namespace
}  // namespace orrery
