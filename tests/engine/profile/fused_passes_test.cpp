#include "runtime/engine/profile/fused_passes.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

std::int64_t fused_now = 0;
std::int64_t fused_time() { return fused_now; }

/// Four nodes on a clock that only the test moves.
struct TimedNodes {
  explicit TimedNodes(std::vector<int> units_of_nodes, size_t units)
      : unit_of(std::move(units_of_nodes)),
        passes(unit_of, units),
        times(FusedPasses::timed_units(units, unit_of.size()), fused_time) {}

  void spend(int node, bool backward, std::int64_t nanoseconds) {
    times.turn(passes.timed()[static_cast<size_t>(node)], backward);
    fused_now += nanoseconds;
    times.turn(-1, backward);
  }

  const std::vector<int> unit_of;
  FusedPasses passes;
  Timeline times;
};

TEST(FusedPassesTest, ThePassesTimeIsSplitByCostToTheNanosecond) {
  TimedNodes run({0, 1, 2, 3}, 4);
  run.passes.add({2, 1}, {1, 2});
  run.spend(0, false, 5);
  run.spend(1, false, 100);
  run.spend(2, false, 1);
  run.spend(2, true, 10);
  run.passes.split(run.times);
  EXPECT_EQ(run.times.take(0, false), 5);
  EXPECT_EQ(run.times.take(1, false), 68);
  EXPECT_EQ(run.times.take(2, false), 33);
  EXPECT_EQ(run.times.take(1, true), 7);
  EXPECT_EQ(run.times.take(2, true), 3);
  EXPECT_EQ(run.times.take(3, false), 0);
}

TEST(FusedPassesTest, SharesAreTold) {
  TimedNodes run({0, 1, 2, 3}, 4);
  EXPECT_EQ(run.passes.share(1), 0);
  run.passes.add({2, 1}, {1, 3});
  EXPECT_EQ(run.passes.share(0), 0);
  EXPECT_EQ(run.passes.share(1), 0.75);
  EXPECT_EQ(run.passes.share(2), 0.25);
}

TEST(FusedPassesTest, APassMayComputeMoreThanTwo) {
  TimedNodes run({0, 1, 2, 3}, 4);
  run.passes.add({0, 1}, {1, 2});
  run.passes.add({2, 1}, {1, 2});
  run.spend(0, false, 50);
  run.spend(2, false, 50);
  run.passes.split(run.times);
  for (const auto& [node, part] : {std::pair(0, 25), {1, 50}, {2, 25}})
    EXPECT_EQ(run.times.take(node, false), part) << node;
}

TEST(FusedPassesTest, TheSameIsToldTwiceWithoutHarm) {
  TimedNodes run({0, 1, 2, 3}, 4);
  run.passes.add({2, 1}, {1, 3});
  run.passes.add({2, 1}, {1, 3});
  EXPECT_EQ(run.passes.share(2), 0.25);
}

TEST(FusedPassesTest, NodesWithoutCostShareAlike) {
  TimedNodes run({0, 1, 2, 3}, 4);
  run.passes.add({3, 0}, {2, 0});
  EXPECT_EQ(run.passes.share(3), 0.5);
}

TEST(FusedPassesTest, NodesOfOneBlockHaveItsTimeAnyway) {
  TimedNodes run({0, 0, 1, 1}, 2);
  run.passes.add({1, 1}, {0, 1});
  EXPECT_EQ(run.passes.timed(), run.unit_of);
  EXPECT_EQ(run.passes.share(1), 0);
}

TEST(FusedPassesTest, NodesOfTwoBlocksShareThePassBetweenThem) {
  TimedNodes run({0, 0, 1, 1}, 2);
  run.passes.add({2, 1}, {1, 3});
  run.spend(0, false, 7);
  run.spend(1, false, 40);
  run.spend(3, false, 2);
  run.passes.split(run.times);
  EXPECT_EQ(run.times.take(0, false), 37);
  EXPECT_EQ(run.times.take(1, false), 12);
}

TEST(FusedPassesTest, AUnitOfAPassIsThatOfTheNodeThatComputesIt) {
  TimedNodes run({0, 1, 2, 3}, 4);
  run.passes.add({2, 1}, {1, 3});
  EXPECT_EQ(FusedPasses::node_of(run.passes.timed()[2], 4), 1);
  EXPECT_EQ(FusedPasses::node_of(run.passes.timed()[3], 4), 3);
}

}  // namespace
}  // namespace orrery
