#include "runtime/engine/execution/segment_regions.h"

#include <algorithm>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Lane = std::vector<size_t>;

RegionPart part(std::vector<int> reads, std::vector<int> writes, double microseconds = 20) {
  return {.reads = std::move(reads), .writes = std::move(writes), .microseconds = microseconds};
}
RegionPart alone(RegionPart made) {
  made.lone = true;
  return made;
}

// The only region; of no lanes where there is none.
SegmentRegion only_region(const std::vector<RegionPart>& parts, size_t threads = 2) {
  const auto regions = find_regions(parts, threads);
  EXPECT_LE(regions.size(), 1u);
  return regions.empty() ? SegmentRegion() : regions[0];
}

// Two branches of two parts from place 0, and who joins them.
const std::vector<RegionPart> kTwoBranches = {part({0}, {1}), part({1}, {2}), part({0}, {3}), part({3}, {4}),
                                              part({2, 4}, {5})};

TEST(SegmentRegionsTest, TwoBranchesRunSideBySideUpToWhereTheyAreJoined) {
  const SegmentRegion region = only_region(kTwoBranches);
  EXPECT_EQ(region.first, 0u);
  EXPECT_EQ(region.count, 4u);
  EXPECT_THAT(region.lanes, ElementsAre(Lane{0, 1}, Lane{2, 3}));
  EXPECT_THAT(region.behind, IsEmpty());
}

TEST(SegmentRegionsTest, BranchesMayTakeTurnsInTheirOrder) {
  const SegmentRegion region =
      only_region({part({0}, {1}), part({0}, {3}), part({1}, {2}), part({3}, {4}), part({2, 4}, {5})});
  EXPECT_THAT(region.lanes, ElementsAre(Lane{0, 2}, Lane{1, 3}));
}

TEST(SegmentRegionsTest, OneThreadHasNone) { EXPECT_THAT(find_regions(kTwoBranches, 1), IsEmpty()); }

TEST(SegmentRegionsTest, AChainHasNone) {
  std::vector<RegionPart> chain;
  for (int i = 0; i < 300; ++i) chain.push_back(part({i}, {i + 1}));
  EXPECT_THAT(find_regions(chain, 2), IsEmpty());
}

TEST(SegmentRegionsTest, WhoWritesWhatAnotherReadOrWroteGoesOnWithIt) {
  EXPECT_THAT(find_regions({part({0}, {1}), part({5}, {0})}, 2), IsEmpty());
  EXPECT_THAT(find_regions({part({0}, {1}), part({5}, {1})}, 2), IsEmpty());
  EXPECT_EQ(find_regions({part({0}, {1}), part({0}, {2})}, 2).size(), 1u);
}

TEST(SegmentRegionsTest, WhatComesBeforeTheBranchesStaysBefore) {
  std::vector<RegionPart> parts = {part({9}, {0})};
  parts.insert(parts.end(), kTwoBranches.begin(), kTwoBranches.end());
  EXPECT_EQ(only_region(parts).first, 1u);
  EXPECT_EQ(only_region(parts).count, 4u);
}

TEST(SegmentRegionsTest, BranchesOfABranchStayWithIt) {
  const SegmentRegion region =
      only_region({part({0}, {1}), part({1}, {2}), part({1}, {3}), part({0}, {4}, 60)});
  EXPECT_THAT(region.lanes, ElementsAre(Lane{0, 1, 2}, Lane{3}));
}

TEST(SegmentRegionsTest, MoreBranchesThanThreadsShareLanesOfLikeLength) {
  const std::vector<RegionPart> parts = {part({0}, {1}, 20), part({0}, {2}, 30), part({0}, {3}, 10),
                                         part({0}, {4}, 15)};
  EXPECT_THAT(only_region(parts, 2).lanes, ElementsAre(Lane{1, 2}, Lane{0, 3}));
  EXPECT_THAT(only_region(parts, 4).lanes, ElementsAre(Lane{1}, Lane{0}, Lane{3}, Lane{2}));
}

// As the gradients of what several branches have read are added up.
TEST(SegmentRegionsTest, WhatIsAddedToAnotherBranchsPlaceRunsBehind) {
  const std::vector<RegionPart> two = {part({10}, {11}), part({11}, {0}), part({12}, {13}), part({13}, {0})};
  EXPECT_EQ(only_region(two).count, 3u);
  EXPECT_THAT(only_region(two).lanes, ElementsAre(Lane{0, 1}, Lane{2}));
  std::vector<RegionPart> three = two;
  three.push_back(part({14}, {15}));
  three.push_back(part({15}, {0}));
  EXPECT_EQ(only_region(three).count, 5u);
  EXPECT_THAT(only_region(three).lanes, ElementsAre(Lane{0, 1}, Lane{2, 4}));
  EXPECT_THAT(only_region(three).behind, ElementsAre(3));
}

TEST(SegmentRegionsTest, ALonePartAndWhatNeedsItRunBehind) {
  const SegmentRegion region = only_region({part({0}, {1}), alone(part({1}, {2})), part({2}, {3}),
                                            part({0}, {4}), alone(part({4}, {5})), part({5}, {6})});
  EXPECT_EQ(region.count, 4u);
  EXPECT_THAT(region.lanes, ElementsAre(Lane{0}, Lane{3}));
  EXPECT_THAT(region.behind, ElementsAre(1, 2));
  EXPECT_THAT(find_regions({alone(part({0}, {1})), alone(part({0}, {2}))}, 2), IsEmpty());
}

TEST(SegmentRegionsTest, PartsWithoutInstructionsAreInNoLane) {
  RegionPart nothing = part({0, 1, 3}, {});
  nothing.idle = true;
  std::vector<RegionPart> parts = kTwoBranches;
  parts.insert(parts.begin() + 2, nothing);
  EXPECT_THAT(only_region(parts).lanes, ElementsAre(Lane{0, 1}, Lane{3, 4}));
  EXPECT_EQ(only_region(parts).count, 5u);
}

TEST(SegmentRegionsTest, BranchesThatSaveNoMoreThanWakingThreadsCostsAreNotParted) {
  const auto regions = [](double microseconds) {
    return find_regions({part({0}, {1}, microseconds), part({0}, {2}, microseconds)}, 2).size();
  };
  EXPECT_EQ(regions(9.9), 0u);
  EXPECT_EQ(regions(10), 1u);
}

// 0.2 of what both take is saved at least.
TEST(SegmentRegionsTest, ABranchBesideAMuchLongerOneIsNotParted) {
  const auto regions = [](double shorter) {
    return find_regions({part({0}, {1}, 100), part({0}, {2}, shorter)}, 2).size();
  };
  EXPECT_EQ(regions(31), 0u);
  EXPECT_EQ(regions(32), 1u);
}

TEST(SegmentRegionsTest, OnlyTheEndOfALongChainRunsBesideAShortBranch) {
  std::vector<RegionPart> parts;
  for (int i = 0; i < 10; ++i) parts.push_back(part({i}, {i + 1}));
  parts.push_back(part({0}, {20}));
  EXPECT_EQ(only_region(parts).first, 8u);
  EXPECT_THAT(only_region(parts).lanes, ElementsAre(Lane{8, 9}, Lane{10}));
}

TEST(SegmentRegionsTest, SeveralRegionsFollowEachOther) {
  std::vector<RegionPart> parts = kTwoBranches;
  for (RegionPart again : kTwoBranches) {
    for (std::vector<int>* places : {&again.reads, &again.writes})
      for (int& place : *places) place += 5;
    parts.push_back(again);
  }
  const auto regions = find_regions(parts, 2);
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions[0].end(), 4u);
  EXPECT_EQ(regions[1].first, 5u);
  EXPECT_EQ(regions[1].end(), 9u);
}

// A part makes of all that it reads and writes what it writes, so that the order of any two that meet shows.
using Numbers = std::map<int, std::uint64_t>;
void run(const std::vector<RegionPart>& parts, size_t place, Numbers& memory) {
  std::uint64_t sum = place + 1;
  for (const int at : parts[place].reads) sum = sum * 31 + memory[at];
  for (const int at : parts[place].writes) memory[at] = memory[at] * 1000003 + sum;
}

// Lanes in turns, the first in their order or the last first.
Numbers run_in_lanes(const std::vector<RegionPart>& parts, const std::vector<SegmentRegion>& regions,
                     bool last_first, bool in_turns) {
  Numbers memory;
  size_t next = 0;
  for (const SegmentRegion& region : regions) {
    for (; next < region.first; ++next) run(parts, next, memory);
    std::vector<Lane> lanes = region.lanes;
    if (last_first) std::ranges::reverse(lanes);
    size_t left = 0;
    for (const Lane& lane : lanes) left += lane.size();
    EXPECT_EQ(left + region.behind.size(), region.count);
    for (std::vector<size_t> at(lanes.size(), 0); left > 0;)
      for (size_t l = 0; l < lanes.size(); ++l)
        for (size_t n = in_turns ? 1 : lanes[l].size(); n > 0 && at[l] < lanes[l].size(); --n, --left)
          run(parts, lanes[l][at[l]++], memory);
    for (const size_t place : region.behind) run(parts, place, memory);
    next = region.end();
  }
  for (; next < parts.size(); ++next) run(parts, next, memory);
  return memory;
}

TEST(SegmentRegionsTest, AnyOrderOfLanesGivesWhatOnePartAfterTheOtherGives) {
  std::mt19937 random(7);
  size_t found = 0, waiting = 0;
  for (int program = 0; program < 400; ++program) {
    const int places = 6 + program % 30;
    const auto any = [&] { return static_cast<int>(random() % static_cast<unsigned>(places)); };
    std::vector<RegionPart> parts;
    for (int i = 0; i < 40; ++i) {
      parts.push_back(part({any()}, {any()}, static_cast<double>(5 + random() % 40)));
      if (random() % 4 == 0) parts.back().reads.push_back(any());
      parts.back().lone = random() % 16 == 0;
    }
    const auto regions = find_regions(parts, 2 + static_cast<size_t>(program) % 3);
    found += regions.size();
    for (const SegmentRegion& region : regions) waiting += region.behind.size();
    Numbers wanted;
    for (size_t i = 0; i < parts.size(); ++i) run(parts, i, wanted);
    for (const bool last_first : {false, true})
      for (const bool in_turns : {false, true})
        EXPECT_EQ(run_in_lanes(parts, regions, last_first, in_turns), wanted) << "program " << program;
  }
  EXPECT_GT(found, 100u);
  EXPECT_GT(waiting, 100u);
}

}  // namespace
}  // namespace orrery
