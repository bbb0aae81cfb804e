#include "runtime/engine/execution/segment_lanes.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/engine.h"
#include "runtime/graph/runtime.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Parts that count in a number of their own; those that are to fail do not.
struct Counting {
  explicit Counting(const std::vector<size_t>& failing = {}) {
    for (size_t p = 0; p < 4; ++p) {
      memory.push_back(&counts[p]);
      const bool fails = std::ranges::find(failing, p) != failing.end();
      parts.push_back({p,
                       {[p, fails](Memory m) {
                         if (fails) throw std::runtime_error("part " + std::to_string(p));
                         ++*static_cast<int*>(m[p]);
                       }},
                       {}});
    }
  }
  LanesRun run(bool timed = false) {
    const Engine::Turn turn(engine);
    engine.use_threads(2);
    return run_lanes({.first = 0, .count = 4, .lanes = {{0, 2}, {1, 3}}, .behind = {}}, parts, memory.data(),
                     timed);
  }
  static std::string words_of(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
  }

  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  int counts[4] = {};
  std::vector<void*> memory;
  std::vector<SegmentPart> parts;
};

TEST(SegmentLanesTest, EachPartRunsOnce) {
  Counting lanes;
  const LanesRun run = lanes.run();
  EXPECT_FALSE(run.failed);
  EXPECT_EQ(run.error, nullptr);
  EXPECT_THAT(run.seconds, IsEmpty());
  EXPECT_THAT(lanes.counts, ElementsAre(1, 1, 1, 1));
}

TEST(SegmentLanesTest, TheFirstPartThatFailedIsTold) {
  Counting one({3}), both({2, 1});
  EXPECT_EQ(one.run().failed, std::optional<size_t>(3));
  const LanesRun run = both.run();
  EXPECT_EQ(run.failed, std::optional<size_t>(1));
  EXPECT_EQ(Counting::words_of(run.error), "part 1");
}

TEST(SegmentLanesTest, ALaneEndsWhereItFailsAndTheOtherGoesOn) {
  Counting lanes({1});
  lanes.run();
  EXPECT_THAT(lanes.counts, ElementsAre(1, 0, 1, 0));
}

TEST(SegmentLanesTest, ItsOwnTimeIsTakenOfEach) {
  Counting lanes;
  lanes.parts[1].instructions.push_back(
      [](Memory) { std::this_thread::sleep_for(std::chrono::milliseconds(5)); });
  const LanesRun run = lanes.run(true);
  ASSERT_EQ(run.seconds.size(), 4u);
  EXPECT_GE(run.seconds[1], 0.005);
}

// What a kernel shares out stays in its lane.
TEST(SegmentLanesTest, KernelsKeepToTheirLane) {
  Counting lanes;
  bool nested[4] = {};
  for (size_t p = 0; p < 4; ++p)
    lanes.parts[p].instructions.push_back([&, p](Memory) { nested[p] = at::in_parallel_region(); });
  lanes.run();
  EXPECT_THAT(nested, ElementsAre(true, true, true, true));
}

}  // namespace
}  // namespace orrery
