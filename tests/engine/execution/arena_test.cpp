#include "runtime/engine/execution/arena.h"

#include <algorithm>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace orrery {
namespace {

constexpr std::int64_t kAlignment = 64;

std::int64_t aligned(std::int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool meet(const BufferLife& a, const BufferLife& b) {
  const auto begins_within = [](const BufferLife& one, const BufferLife& other) {
    const std::pair begin(one.first, one.first_part);
    return std::pair(other.first, other.first_part) <= begin &&
           begin <= std::pair(other.last, other.last_part);
  };
  return begins_within(a, b) || begins_within(b, a);
}

// What all buffers need that live at the busiest moment, the last of them without what would align another
// behind it: no layout is smaller.
std::int64_t most_at_once(const std::vector<BufferLife>& lives) {
  std::int64_t most = 0;
  for (const BufferLife& at : lives) {
    std::int64_t sum = 0, unused = 0;
    const BufferLife begin{0, at.first, at.first, at.first_part, at.first_part};
    for (const BufferLife& life : lives) {
      if (!meet(life, begin)) continue;
      sum += aligned(life.bytes);
      unused = std::max(unused, aligned(life.bytes) - life.bytes);
    }
    most = std::max(most, sum - unused);
  }
  return most;
}

void expect_sound(const std::vector<BufferLife>& lives, const ArenaLayout& layout) {
  ASSERT_EQ(layout.offsets.size(), lives.size());
  std::int64_t sum = 0;
  for (size_t i = 0; i < lives.size(); ++i) {
    const std::int64_t begin = layout.offsets[i], end = begin + lives[i].bytes;
    EXPECT_GE(begin, 0);
    EXPECT_EQ(begin % kAlignment, 0);
    EXPECT_LE(end, layout.bytes);
    sum += aligned(lives[i].bytes);
    for (size_t other = 0; other < i; ++other) {
      const std::int64_t other_begin = layout.offsets[other], other_end = other_begin + lives[other].bytes;
      if (lives[i].bytes == 0 || lives[other].bytes == 0 || !meet(lives[i], lives[other])) continue;
      EXPECT_TRUE(end <= other_begin || other_end <= begin) << i << " lies on " << other;
    }
  }
  EXPECT_LE(layout.bytes, sum);
  EXPECT_GE(layout.bytes, most_at_once(lives));
}

TEST(ArenaTest, NoBuffersNeedNoMemory) {
  const ArenaLayout layout = lay_out({});
  EXPECT_EQ(layout.bytes, 0);
  EXPECT_TRUE(layout.offsets.empty());
}

TEST(ArenaTest, BuffersOneAfterTheOtherShareAPlace) {
  const std::vector<BufferLife> lives = {{100, 0, 1}, {64, 2, 3}, {10, 4, 9}};
  const ArenaLayout layout = lay_out(lives);
  EXPECT_EQ(layout.offsets, (std::vector<std::int64_t>{0, 0, 0}));
  EXPECT_EQ(layout.bytes, 100);
}

TEST(ArenaTest, NothingIsTakenBehindTheLast) {
  const ArenaLayout layout = lay_out({{100, 0, 1}, {40, 0, 1}});
  EXPECT_EQ(layout.offsets, (std::vector<std::int64_t>{0, 128}));
  EXPECT_EQ(layout.bytes, 168);
}

// Both ends of a life belong to it.
TEST(ArenaTest, BuffersThatMeetForAMomentLieApart) {
  const ArenaLayout layout = lay_out({{64, 0, 2}, {64, 2, 3}});
  EXPECT_NE(layout.offsets[0], layout.offsets[1]);
  EXPECT_EQ(layout.bytes, 128);
}

TEST(ArenaTest, ABufferTakesThePlaceOfOneThatIsOverInAnEarlierPartOfTheSameMoment) {
  const BufferLife until_first{64, 0, 1, 0, 0}, until_second{64, 0, 1, 0, 1}, from_second{64, 1, 2, 1};
  EXPECT_EQ(lay_out({until_first, from_second}).bytes, 64);
  EXPECT_EQ(lay_out({until_second, from_second}).bytes, 128);
  EXPECT_EQ(lay_out({{64, 0, 1}, from_second}).bytes, 128);
}

TEST(ArenaTest, ASmallBufferFillsAGapBetweenLargeOnes) {
  // The two large ones keep a hole between them open while the middle one is away.
  const std::vector<BufferLife> lives = {{640, 0, 9}, {256, 0, 3}, {128, 0, 9}, {64, 5, 6}};
  const ArenaLayout layout = lay_out(lives);
  expect_sound(lives, layout);
  EXPECT_EQ(layout.bytes, 640 + 256 + 128);
  EXPECT_EQ(layout.offsets[3], 640);
}

TEST(ArenaTest, RandomLivesNeverOverlapAndTakeNoMoreThanTheirSum) {
  std::mt19937 random(1);
  const auto drawn = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    std::vector<BufferLife> lives(static_cast<size_t>(1 + drawn(40)));
    for (BufferLife& life : lives) {
      life.bytes = drawn(8) == 0 ? drawn(2) : 1 + drawn(5000);
      life.first = drawn(30);
      life.last = life.first + drawn(12);
      life.first_part = drawn(3);
      if (drawn(2)) life.last_part = life.first_part + drawn(3);
    }
    const ArenaLayout layout = lay_out(lives);
    expect_sound(lives, layout);
    const ArenaLayout again = lay_out(lives);
    EXPECT_EQ(again.offsets, layout.offsets);
    EXPECT_EQ(again.bytes, layout.bytes);
  }
}

}  // namespace
}  // namespace orrery
