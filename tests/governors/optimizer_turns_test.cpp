#include "runtime/governors/optimizer_turns.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(OptimizerTurnsTest, WithoutFrequenciesEveryUpdateIsOneOfAll) {
  const OptimizerTurns turns({});
  EXPECT_FALSE(turns.taken());
  EXPECT_EQ(turns.frequency(1), 0);
  for (const size_t optimizer : {0, 1}) {
    EXPECT_TRUE(turns.has(optimizer, 1));
    EXPECT_TRUE(turns.has(optimizer, 7));
    EXPECT_EQ(turns.updates_of(optimizer, 7), 7);
  }
}

TEST(OptimizerTurnsTest, EachMakesAsManyUpdatesAsItsFrequencySaysAndThenTheNext) {
  const OptimizerTurns turns({2, 1, 3});
  EXPECT_TRUE(turns.taken());
  EXPECT_EQ(turns.frequency(2), 3);
  const std::vector<size_t> whose = {0, 0, 1, 2, 2, 2};
  for (std::int64_t update = 1; update <= 18; ++update)
    for (size_t optimizer = 0; optimizer < 3; ++optimizer)
      EXPECT_EQ(turns.has(optimizer, update), whose[static_cast<size_t>(update - 1) % 6] == optimizer)
          << update;
}

TEST(OptimizerTurnsTest, EachCountsItsOwnUpdates) {
  const OptimizerTurns turns({2, 1, 3});
  const auto counts = [&](std::int64_t updates) {
    return std::vector{turns.updates_of(0, updates), turns.updates_of(1, updates),
                       turns.updates_of(2, updates)};
  };
  EXPECT_EQ(counts(0), (std::vector<std::int64_t>{0, 0, 0}));
  EXPECT_EQ(counts(3), (std::vector<std::int64_t>{2, 1, 0}));
  EXPECT_EQ(counts(6), (std::vector<std::int64_t>{2, 1, 3}));
  EXPECT_EQ(counts(14), (std::vector<std::int64_t>{6, 2, 6}));
}

}  // namespace
}  // namespace orrery
