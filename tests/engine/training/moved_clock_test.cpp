// Runs while the machine's clock is put back or ahead.
#include <atomic>
#include <cstdint>
#include <ctime>
#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "runtime/history/records.h"
#include "tests/engine/training/resumable.h"

namespace {

std::atomic<std::int64_t> wall_ahead{0}, steady_ahead{0};  // seconds

}  // namespace

// In the place of the C library's for all of this program.
extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                                    timespec* time) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME) time->tv_sec += wall_ahead;
  if (clock == CLOCK_MONOTONIC) time->tv_sec += steady_ahead;
  return result;
}

namespace orrery {
namespace {

constexpr std::int64_t kHour = 3600;

/// Both clocks are right again at the end of the scope.
struct MovedClocks {
  MovedClocks() = default;
  ~MovedClocks() { wall_ahead = steady_ahead = 0; }
  MovedClocks(const MovedClocks&) = delete;
  MovedClocks& operator=(const MovedClocks&) = delete;
};

/// Moves the clocks after some steps.
struct ClockMover : TrainingEvents {
  void on_step(const StepReport&) override {
    ++steps;
    if (steps == 2) wall_ahead = -2 * kHour;
    if (steps == 4) wall_ahead = 10 * kHour;
    if (steps == 7) steady_ahead = kHour;
  }
  int steps = 0;
};

TEST(MovedClockTest, TimeLimitsGoByTheSteadyClock) {
  const MovedClocks clocks;
  testing::SmallRun small;
  small.optimize("SGD", small.loss, {});
  small.set("epochs", testing::whole(100));
  small.set("max_time", std::string("01:00:00"));
  ClockMover mover;
  const TrainingSummary summary = small.run(mover);
  EXPECT_EQ(summary.steps, 7);
  EXPECT_EQ(summary.stopped_early, "max_time, 01:00:00, is over");
}

/// Puts the clock back after each step.
struct BackwardClock : testing::Watcher {
  using Watcher::Watcher;
  void on_step(const StepReport& report) override {
    wall_ahead -= kHour;
    Watcher::on_step(report);
  }
  void on_epoch_end(const EpochReport& report) override {
    EXPECT_GE(report.seconds, 0);
    Watcher::on_epoch_end(report);
  }
};

TEST(MovedClockTest, AClockThatGoesBackDisturbsNoRunAndNoResuming) {
  const MovedClocks clocks;
  const TemporaryFolder folder;
  const UnixMilliseconds before = machine_clock();
  for (const bool resumes : {false, true}) {
    testing::Resumable run(folder.path());
    run.ask("checkpoint", {{"dirpath", folder.path()}, {"every_n_steps", testing::whole(1)}});
    if (resumes) run.resume();
    BackwardClock events(run.runtime, testing::Watcher::At::step, resumes ? 0 : 7);
    if (!resumes) {
      error_of(Fault::terminated, [&] { run.run(events); });
      EXPECT_LT(machine_clock(), before) << "the test's clock is not the program's";
      continue;
    }
    const TrainingSummary summary = run.run(events);
    EXPECT_EQ(summary.steps, testing::Resumable::kSteps);
    EXPECT_GE(summary.seconds, 0);
    EXPECT_TRUE(run.warnings.empty());
    EXPECT_TRUE(testing::bit_equal(run.weights(), testing::weights_of_a_whole_run()));
  }
}

}  // namespace
}  // namespace orrery
