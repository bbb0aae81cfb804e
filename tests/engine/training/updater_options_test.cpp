#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/training/updater.h"
#include "tests/engine/training/updater_over.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using nlohmann::json;
using testing::options;

TEST(UpdaterOptionsTest, ChangedOptionHoldsFromTheNextStep) {
  const at::Tensor p = at::zeros({1});
  const auto sgd = Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 1.0}})}});
  sgd->step({at::ones({1})});
  sgd->set_option(0, "lr", 0.25);
  sgd->step({at::ones({1})});
  EXPECT_EQ(p.item<float>(), -1.25f);
}

TEST(UpdaterOptionsTest, AMomentumThatIsSetLaterBeginsWithTheNextGradient) {
  const at::Tensor p = at::zeros({1});
  const auto sgd = Updater::make("SGD", {{{"p"}, {p}, options("SGD", {{"lr", 1.0}})}});
  sgd->step({at::ones({1})});
  sgd->set_option(0, "momentum", 0.5);
  for (const float after : {-2.0f, -3.5f}) {
    sgd->step({at::ones({1})});
    EXPECT_EQ(p.item<float>(), after);
  }
  sgd->set_option(0, "momentum", 0.0);
  sgd->step({at::ones({1})});
  EXPECT_EQ(p.item<float>(), -4.5f);
  EXPECT_EQ(sgd->state_bytes(), std::vector<std::int64_t>{0});
}

TEST(UpdaterOptionsTest, AnOptionThatAsksForAMissingStateIsRefusedOnceUpdatesAreCounted) {
  const at::Tensor p = at::zeros({1});
  const auto adam = Updater::make("Adam", {{{"p"}, {p}, options("Adam", {})}});
  adam->set_option(0, "amsgrad", true);
  adam->step({at::ones({1})});
  EXPECT_EQ(adam->state().size(), 4u);
  adam->set_option(0, "amsgrad", false);
  EXPECT_EQ(adam->state().size(), 3u);
  EXPECT_EQ(error_of(Fault::usage, [&] { adam->set_option(0, "amsgrad", true); }),
            "amsgrad cannot change after the first step: it asks for a state that was not kept");
  EXPECT_FALSE(adam->options(0).boolean("amsgrad"));
  const auto rmsprop = Updater::make("RMSprop", {{{"p"}, {p}, options("RMSprop", json::object())}});
  rmsprop->step({at::ones({1})});
  EXPECT_NE(error_of(Fault::usage, [&] { rmsprop->set_option(0, "momentum", 0.9); })
                .find("asks for a state that was not kept"),
            std::string::npos);
}

TEST(UpdaterOptionsTest, RatesOnTheDeviceFollowTheOptionWithoutCountingAsAChange) {
  for (const char* kind : {"SGD", "Adam", "AdamW"}) {
    const at::Tensor a = at::ones({3}), b = at::ones({3});
    const auto by_option = Updater::make(kind, {{{"p"}, {a}, options(kind, {{"lr", 0.1}})}});
    const auto on_device = Updater::make(kind, {{{"p"}, {b}, options(kind, {{"lr", 0.1}})}});
    on_device->keep_rates_on_device();
    for (const double rate : {0.1, 0.03, 0.007}) {
      for (Updater* each : {by_option.get(), on_device.get()}) {
        each->set_option(0, "lr", rate);
        each->step({at::full({3}, 0.5)});
      }
    }
    EXPECT_TRUE(at::allclose(a, b, 1e-6, 1e-7)) << kind;
    EXPECT_EQ(by_option->changes(), 3) << kind;
    EXPECT_EQ(on_device->changes(), 0) << kind;
    on_device->set_option(0, "weight_decay", 0.1);
    EXPECT_EQ(on_device->changes(), 1) << kind;
  }
}

TEST(UpdaterOptionsTest, AKindThatReadsItsRateOnTheHostCountsItsChanges) {
  const auto rmsprop =
      Updater::make("RMSprop", {{{"p"}, {at::ones({3})}, options("RMSprop", json::object())}});
  rmsprop->keep_rates_on_device();
  rmsprop->set_option(0, "lr", 0.5);
  EXPECT_EQ(rmsprop->changes(), 1);
}

}  // namespace
}  // namespace orrery
