#include "runtime/engine/training/weight_averages.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/training/experiment.h"
#include "tests/engine/training/failing_allocator.h"
#include "tests/engine/training/training_fixtures.h"

namespace orrery {
namespace {

using testing::bit_equal;
using testing::Experiment;
using testing::FailingAllocator;
using testing::SmallRun;
using testing::training_fixtures;
using testing::whole;

// One layer with a weight and a buffer, as the fixtures' model.
struct Normalised : Experiment {
  Normalised() {
    const auto fields = feed(data(at::zeros({4, 3}), at::zeros({4}, at::kLong), {{"batch", whole(4)}}));
    const Value scores = layer("BatchNorm1d", {{"num_features", whole(3)}}, {fields[0]}, "norm");
    optimize("SGD", cross_entropy(scores, fields[1]), {});
  }

  at::Tensor tensor(const std::string& key) { return weights().at(key); }
  void assign(const std::string& key, const std::vector<float>& values) {
    for (const Graph::Entry& entry : graph.state())
      if (entry.key == key) Engine::of(runtime).assign(entry.parameter, at::tensor(values));
  }
};

TEST(WeightAveragesTest, HaveThoseOfAveragedModel) {
  for (const auto& one : training_fixtures()["averages"]) {
    SCOPED_TRACE(one["kind"].get<std::string>() + " " + one["decay"].dump());
    Normalised run;
    const bool exponential = one["kind"] == "ema";
    if (exponential)
      run.ask("ema", {{"decay", one["decay"].get<double>()}});
    else
      run.ask("swa", {{"start", 1.0}});
    const auto averages = WeightAverages::of(Engine::of(run.runtime), run.graph, run.manager());
    for (size_t step = 0; step < one["given"].size(); ++step) {
      run.assign("norm.weight", one["given"][step][0]);
      run.assign("norm.running_mean", one["given"][step][1]);
      averages->after_update();
      averages->after_epoch(static_cast<std::int64_t>(step) + 1);
      const WeightAverages::InUse use(averages.get());
      const auto expect = [&](const char* key, const nlohmann::json& values) {
        const at::Tensor expected = at::tensor(values.get<std::vector<float>>());
        EXPECT_TRUE(at::allclose(run.tensor(key), expected, 1e-6, 1e-6)) << key << " at " << step;
      };
      expect("norm.weight", one["averages"][step][0]);
      expect("norm.running_mean", one["averages"][step][1]);
    }
    EXPECT_EQ(averages->averaged(), 6);
  }
}

/// Its weight is no longer what it was when it was averaged.
struct Averaged : Normalised {
  Averaged() {
    ask("ema", {{"decay", 0.5}});
    averages = WeightAverages::of(Engine::of(runtime), graph, manager());
    assign("norm.weight", {1, 2, 3});
    averages->after_update();
    assign("norm.weight", {0.1f, 0.7f, 0.3f});
  }

  std::unique_ptr<WeightAverages> averages;
};

TEST(WeightAveragesTest, TheWeightsComeBackBitForBitUnlessTheyAreKept) {
  Averaged run;
  const auto before = run.weights();
  {
    const WeightAverages::InUse use(run.averages.get());
    EXPECT_FALSE(bit_equal(run.weights(), before));
  }
  EXPECT_TRUE(bit_equal(run.weights(), before));
  WeightAverages::InUse(run.averages.get()).keep();
  EXPECT_FALSE(bit_equal(run.weights(), before));
}

TEST(WeightAveragesTest, WithoutMemoryTheWeightsStayOrComeBackBitForBit) {
  Averaged run;
  const auto before = run.weights();
  FailingAllocator allocator;
  allocator.fail_at(1);
  EXPECT_ANY_THROW(WeightAverages::InUse{run.averages.get()});
  EXPECT_TRUE(bit_equal(run.weights(), before));
  {
    const WeightAverages::InUse use(run.averages.get());
    EXPECT_FALSE(bit_equal(run.weights(), before));
    allocator.fail_at(1, true);
  }
  allocator.recover();
  EXPECT_EQ(allocator.failures(), 1);
  EXPECT_TRUE(bit_equal(run.weights(), before));
}

TEST(WeightAveragesTest, OfWhatIsUnfrozenLaterBeginWithItsValueOfUntilThen) {
  Normalised run;
  run.ask("ema", {{"decay", 0.5}});
  const auto weight = run.graph.state().front();
  ASSERT_EQ(weight.key, "norm.weight");
  const auto averages = WeightAverages::of(Engine::of(run.runtime), run.graph, run.manager());
  run.assign("norm.weight", {1, 2, 3});
  weight.parameter->trainable = false;
  averages->before_step();
  averages->after_update();
  Checkpoint frozen;
  averages->save(frozen);
  EXPECT_EQ(frozen.find("average.norm.weight"), nullptr);
  EXPECT_NE(frozen.find("average.norm.bias"), nullptr);
  weight.parameter->trainable = true;
  averages->before_step();
  run.assign("norm.weight", {3, 6, 9});
  averages->after_update();
  const WeightAverages::InUse use(averages.get());
  EXPECT_TRUE(at::equal(run.tensor("norm.weight"), at::tensor({2.0f, 4.0f, 6.0f})));
}

TEST(WeightAveragesTest, BeginAtTheirStepAndSkipThoseInBetween) {
  Normalised run;
  run.ask("ema", {{"update_starting_at_step", whole(3)}, {"update_every_n_steps", whole(2)}});
  const auto averages = WeightAverages::of(Engine::of(run.runtime), run.graph, run.manager());
  std::vector<std::int64_t> counts;
  for (int update = 1; update <= 8; ++update) {
    averages->after_update();
    counts.push_back(averages->averaged());
  }
  EXPECT_EQ(counts, (std::vector<std::int64_t>{0, 0, 0, 1, 1, 2, 2, 3}));
}

TEST(WeightAveragesTest, AShareOfTheEpochsTellsWhereStochasticAveragingBegins) {
  for (const auto& [start, first] : {std::pair(0.8, 9), std::pair(0.0, 1), std::pair(4.0, 4)}) {
    Normalised run;
    run.set("epochs", whole(10));
    run.ask("swa", {{"start", start}});
    const auto averages = WeightAverages::of(Engine::of(run.runtime), run.graph, run.manager());
    int epoch = 1;
    for (; averages->averaged() == 0; ++epoch) averages->after_epoch(epoch);
    EXPECT_EQ(epoch - 1, first);
  }
}

// With a decay of 1 the average stays where the first update was.
std::map<std::string, at::Tensor> after(const std::string& group, const testing::Given& given) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.5}});
  small.set("epochs", whole(4));
  small.validate = small.train;
  if (!group.empty()) small.ask(group, given);
  small.run();
  return small.weights();
}

TEST(WeightAveragesTest, TheGraphKeepsThemWhenTheRunIsOverUnlessToldNotTo) {
  const auto plain = after("", {});
  EXPECT_FALSE(bit_equal(after("ema", {{"decay", 1.0}}), plain));
  EXPECT_FALSE(bit_equal(after("swa", {}), after("swa", {{"start", whole(1)}})));
  EXPECT_TRUE(bit_equal(after("ema", {{"decay", 1.0}, {"use", false}}), plain));
  EXPECT_TRUE(bit_equal(after("ema", {{"decay", 0.0}}), plain));
}

TEST(WeightAveragesTest, ValidationSeesThem) {
  const auto loss = [](bool use) {
    SmallRun small;
    small.optimize("SGD", small.loss, {{"lr", 0.5}});
    small.set("epochs", whole(4));
    small.validate = small.train;
    small.ask("ema", {{"decay", 1.0}, {"use", use}});
    return small.run().validation.front().value;
  };
  EXPECT_GT(loss(true), 2 * loss(false));
}

}  // namespace
}  // namespace orrery
