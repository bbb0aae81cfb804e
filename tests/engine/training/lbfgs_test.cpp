#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/training/updater.h"
#include "tests/engine/training/updater_over.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::updater_over;

std::unique_ptr<Updater> lbfgs_over(const std::vector<at::Tensor>& parameters, const json& given) {
  return updater_over(parameters, "LBFGS", given);
}

/// Rosenbrock's valley, its minimum at (1, 1); the two numbers are two parameters.
LossAndGradients valley(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor rise = y - x * x;
  return {((1 - x).pow(2) + 100 * rise.pow(2)).sum(), {-2 * (1 - x) - 400 * x * rise, 200 * rise}};
}

TEST(LbfgsTest, FindsTheMinimumOfACurvedValley) {
  const at::Tensor x = at::full({1}, -1.5, at::kDouble), y = at::full({1}, 2.0, at::kDouble);
  const auto lbfgs = lbfgs_over({x, y}, {{"max_iter", 100}, {"line_search_fn", "strong_wolfe"}});
  lbfgs->step_with([&] { return valley(x, y); });
  // It ends where a step lowers the loss, which is a square, by less than tolerance_change, 1e-9.
  EXPECT_NEAR(x.item<double>(), 1, 1e-5);
  EXPECT_NEAR(y.item<double>(), 1, 1e-5);
}

TEST(LbfgsTest, StateMovedToANewUpdaterContinuesBitForBit) {
  const auto start = [] {
    return std::vector{at::full({1}, -1.5, at::kDouble), at::full({1}, 2.0, at::kDouble)};
  };
  const json given = {{"max_iter", 3}, {"history_size", 3}, {"line_search_fn", "strong_wolfe"}};
  const auto whole = start(), half = start();
  const auto first = lbfgs_over(whole, given), before = lbfgs_over(half, given);
  const auto step = [](Updater& updater, const std::vector<at::Tensor>& p) {
    updater.step_with([&] { return valley(p[0], p[1]); });
  };
  EXPECT_TRUE(before->state().empty());
  for (int i = 0; i < 6; ++i) step(*first, whole);
  for (int i = 0; i < 3; ++i) step(*before, half);
  const auto after = lbfgs_over(half, given);
  after->load_state(before->state());
  for (int i = 0; i < 3; ++i) step(*after, half);
  EXPECT_TRUE(at::equal(whole[0], half[0]));
  EXPECT_TRUE(at::equal(whole[1], half[1]));
  EXPECT_EQ(after->state_bytes(), (std::vector<std::int64_t>{64, 64}));
}

TEST(LbfgsTest, RefusesAStateThatIsNotItsOwn) {
  const auto lbfgs = lbfgs_over({at::ones({2}), at::ones({1})}, json::object());
  const auto message = [&](const std::string& key, const at::Tensor& tensor) {
    return error_of(Fault::input_file, [&] { lbfgs->load_state({{key, tensor}}); });
  };
  EXPECT_EQ(message("p1.d", at::ones({3})), "the optimizer's state has 'p1.d', expected entries of 'p0'");
  EXPECT_EQ(message("p0.exp_avg", at::ones({3})), "LBFGS keeps no 'exp_avg'");
  EXPECT_EQ(message("p0.old_dirs", at::ones({2, 4})),
            "the optimizer's state 'p0.old_dirs' has 8 elements, expected 3 for each entry");
  EXPECT_NE(message("p0.n_iter", at::ones({})).find("of 'p0' is not complete"), std::string::npos);
}

TEST(LbfgsTest, AsksForAFunction) {
  EXPECT_EQ(
      error_of(Fault::usage, [] { lbfgs_over({at::ones({1})}, json::object())->step({at::ones({1})}); }),
      "LBFGS evaluates the loss several times in a step: give it a function that returns the loss, "
      "optimizer:step(function() … end)");
}

TEST(LbfgsTest, TakesAMissingGradientForZeros) {
  const at::Tensor a = at::ones({2}), b = at::ones({1});
  const auto lbfgs = lbfgs_over({a, b}, json::object());
  lbfgs->step_with([&] { return LossAndGradients{a.square().sum(), {2 * a, at::Tensor()}}; });
  EXPECT_NEAR(a.abs().max().item<double>(), 0, 1e-5);
  EXPECT_TRUE(at::equal(b, at::ones({1})));
}

}  // namespace
}  // namespace orrery
