#include "runtime/engine/training/loss_watch.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

// Rule O701.
TEST(LossWatchTest, NamesLossEpochAndStep) {
  LossWatch watch({"loss_d", "loss_g"}, 3);
  watch.begin(2);
  watch.see({at::scalar_tensor(1.0), at::scalar_tensor(2.0)}, 0);
  const std::string message = error_of(Fault::diverged, [&] {
    watch.see({at::scalar_tensor(1.0), at::scalar_tensor(std::numeric_limits<double>::quiet_NaN())}, 1);
  });
  EXPECT_NE(message.find("'loss_g' became NaN in epoch 2, step 2 of 3"), std::string::npos) << message;
}

TEST(LossWatchTest, InfiniteLossDivergesToo) {
  LossWatch watch({"loss"}, 1);
  watch.begin(1);
  const at::Tensor infinite = at::scalar_tensor(-std::numeric_limits<double>::infinity());
  EXPECT_NE(error_of(Fault::diverged, [&] { watch.see({infinite}, 0); }).find("infinite"), std::string::npos);
}

TEST(LossWatchTest, FiniteLossesPass) {
  LossWatch watch({"loss"}, 2);
  for (int epoch = 1; epoch <= 2; ++epoch) {
    watch.begin(epoch);
    EXPECT_NO_THROW(watch.see({at::scalar_tensor(1e30f)}, 0));
    EXPECT_NO_THROW(watch.see({at::scalar_tensor(-1e30f)}, 1));
    EXPECT_NO_THROW(watch.check());
  }
}

TEST(LossWatchTest, AStepMayBeComputedAgain) {
  LossWatch watch({"loss"}, 1);
  watch.begin(1);
  const at::Tensor infinite = at::scalar_tensor(std::numeric_limits<double>::infinity());
  for (int i = 0; i < 3; ++i) watch.see({at::scalar_tensor(1.0)}, 0);
  EXPECT_NE(error_of(Fault::diverged, [&] { watch.see({infinite}, 0); }).find("step 1 of 1"),
            std::string::npos);
}

}  // namespace
}  // namespace orrery
