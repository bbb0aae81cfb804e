#include "runtime/engine/data/random_stream.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace orrery {
namespace {

// The numbers are part of what a seed promises: another order of samples would be another run.
TEST(RandomStreamTest, GivesTheSameNumbersInEveryRelease) {
  RandomStream random(1, 1);
  const std::vector<std::uint64_t> first = {random.next(), random.next(), random.next()};
  RandomStream again(1, 1);
  EXPECT_EQ(first, (std::vector<std::uint64_t>{again.next(), again.next(), again.next()}));
  EXPECT_EQ(first[0], 17607127645557716576u);
  EXPECT_EQ(first[1], 4763140662611846755u);
}

TEST(RandomStreamTest, StreamsOfOneSeedAndSeedsOfOneStreamDiffer) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::uint64_t stream = 0; stream < 100; ++stream) firsts.insert(RandomStream(seed, stream).next());
  }
  EXPECT_EQ(firsts.size(), 10000u);
}

TEST(RandomStreamTest, BelowStaysBelowItsBoundAndReachesEveryNumber) {
  RandomStream random(7, 0);
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts.at(random.below(6));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(RandomStreamTest, UniformAndNormalHaveTheirMoments) {
  RandomStream random(7, 3);
  double uniform = 0, normal = 0, square = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform(), n = random.normal();
    EXPECT_TRUE(u >= 0 && u < 1);
    uniform += u;
    normal += n;
    square += n * n;
  }
  EXPECT_NEAR(uniform / kCount, 0.5, 0.01);
  EXPECT_NEAR(normal / kCount, 0, 0.02);
  EXPECT_NEAR(square / kCount, 1, 0.03);
}

}  // namespace
}  // namespace orrery
