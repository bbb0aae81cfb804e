#include "runtime/engine/profile/node_clock.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

std::int64_t clock_now = 0, clock_readings = 0;
std::int64_t read_clock() {
  ++clock_readings;
  return clock_now;
}

/// Three nodes of which the first two lie in one block.
struct ClockedNodes {
  const std::vector<int> blocks{0, 0, 1}, nodes{0, 1, 2};
  Timeline times{3, read_clock};
  NodeClock clock{times, blocks};
};

TEST(NodeClockTest, EachUnitHasTheTimeUntilAnotherBegins) {
  ClockedNodes run;
  run.clock.begin_forward(0);
  clock_now += 10;
  run.clock.begin_forward(1);
  clock_now += 20;
  run.clock.begin_forward(2);
  clock_now += 40;
  run.clock.begin_backward(0);
  clock_now += 80;
  run.times.turn(-1, true);
  EXPECT_EQ(run.times.take(0, false), 30);
  EXPECT_EQ(run.times.take(1, false), 40);
  EXPECT_EQ(run.times.take(0, true), 80);
  EXPECT_EQ(run.times.take(1, true), 0);
}

TEST(NodeClockTest, TheClockIsReadWhereUnitsMeetAlone) {
  ClockedNodes run;
  run.clock.begin_forward(0);
  const std::int64_t before = clock_readings;
  for (int i = 0; i < 10; ++i) run.clock.begin_forward(i % 2);
  EXPECT_EQ(clock_readings, before);
  run.clock.begin_forward(2);
  EXPECT_EQ(clock_readings, before + 1);
  run.clock.use(run.nodes);
  run.clock.begin_forward(0);
  EXPECT_EQ(clock_readings, before + 2);
}

TEST(NodeClockTest, NodesOfForwardPassesAreCounted) {
  ClockedNodes run;
  for (const int node : {0, 1, 2}) run.clock.begin_forward(node);
  run.clock.begin_backward(2);
  EXPECT_EQ(run.clock.take_calls(), 3);
  EXPECT_EQ(run.clock.take_calls(), 0);
}

}  // namespace
}  // namespace orrery
