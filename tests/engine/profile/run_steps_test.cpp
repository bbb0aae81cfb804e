#include "runtime/engine/profile/run_steps.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

std::int64_t told = 0;
std::int64_t told_time() { return told; }

/// A clock that only the test moves.
struct ToldSteps {
  explicit ToldSteps(ProfileChoice asked = {}) : times(1, start()), steps(times, asked) {}
  static ProfileClock start() {
    told = 1000;
    return told_time;
  }
  void spend(StepPart part, std::int64_t nanoseconds) {
    const StepPart before = times.enter(part);
    told += nanoseconds;
    times.enter(before);
  }
  static double seconds(const std::vector<PartProfileRecord>& records, StepPart part) {
    for (const PartProfileRecord& record : records)
      if (record.part == part) return record.sum;
    return 0;
  }
  std::vector<StepSpanRecord> spans() {
    return steps.take_spans([](int) { return std::string("node"); });
  }

  Timeline times;
  RunSteps steps;
};

TEST(RunStepsTest, PartsAndTheRestAddUpToTheStep) {
  ToldSteps run;
  run.times.mark();
  run.spend(StepPart::data_wait, 7);
  run.steps.begin(1);
  run.spend(StepPart::forward, 100);
  told += 3;
  run.spend(StepPart::backward, 200);
  run.steps.end();
  const auto parts = run.steps.take_parts();
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::data_wait), 7e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::forward), 100e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::backward), 200e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::other), 3e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::step), 310e-9);
}

TEST(RunStepsTest, APartWithinAPartHasItsTimeAlone) {
  ToldSteps run;
  run.times.mark();
  run.steps.begin(1);
  const StepPart before = run.times.enter(StepPart::validation);
  told += 10;
  run.spend(StepPart::callbacks, 5);
  told += 20;
  run.times.enter(before);
  run.steps.end();
  const auto parts = run.steps.take_parts();
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::validation), 30e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::callbacks), 5e-9);
}

TEST(RunStepsTest, WhatComesBehindTheMarkIsTheNextSteps) {
  ToldSteps run;
  run.times.mark();
  run.steps.begin(1);
  run.spend(StepPart::forward, 10);
  run.times.mark();
  run.spend(StepPart::data_wait, 4);
  run.steps.begin(2);
  auto parts = run.steps.take_parts();
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::step), 10e-9);
  EXPECT_EQ(ToldSteps::seconds(parts, StepPart::data_wait), 0);
  run.steps.end();
  parts = run.steps.take_parts();
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::step), 4e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::data_wait), 4e-9);
}

TEST(RunStepsTest, TheOpenStepIsToldOfSoFarAndGoesOn) {
  ToldSteps run;
  run.times.mark();
  run.steps.begin(1);
  run.spend(StepPart::forward, 10);
  run.times.mark();
  run.steps.begin(2);
  run.spend(StepPart::forward, 20);
  run.times.enter(StepPart::validation);
  told += 5;
  auto parts = run.steps.parts_so_far();
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::forward), 30e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::validation), 5e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::step), 35e-9);
  EXPECT_EQ(parts.back().count, 2);
  told += 7;
  run.steps.end();
  parts = run.steps.take_parts();
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::validation), 12e-9);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::step), 42e-9);
  EXPECT_EQ(parts.back().count, 2);
  EXPECT_TRUE(run.steps.parts_so_far().empty());
}

TEST(RunStepsTest, WhatComesBeforeTheFirstStepIsNoSteps) {
  ToldSteps run;
  run.spend(StepPart::callbacks, 50);
  run.times.mark();
  run.steps.begin(1);
  told += 1;
  run.steps.end();
  const auto parts = run.steps.take_parts();
  EXPECT_EQ(ToldSteps::seconds(parts, StepPart::callbacks), 0);
  EXPECT_DOUBLE_EQ(ToldSteps::seconds(parts, StepPart::step), 1e-9);
}

TEST(RunStepsTest, OnlyTheWindowsStepsAreKeptPieceByPiece) {
  ToldSteps run({ProfileLevel::step, 2, 3});
  for (int step = 1; step <= 4; ++step) {
    run.times.mark();
    run.spend(StepPart::data_wait, 5);
    run.steps.begin(step);
    run.times.enter(StepPart::forward);
    run.times.turn(0, false);
    told += 10 * step;
    run.times.turn(-1, false);
    run.times.enter(StepPart::other);
  }
  run.steps.end();
  const auto spans = run.spans();
  ASSERT_EQ(spans.size(), 6U);
  EXPECT_EQ(spans[0].step, 2);
  EXPECT_EQ(spans[0].part, StepPart::data_wait);
  EXPECT_EQ(spans[0].begin_ns, 0);
  EXPECT_EQ(spans[0].duration_ns, 5);
  for (size_t i = 0; i < spans.size(); ++i) EXPECT_EQ(spans[i].position, static_cast<int>(i % 3));
  EXPECT_EQ(spans[3].step, 3);
  EXPECT_EQ(spans[3].begin_ns, 25);
  for (const size_t i : {1U, 2U}) {
    EXPECT_EQ(spans[i].part, StepPart::forward);
    EXPECT_EQ(spans[i].begin_ns, 5);
    EXPECT_EQ(spans[i].duration_ns, 20);
  }
  EXPECT_NE(spans[1].node, spans[2].node);
  EXPECT_TRUE(run.spans().empty());
}

TEST(RunStepsTest, WithoutAWindowNoPiecesAreKept) {
  ToldSteps run({ProfileLevel::node});
  run.times.mark();
  run.steps.begin(1);
  run.spend(StepPart::forward, 10);
  run.steps.end();
  EXPECT_TRUE(run.spans().empty());
}

}  // namespace
}  // namespace orrery
