// Freezing and unfreezing while a run goes on, by events and in a loop by hand, and what of it a checkpoint
// holds.
#include <functional>
#include <utility>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/training/resumable.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using testing::Experiment;
using testing::nearly_equal;
using testing::SmallRun;
using testing::Watcher;
using testing::whole;

void set_trainable(Experiment& run, const std::string& prefix, bool trainable) {
  for (const Graph::Entry& entry : run.graph.state())
    if (entry.key.starts_with(prefix)) entry.parameter->trainable = trainable;
}

/// A net whose first layer is frozen at the start; its epochs have five steps, all alike without `random`.
struct HalfFrozen : SmallRun {
  explicit HalfFrozen(std::int64_t epochs, bool random = false) : SmallRun(3, random) {
    set_trainable(*this, "first", false);
    optimize("SGD", loss, {{"lr", 0.1}, {"momentum", 0.9}});
    set("epochs", epochs);
  }
  at::Tensor first() { return weights().at("first.weight"); }
};

/// Does something before an epoch, or after a step of all.
struct Doing : TrainingEvents {
  Doing(std::int64_t which_epoch, std::int64_t which_step, std::function<void()> what)
      : epoch(which_epoch), step(which_step), act(std::move(what)) {}
  void on_epoch_start(const EpochPlace& place) override {
    if (place.epoch == epoch) act();
  }
  void on_step(const StepReport&) override {
    if (++steps == step) act();
  }
  std::int64_t epoch, step, steps = 0;
  std::function<void()> act;
};

TEST(FreezingTest, WhatAnEventUnfreezesMovesAsInRunsOneAfterTheOther) {
  HalfFrozen at_once(3), in_parts(1);
  const at::Tensor before = at_once.first();
  Doing unfreezing(2, -1, [&] {
    EXPECT_TRUE(at::equal(at_once.first(), before));
    set_trainable(at_once, "first", true);
  });
  at_once.run(unfreezing);
  in_parts.run();
  set_trainable(in_parts, "first", true);
  in_parts.run();
  EXPECT_FALSE(at::equal(in_parts.first(), before));
  in_parts.run();
  EXPECT_TRUE(bit_equal(at_once.weights(), in_parts.weights()));
}

TEST(FreezingTest, InTheMiddleOfAnEpochALoopByHandAndARunGoTheSameWay) {
  constexpr int kUnfrozenAfter = 7, kFrozenAfter = 12;
  HalfFrozen by_event(4, true), by_hand(4, true);
  const at::Tensor before = by_event.first();
  at::Tensor moved;
  struct Both : Doing {
    using Doing::Doing;
    void on_step(const StepReport& report) override {
      Doing::on_step(report);
      if (steps == kFrozenAfter) freeze();
    }
    std::function<void()> freeze;
  } events(-1, kUnfrozenAfter, [&] { set_trainable(by_event, "first", true); });
  events.freeze = [&] { set_trainable(by_event, "first", false), moved = by_event.first(); };
  by_event.run(events);
  EXPECT_FALSE(at::equal(moved, before));
  EXPECT_TRUE(at::equal(by_event.first(), moved));

  TrainingEvents none;
  TrainingRun training(by_hand.runtime, by_hand.graph, by_hand.manager(), none, {}, true);
  for (int steps = 0; !training.over();) {
    const auto batch = training.next();
    if (!batch) continue;
    if (steps == kUnfrozenAfter) set_trainable(by_hand, "first", true);
    if (steps == kFrozenAfter) set_trainable(by_hand, "first", false);
    for (const NamedTensor& named : training.forward(*batch))
      if (named.key == "loss") training.step(0, named.tensor);
    ++steps;
  }
  training.finish();
  EXPECT_TRUE(nearly_equal(by_event.weights(), by_hand.weights()));
}

TEST(FreezingTest, AnUnfrozenBlockGoesOnWithItsOptimizersState) {
  HalfFrozen run(3);
  set_trainable(run, "first", true);
  std::vector<std::vector<std::string>> kept;
  const auto keys = [&] {
    std::vector<std::string> found;
    for (const Updater::State& state :
         std::static_pointer_cast<Updater>(run.optimizers[0]->execution())->state())
      found.push_back(fmt::format("{} {:.9g}", state.key, state.tensor.norm().item<double>()));
    return found;
  };
  struct Schedule : TrainingEvents {
    void on_epoch_start(const EpochPlace& place) override { act(place.epoch); }
    std::function<void(std::int64_t)> act;
  } events;
  events.act = [&](std::int64_t epoch) {
    if (epoch > 1) kept.push_back(keys());
    set_trainable(run, "first", epoch != 2);
  };
  run.run(events);
  ASSERT_EQ(kept.size(), 2U);
  ASSERT_EQ(kept[0].size(), 4U);
  const auto changed = [&](size_t at) { return kept[0][at] != kept[1][at]; };
  EXPECT_FALSE(changed(0) || changed(1));
  EXPECT_TRUE(changed(2) && changed(3));
  EXPECT_NE(keys()[0], kept[1][0]);
}

/// Freezes and unfreezes before, within and after epochs.
struct Thawing : Watcher {
  explicit Thawing(Experiment& of) : Watcher(of.runtime), run(of) {}
  Thawing(Experiment& of, At where, int which) : Watcher(of.runtime, where, which), run(of) {}
  void on_epoch_start(const EpochPlace& place) override {
    if (place.epoch == 2) set_trainable(run, "first", true);
  }
  void on_step(const StepReport& report) override {
    if (report.epoch == 2 && report.step == 3) set_trainable(run, "second", false);
    Watcher::on_step(report);
  }
  void on_epoch_end(const EpochReport& report) override {
    if (report.epoch == 3) set_trainable(run, "second", true), set_trainable(run, "first.bias", false);
    Watcher::on_epoch_end(report);
  }
  Experiment& run;
};

struct Thawed : SmallRun {
  static constexpr int kSteps = 20;

  explicit Thawed(const std::string& folder) : SmallRun(5, true) {
    set_trainable(*this, "first", false);
    optimize("AdamW", loss, {{"lr", 0.05}});
    set("epochs", whole(4));
    set("accumulate_grad_batches", whole(2));
    ask("ema", {{"decay", 0.9}, {"use", false}});
    ask("checkpoint", {{"dirpath", folder}});
  }
};

Checkpoint end_of(Experiment& run, const std::string& folder) {
  return read_checkpoint(Engine::of(run.runtime), folder + "/last.safetensors");
}

void expect_same_end(const Checkpoint& end, const Checkpoint& wanted) {
  ASSERT_EQ(end.tensors.size(), wanted.tensors.size());
  for (const NamedTensor& named : wanted.tensors)
    EXPECT_TRUE(at::equal(end.tensor(named.key), named.tensor)) << named.key;
  for (const char* key : {"trainable.first.weight", "trainable.first.bias", "trainable.second.weight"})
    EXPECT_EQ(end.number(key), wanted.number(key)) << key;
}

TEST(FreezingTest, ResumedAfterAnyStepOrEpochItEndsWithTheSameBits) {
  const TemporaryFolder folder;
  Thawed never(folder / "never");
  Thawing undisturbed(never);
  EXPECT_EQ(never.run(undisturbed).steps, Thawed::kSteps);
  const Checkpoint wanted = end_of(never, folder / "never");
  EXPECT_EQ(wanted.number("trainable.first.weight"), 1);
  EXPECT_EQ(wanted.number("trainable.first.bias"), 0);
  const auto stop_at = [&](Watcher::At where, int which) {
    SCOPED_TRACE(which);
    const std::string path = folder / fmt::format("{}-{}", where == Watcher::At::step, which);
    Thawed first(path), second(path);
    Thawing stopping(first, where, which), going_on(second);
    error_of(Fault::terminated, [&] { first.run(stopping); });
    second.set("resume", std::string("last"));
    EXPECT_EQ(second.run(going_on).steps, Thawed::kSteps);
    EXPECT_TRUE(bit_equal(second.weights(), never.weights()));
    expect_same_end(end_of(second, path), wanted);
  };
  for (int step = 1; step < Thawed::kSteps; ++step) stop_at(Watcher::At::step, step);
  for (int epoch = 1; epoch < 4; ++epoch) stop_at(Watcher::At::epoch, epoch);
}

/// A run of one epoch with the first layer frozen leaves a checkpoint; what another makes of a second epoch.
struct Continued {
  explicit Continued(const std::function<void(Checkpoint&)>& change) {
    HalfFrozen one(1);
    one.ask("checkpoint", {{"dirpath", folder.path()}});
    one.run();
    left = one.weights();
    Checkpoint checkpoint = end_of(one, folder.path());
    change(checkpoint);
    path = folder / "changed.safetensors";
    write_checkpoint(Engine::of(one.runtime), path, checkpoint);
  }
  bool moves_first(bool trainable_in_script) const {
    HalfFrozen two(2);
    set_trainable(two, "first", trainable_in_script);
    two.set("resume", path);
    two.run();
    EXPECT_FALSE(at::equal(two.weights().at("second.weight"), left.at("second.weight")));
    return !at::equal(two.first(), left.at("first.weight"));
  }

  TemporaryFolder folder;
  std::map<std::string, at::Tensor> left;
  std::string path;
};

TEST(FreezingTest, TheCheckpointsStateWinsOverTheScripts) {
  const Continued frozen([](Checkpoint&) {});
  EXPECT_FALSE(frozen.moves_first(true));
  EXPECT_FALSE(frozen.moves_first(false));
  const Continued trained([](Checkpoint& checkpoint) {
    checkpoint.numbers.at("trainable.first.weight") = 1;
    checkpoint.numbers.at("trainable.first.bias") = 1;
  });
  EXPECT_TRUE(trained.moves_first(false));
}

TEST(FreezingTest, AnOlderCheckpointLeavesAllAsTheScriptMadeIt) {
  const Continued older([](Checkpoint& checkpoint) {
    std::erase_if(checkpoint.numbers,
                  [](const auto& number) { return number.first.starts_with("trainable."); });
  });
  EXPECT_TRUE(older.moves_first(true));
  EXPECT_FALSE(older.moves_first(false));
}

}  // namespace
}  // namespace orrery
