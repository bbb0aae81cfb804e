#include <chrono>
#include <functional>
#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/training/update_statistics.h"
#include "runtime/history/database.h"
#include "tests/engine/training/experiment.h"
#include "tests/engine/training/stepped_by_hand.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::SmallRun;
using testing::whole;

// A run of two epochs of five steps whose profile is kept in a history of its own.
struct ProfiledRun : SmallRun {
  /// `look`: at the history, when an epoch ends.
  using Look = std::function<void(const std::string& path, std::int64_t epoch)>;
  struct Looking : TrainingEvents {
    void on_epoch_end(const EpochReport& report) override {
      if (look) look(path, report.epoch);
    }
    Look look;
    std::string path;
  };

  explicit ProfiledRun(const std::string& profile, Look look = {}) {
    set("history", path);
    set("epochs", whole(2));
    set("profile", profile);
    validate = train;
    optimize("SGD", loss, {{"lr", 0.01}});
    Recording recording;
    recording.run.orrery_version = "0.1.0";
    Looking events;
    events.look = std::move(look);
    events.path = path;
    run(events, std::move(recording));
  }
  std::int64_t integer(const std::string& sql) const { return Database(path, Access::read).integer(sql); }
  double real(const std::string& sql) const {
    return std::stod(Database(path, Access::read).text("SELECT CAST((" + sql + ") AS TEXT)"));
  }

  TemporaryFolder folder;
  std::string path = folder / "orrery.db";
};

const std::string kParts = "SELECT {} FROM part_profiles JOIN parts USING (part_id) WHERE ";

TEST(RunProfileTest, ThePartsOfTheStepsAddUpToThem) {
  const ProfiledRun run("block");
  for (const int epoch : {1, 2}) {
    const std::string here =
        fmt::format(fmt::runtime(kParts), "sum(sum)") + fmt::format("epoch = {} AND ", epoch);
    const double whole_steps = run.real(here + "name = 'step'");
    EXPECT_GT(whole_steps, 0);
    EXPECT_NEAR(run.real(here + "name <> 'step'") / whole_steps, 1, 1e-9);
    for (const char* part :
         {"data_wait", "forward", "backward", "optimizer", "validation", "callbacks", "other"})
      EXPECT_GT(run.real(here + fmt::format("name = '{}'", part)), 0) << part;
  }
  const std::string count = fmt::format(fmt::runtime(kParts), "sum(count)") + "epoch = 2 AND name = ";
  EXPECT_EQ(run.integer(count + "'step'"), 5);
  EXPECT_EQ(run.integer(count + "'forward'"), 5);
  EXPECT_EQ(run.integer(count + "'validation'"), 1);
}

// What a process leaves behind that is killed while its last epoch_end goes on.
TEST(RunProfileTest, AnEpochIsWrittenWithThePartsOfItsSteps) {
  std::vector<std::int64_t> steps, validations, remainders;
  const ProfiledRun run("block", [&](const std::string& path, std::int64_t epoch) {
    const auto number = [&](const std::string& what) {
      return Database(path, Access::read).integer(fmt::format("SELECT {} WHERE epoch = {}", what, epoch));
    };
    while (number("count(*) FROM epochs") == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    steps.push_back(number("max(count) FROM part_profiles"));
    validations.push_back(number("count(*) FILTER (WHERE part_id = 6) FROM part_profiles"));
    remainders.push_back(
        number("CAST(round(1e9 * (2 * max(sum) - sum(sum))) AS INTEGER) FROM part_profiles"));
  });
  EXPECT_EQ(steps, std::vector<std::int64_t>({5, 5}));
  EXPECT_EQ(validations, std::vector<std::int64_t>({1, 1}));
  EXPECT_EQ(remainders, std::vector<std::int64_t>({0, 0}));
  // What came behind is counted when the last step is over.
  EXPECT_EQ(run.integer("SELECT max(count) FROM part_profiles WHERE epoch = 2"), 5);
}

TEST(RunProfileTest, TheBlocksTakeNoLongerThanTheirPasses) {
  const ProfiledRun run("block");
  const std::string blocks = "SELECT sum(sum) FROM block_profiles WHERE quantity_id = ";
  const std::string part = fmt::format(fmt::runtime(kParts), "sum(sum)") + "name IN ";
  EXPECT_LE(run.real(blocks + "1"), run.real(part + "('forward', 'copy')"));
  EXPECT_LE(run.real(blocks + "2"), run.real(part + "('backward')"));
}

TEST(RunProfileTest, NodesAreKeptWhereTheyAreAskedFor) {
  EXPECT_EQ(ProfiledRun("block").integer("SELECT count(*) FROM node_profiles"), 0);
  const ProfiledRun run("node");
  EXPECT_EQ(run.integer("SELECT count(*) FROM node_profiles JOIN nodes USING (node_id) WHERE epoch = 2 AND "
                        "quantity_id = 1 AND count = 5 AND p50 IS NOT NULL"),
            static_cast<std::int64_t>(run.graph.nodes().size()));
  EXPECT_EQ(run.integer("SELECT count(*) FROM step_profiles"), 0);
  EXPECT_EQ(run.integer("SELECT count(*) FROM kernel_profiles"), 0);
}

TEST(RunProfileTest, OfAWindowEachPieceIsKept) {
  const ProfiledRun run("step:5-6");
  EXPECT_EQ(run.integer("SELECT min(step) FROM step_profiles"), 5);
  EXPECT_EQ(run.integer("SELECT max(step) FROM step_profiles"), 6);
  // Within a step the parts follow each other without a gap, over the end of the epoch too.
  EXPECT_EQ(run.integer("SELECT max(begin_ns + duration_ns) - min(begin_ns) - sum(duration_ns) "
                        "FROM step_profiles WHERE node_id IS NULL"),
            0);
  EXPECT_GT(run.integer("SELECT count(*) FROM step_profiles JOIN nodes USING (node_id) WHERE step = 6"), 0);
}

TEST(RunProfileTest, CallsOfLibTorchAreKeptWithTheirPart) {
  const ProfiledRun run("kernel");
  EXPECT_GT(
      run.integer("SELECT count(*) FROM kernel_profiles JOIN kernels USING (kernel_id) JOIN parts USING "
                  "(part_id) WHERE parts.name = 'validation' AND kernels.name LIKE 'aten::%'"),
      0);
  EXPECT_GT(run.integer("SELECT count(*) FROM kernel_profiles JOIN nodes USING (node_id)"), 0);
}

/// A run whose first weight W is watched while its updates, of a gradient of twos, are made by hand.
struct WatchedWeight {
  struct Optimized : SmallRun {
    Optimized() { optimize("SGD", loss, {{"lr", 0.5}}); }
  };

  Optimized small;
  Engine& engine = Engine::of(small.runtime, false);
  UpdateStatistics statistics{engine, small.graph};
  const ParameterPtr weight = small.graph.state().front().parameter;
  const at::Tensor before = engine.tensor(weight).detach().clone();
  const at::Tensor gradient = at::full_like(before, 2);
};

TEST(RunProfileTest, GradientsAreLookedAtByBlockWhereTheyAreLoggedByBlock) {
  WatchedWeight w;
  w.statistics.before_update({w.weight}, {w.gradient}, true);
  w.engine.assign(w.weight, w.before - 0.5 * w.gradient);
  w.statistics.after_update();
  const auto records = w.statistics.take_epoch();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].quantity, Quantity::grad_norm);
  EXPECT_NEAR(records[0].sum, w.gradient.norm().item<double>(), 1e-5);
  EXPECT_EQ(records[1].quantity, Quantity::update_ratio);
  EXPECT_NEAR(records[1].sum, (0.5 * w.gradient).norm().item<double>() / w.before.norm().item<double>(),
              1e-5);
  EXPECT_TRUE(w.statistics.take_epoch().empty());
}

TEST(RunProfileTest, AnUpdateThatIsLeftOutCountsForNoRatio) {
  WatchedWeight w;
  for (const bool made : {true, false, true}) {
    w.statistics.before_update({w.weight}, {w.gradient}, made);
    if (made) w.engine.assign(w.weight, w.engine.tensor(w.weight).detach() * 0.5);
    w.statistics.after_update();
  }
  const auto records = w.statistics.take_epoch();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].quantity, Quantity::grad_norm);
  EXPECT_EQ(records[0].count, 3);
  EXPECT_EQ(records[1].quantity, Quantity::update_ratio);
  EXPECT_EQ(records[1].count, 2);
  EXPECT_DOUBLE_EQ(records[1].min, 0.5);
  w.statistics.before_update({w.weight}, {w.gradient}, false);
  w.statistics.after_update();
  EXPECT_EQ(w.statistics.take_epoch().size(), 1U);
}

// The loss is so large that the scale is halved some times before an update is made.
TEST(RunProfileTest, UpdatesThatScaledGradientsLeaveOutAreNotTakenForNone) {
  SmallRun run;
  const TemporaryFolder folder;
  run.set("history", folder / "orrery.db");
  run.set("epochs", whole(6));
  run.set("precision", std::string("16-mixed"));
  run.set("profile", std::string("block"));
  run.ask("log_gradients", {{"by", std::string("block")}, {"every", whole(1)}});
  run.optimize("SGD", testing::transformed(run, "mul", {run.loss, Value()}, {{"other", 100.0}}),
               {{"lr", 1e-6}});
  Recording recording;
  recording.run.orrery_version = "0.1.0";
  TrainingEvents events;
  run.run(events, std::move(recording));
  const Database history(folder / "orrery.db", Access::read);
  const std::string ratios =
      " FROM block_profiles JOIN quantities USING (quantity_id) WHERE name = 'update_ratio'";
  EXPECT_GT(history.integer("SELECT sum(count)" + ratios), 0);
  EXPECT_LT(history.integer("SELECT sum(count)" + ratios), 6 * 5);
  EXPECT_EQ(history.integer("SELECT count(*)" + ratios + " AND min = 0"), 0);
}

TEST(RunProfileTest, UpdatesWithinTheBackwardPassAreTheOptimizers) {
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.01}});
  Engine& engine = Engine::of(small.runtime, false);
  TrainingStep step(engine, small.graph, small.manager(), at::Device(at::kCPU), false);
  Recorder recorder(small.graph);
  step.set_recorder(&recorder);
  Loader loader(load(*small.train), loader_options(*small.train, 1));
  loader.begin(1);
  const auto batch = loader.next();
  recorder.mark();
  recorder.begin_run_step(1);
  step.update(step.forward(*batch), *batch, true);
  recorder.end_run_step();
  const auto parts = recorder.take_parts();
  const auto optimizer = std::ranges::find(parts, StepPart::optimizer, &PartProfileRecord::part);
  ASSERT_NE(optimizer, parts.end());
  EXPECT_GT(optimizer->sum, 0);
}

}  // namespace
}  // namespace orrery
