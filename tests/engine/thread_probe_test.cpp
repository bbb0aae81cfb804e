#include "runtime/engine/thread_probe.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace orrery {
namespace {

using Numbers = std::vector<int>;

// A machine on which a step takes the time that its number of threads tells, once it is warm.
struct ToldTimes {
  std::map<int, double> seconds;
  double first = 0;  ///< what the very first step takes more
  Numbers tried = {};
  double spent = 0;

  int fastest() {
    Numbers candidates;
    for (const auto& [threads, time] : seconds) candidates.push_back(threads);
    return fastest_threads(candidates, [this](int threads) {
      const double taken = seconds.at(threads) + (tried.empty() ? first : 0);
      tried.push_back(threads);
      spent += taken;
      return taken;
    });
  }
  long count(int threads) const { return std::ranges::count(tried, threads); }
};

TEST(ThreadProbeTest, OneAndAllCoresAreTriedAndHalfOfMoreThanFour) {
  EXPECT_EQ(thread_candidates(1), (Numbers{1}));
  EXPECT_EQ(thread_candidates(2), (Numbers{1, 2}));
  EXPECT_EQ(thread_candidates(4), (Numbers{1, 4}));
  EXPECT_EQ(thread_candidates(5), (Numbers{1, 2, 5}));
  EXPECT_EQ(thread_candidates(64), (Numbers{1, 32, 64}));
}

TEST(ThreadProbeTest, TheLeastTimeWins) {
  EXPECT_EQ((ToldTimes{{{1, 0.002}, {2, 0.001}}}.fastest()), 2);
  EXPECT_EQ((ToldTimes{{{1, 0.001}, {2, 0.002}}}.fastest()), 1);
  EXPECT_EQ((ToldTimes{{{1, 0.003}, {4, 0.001}, {8, 0.002}}}.fastest()), 4);
}

TEST(ThreadProbeTest, MoreThreadsMustGainThreePercent) {
  EXPECT_EQ((ToldTimes{{{1, 0.00100}, {2, 0.00100}}}.fastest()), 1);
  EXPECT_EQ((ToldTimes{{{1, 0.00100}, {2, 0.00098}}}.fastest()), 1);
  EXPECT_EQ((ToldTimes{{{1, 0.00100}, {2, 0.00096}}}.fastest()), 2);
}

TEST(ThreadProbeTest, ASlowMomentDoesNotCount) {
  int n = 0;
  const Numbers candidates = {1, 2};
  const auto disturbed = [&](int threads) { return (threads == 1 ? 0.001 : 0.002) + (n++ == 8 ? 0.05 : 0); };
  EXPECT_EQ(fastest_threads(candidates, disturbed), 1);
}

TEST(ThreadProbeTest, AtMostThirtyStepsAreTriedInTurnsAfterOneOfEach) {
  ToldTimes two{{{1, 0.001}, {2, 0.001}}};
  two.fastest();
  EXPECT_EQ(two.tried.size(), 30u);
  EXPECT_EQ(two.count(1), two.count(2));
  EXPECT_EQ(Numbers(two.tried.begin(), two.tried.begin() + 6), (Numbers{2, 1, 1, 2, 1, 2}));
  ToldTimes three{{{1, 0.001}, {4, 0.001}, {8, 0.001}}};
  three.fastest();
  EXPECT_EQ(three.tried.size(), 27u);
  EXPECT_EQ(Numbers(three.tried.begin(), three.tried.begin() + 9), (Numbers{8, 4, 1, 1, 1, 4, 4, 8, 8}));
}

TEST(ThreadProbeTest, NoTurnIsBegunThatWouldEndBehindASecond) {
  ToldTimes times{{{1, 0.1}, {2, 0.05}}, 0.2};
  EXPECT_EQ(times.fastest(), 2);
  EXPECT_LE(times.spent, kProbeSeconds);
  EXPECT_GE(times.count(1), 3);
}

TEST(ThreadProbeTest, LongStepsTakeAllCores) {
  ToldTimes half_a_second{{{1, 0.3}, {2, 0.31}}, 0.2};
  EXPECT_EQ(half_a_second.fastest(), 2);
  EXPECT_EQ(half_a_second.tried, (Numbers{2}));
  ToldTimes no_turn{{{1, 0.3}, {2, 0.31}}, 0.1};
  EXPECT_EQ(no_turn.fastest(), 2);
  EXPECT_EQ(no_turn.tried, (Numbers{2, 1}));
  ToldTimes one_turn{{{1, 0.2}, {2, 0.21}}};
  EXPECT_EQ(one_turn.fastest(), 1);
}

TEST(ThreadProbeTest, OneCandidateIsNotTried) {
  ToldTimes alone{{{1, 0.001}}};
  EXPECT_EQ(alone.fastest(), 1);
  EXPECT_TRUE(alone.tried.empty());
}

TEST(ThreadProbeTest, AnotherWayMustGainThreePercentToo) {
  const auto other_is_taken = [](double present, double other) {
    return other_way_is_faster([&](bool is_other) { return is_other ? other : present; });
  };
  EXPECT_TRUE(other_is_taken(0.00100, 0.00096));
  EXPECT_FALSE(other_is_taken(0.00100, 0.00098));
  EXPECT_FALSE(other_is_taken(0.001, 0.002));
}

TEST(ThreadProbeTest, StepsThatAreTooLongToTryStayAsTheyAre) {
  int tried = 0;
  EXPECT_FALSE(other_way_is_faster([&](bool other) {
    ++tried;
    return other ? 0.6 : 0.9;
  }));
  EXPECT_EQ(tried, 1);
}

}  // namespace
}  // namespace orrery
