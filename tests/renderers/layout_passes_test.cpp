#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

using ::testing::ElementsAre;
using Kind = Item::Kind;

/// A frame in the root with the leaves 2 … n+1 inside; leaf n+2 and so on stand outside.
Sketch sketch_with_frame(int inside, int outside) {
  Sketch sketch;
  sketch.boxes = {{.frame = true}, {.parent = 0, .frame = true}};
  for (int i = 0; i < inside + outside; ++i)
    sketch.boxes.push_back({.parent = i < inside ? 1 : 0, .size = {60, 20}});
  return sketch;
}

/// The interior of a root frame with some items and links between them.
Interior interior(int boxes, const std::vector<std::pair<int, int>>& links) {
  Interior in;
  for (int i = 0; i < boxes; ++i)
    in.items.push_back({.kind = Kind::box, .box = i + 1, .length = 20, .breadth = 60});
  int net = 0;
  for (const auto& [source, sink] : links) in.links.push_back({.net = net++, .source = source, .sink = sink});
  return in;
}

std::vector<int> ranks(const Interior& in) {
  std::vector<int> result;
  for (const Item& item : in.items) result.push_back(item.rank);
  return result;
}

TEST(SplitTest, LeadsAnEdgeThroughAPortOfEachFrame) {
  Sketch sketch = sketch_with_frame(1, 1);
  sketch.nets = {{.source = 3, .sinks = {{.box = 2}}}};
  const Plan plan = split(sketch);
  ASSERT_EQ(plan.pieces[0][0].size(), 2u);
  EXPECT_EQ(plan.pieces[0][0][0].frame, 0);
  EXPECT_EQ(plan.pieces[0][0][1].frame, 1);
  EXPECT_EQ(plan.interiors[1].items.back().kind, Kind::in_port);
}

TEST(SplitTest, LeadsAValueThatSeveralReadInsideThroughOnePort) {
  Sketch sketch = sketch_with_frame(2, 1);
  sketch.nets = {{.source = 4, .sinks = {{.box = 2}, {.box = 3}}}};
  const Plan plan = split(sketch);
  EXPECT_EQ(plan.interiors[0].links.size(), 1u);
  EXPECT_EQ(plan.interiors[1].links.size(), 2u);
  EXPECT_EQ(plan.interiors[1].items.size(), 3u);
}

TEST(SplitTest, LeadsAValueOutOfItsFrameOnce) {
  Sketch sketch = sketch_with_frame(1, 2);
  sketch.nets = {{.source = 2, .sinks = {{.box = 3}, {.box = 4}}}};
  const Plan plan = split(sketch);
  EXPECT_EQ(plan.interiors[1].items.back().kind, Kind::out_port);
  EXPECT_EQ(plan.interiors[1].links.size(), 1u);
  EXPECT_EQ(plan.interiors[0].links.size(), 2u);
}

TEST(MarkMainTest, FollowsTheLongestWay) {
  Sketch sketch;
  sketch.boxes = {{.frame = true}};
  for (int i = 0; i < 4; ++i) sketch.boxes.push_back({.parent = 0, .size = {60, 20}});
  sketch.nets = {{.source = 1, .sinks = {{.box = 4}, {.box = 2}}},
                 {.source = 2, .sinks = {{.box = 3}}},
                 {.source = 3, .sinks = {{.box = 4}}}};
  Plan plan = split(sketch);
  mark_main(plan, sketch);
  std::vector<bool> main;
  for (const Link& link : plan.interiors[0].links) main.push_back(link.main);
  EXPECT_THAT(main, ElementsAre(false, true, true, true));
}

TEST(RankTest, GivesEachItemItsLongestDistanceFromASource) {
  Interior in = interior(4, {{0, 1}, {1, 2}, {0, 2}, {2, 3}});
  rank(in);
  EXPECT_THAT(ranks(in), ElementsAre(0, 1, 2, 3));
}

TEST(RankTest, DrawsWhatDependsOnNothingNearToItsReader) {
  Interior in = interior(5, {{0, 1}, {1, 2}, {3, 4}, {4, 2}});
  in.items[0].kind = Kind::in_port;
  rank(in);
  EXPECT_THAT(ranks(in), ElementsAre(0, 1, 3, 1, 2));
}

TEST(RankTest, PutsPortsIntoTheFirstAndTheLastRank) {
  Interior in = interior(4, {{0, 1}, {1, 2}, {0, 3}});
  in.items[0].kind = Kind::in_port;
  in.items[3].kind = Kind::out_port;
  rank(in);
  EXPECT_THAT(ranks(in), ElementsAre(0, 1, 2, 3));
}

TEST(RankTest, OpensACycleByTurningOneLinkRound) {
  Interior in = interior(3, {{0, 1}, {1, 2}, {2, 0}});
  rank(in);
  EXPECT_FALSE(in.links[0].backward || in.links[1].backward);
  EXPECT_TRUE(in.links[2].backward);
  EXPECT_THAT(ranks(in), ElementsAre(1, 2, 3));
  EXPECT_EQ(in.rows.size(), 5u);
}

TEST(RankTest, DoesNotTurnLinksOfAnAcyclicGraph) {
  Interior in = interior(4, {{3, 2}, {2, 1}, {1, 0}, {3, 0}});
  rank(in);
  for (const Link& link : in.links) EXPECT_FALSE(link.backward);
}

// 1 and 2 read what 3 reads, whose line goes on to 6; what reads them stands further down.
TEST(RankTest, LetsOneLinePassWhatWouldBeSeveral) {
  Interior in = interior(7, {{0, 3}, {3, 4}, {4, 5}, {5, 6}, {0, 1}, {1, 5}, {0, 2}, {2, 6}});
  for (int link : {0, 4, 6}) in.links[link].net = 0;
  in.items[0].kind = Kind::in_port;
  rank(in);
  EXPECT_THAT(ranks(in), ElementsAre(0, 2, 3, 1, 2, 3, 4));
}

TEST(RankTest, LeavesOneReaderWhereItsValueIsMade) {
  Interior in = interior(6, {{0, 2}, {2, 3}, {3, 4}, {4, 5}, {0, 1}, {1, 5}});
  for (int link : {0, 4}) in.links[link].net = 0;
  in.items[0].kind = Kind::in_port;
  rank(in);
  EXPECT_THAT(ranks(in), ElementsAre(0, 1, 1, 2, 3, 4));
}

TEST(ThreadTest, GivesALongLinkABendInEachRankThatItPasses) {
  Interior in = interior(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}});
  rank(in);
  thread(in, {});
  EXPECT_THAT(in.chains[3].bends, ElementsAre(4, 5));
  for (const Hop& hop : in.hops) EXPECT_EQ(in.items[hop.lower].rank, in.items[hop.upper].rank + 1);
}

TEST(ThreadTest, BundlesTheLongLinksOfOneValue) {
  Interior in = interior(4, {{0, 1}, {1, 2}, {2, 3}, {0, 2}, {0, 3}});
  for (int link : {0, 3, 4}) in.links[link].net = 0;
  rank(in);
  thread(in, {});
  EXPECT_EQ(in.chains.size(), 3u);
  EXPECT_EQ(in.chains[0].bends.size(), 2u);
}

TEST(FindSpineTest, TakesTheLongestPath) {
  Interior in = interior(4, {{0, 3}, {0, 1}, {1, 2}, {2, 3}});
  rank(in);
  thread(in, {});
  find_spine(in);
  EXPECT_THAT(in.spine, ElementsAre(0, 1, 2, 3));
}

TEST(FindSpineTest, TakesTheDrawingsMainLineBeforeALongerPath) {
  Interior in = interior(4, {{0, 3}, {0, 1}, {1, 2}, {2, 3}});
  in.links[0].main = true;
  rank(in);
  thread(in, {});
  find_spine(in);
  EXPECT_THAT(in.spine, ElementsAre(0, 4, 5, 3));
}

TEST(FindSpineTest, SetsAnAxisWhereNoLineRuns) {
  Interior in = interior(3, {{1, 2}, {0, 2}});
  in.items[0].kind = Kind::in_port;
  in.links[0].main = true;
  rank(in);
  thread(in, {});
  find_spine(in);
  ASSERT_EQ(in.spine.size(), 3u);
  EXPECT_EQ(in.items[in.spine[0]].kind, Kind::axis);
  EXPECT_EQ(in.spine[1], 1);
}

TEST(OrderTest, UncrossesWhatNeedNotCross) {
  Interior in = interior(6, {{0, 1}, {0, 2}, {1, 4}, {2, 3}, {3, 5}, {4, 5}});
  rank(in);
  thread(in, {});
  find_spine(in);
  order(in);
  EXPECT_EQ(in.items[1].order < in.items[2].order, in.items[4].order < in.items[3].order);
}

TEST(OrderTest, KeepsTheOrderOfConstructionWhereNothingCrosses) {
  Interior in = interior(5, {{0, 1}, {0, 2}, {0, 3}, {1, 4}, {2, 4}, {3, 4}});
  rank(in);
  thread(in, {});
  find_spine(in);
  order(in);
  EXPECT_THAT(in.rows[1], ElementsAre(1, 2, 3));
}

/// A chain of four with a skip past it; where `beside`, something stands right of its second item.
Interior ordered_skip(bool beside) {
  Interior in = interior(beside ? 5 : 4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}});
  if (beside) in.links.push_back({.net = 4, .source = 4, .sink = 2});
  rank(in);
  thread(in, {});
  find_spine(in);
  order(in);
  return in;
}

TEST(OrderTest, LeadsASkipPastTheSideWithoutBoxes) {
  const Interior free = ordered_skip(false), beside = ordered_skip(true);
  for (const size_t rank : {1, 2}) {
    EXPECT_EQ(free.items[static_cast<size_t>(free.rows[rank].back())].kind, Kind::bend);
    EXPECT_EQ(beside.items[static_cast<size_t>(beside.rows[rank].front())].kind, Kind::bend);
  }
}

TEST(AlignTest, KeepsNeighboursApart) {
  Interior in = interior(5, {{0, 1}, {0, 2}, {0, 3}, {1, 4}, {2, 4}, {3, 4}});
  for (Item& item : in.items) item.before = item.after = 30;
  rank(in);
  thread(in, {});
  find_spine(in);
  order(in);
  align(in, {});
  EXPECT_DOUBLE_EQ(in.items[2].across, 0);
  EXPECT_DOUBLE_EQ(in.items[3].across, 60 + Spacing().box);
  EXPECT_DOUBLE_EQ(in.items[1].across, -60 - Spacing().box);
}

TEST(AssignLanesTest, SharesALaneOnlyBetweenRunsThatDoNotMeet) {
  Interior in;
  in.rows.resize(2);
  const auto add = [&](double from, double to) {
    const int upper = static_cast<int>(in.items.size());
    in.items.push_back({.rank = 0, .across = from});
    in.items.push_back({.rank = 1, .across = to});
    const int index = static_cast<int>(in.links.size());
    in.links.push_back({.net = index, .source = upper, .sink = upper + 1, .chain = index});
    in.chains.push_back({.net = index, .source = upper, .links = {index}, .first_rank = 1});
  };
  add(0, 50), add(100, 150), add(120, 190), add(300, 300);
  assign_lanes(in, {});
  const auto& runs = in.channels[0];
  EXPECT_TRUE(runs[0].lane == 0 && runs[0].lane == std::min(runs[1].lane, runs[2].lane));
  EXPECT_NE(runs[1].lane, runs[2].lane);
  EXPECT_TRUE(runs[3].straight);
}

TEST(AssignLanesTest, TurnsOneOfTwoThatChangePlaces) {
  Interior in;
  in.rows.resize(2);
  for (int i = 0; i < 2; ++i) {
    in.items.push_back({.rank = 0, .across = i * 40.0});
    in.items.push_back({.rank = 1, .across = 40 - i * 40.0});
    in.links.push_back({.net = i, .source = 2 * i, .sink = 2 * i + 1, .chain = i});
    in.chains.push_back({.net = i, .source = 2 * i, .links = {i}, .first_rank = 1});
  }
  assign_lanes(in, {});
  EXPECT_NE(in.channels[0][0].turned, in.channels[0][1].turned);
}

}  // namespace
}  // namespace orrery::layout
