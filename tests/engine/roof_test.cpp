#include "runtime/engine/roof.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

/// Work whose times are told, on a machine of four cores.
struct ToldWork : RoofWork {
  double gflop_of_product() const override { return 2; }
  double gb_of_triad() const override { return 3; }
  std::vector<double> products(int threads) override {
    asked.push_back(threads);
    time += 1;
    stolen += cores_of_others;
    return product_seconds;
  }
  std::vector<double> triads(int) override {
    time += 1;
    stolen += cores_of_others;
    return triad_seconds;
  }
  double now() override { return time; }
  double of_others() override { return stolen; }
  int cores() const override { return 4; }

  std::vector<int> asked;
  std::vector<double> product_seconds{0.5, 0.5, 0.5}, triad_seconds{1, 1, 1};
  double time = 100, stolen = 7000, cores_of_others = 0;
};

TEST(RoofTest, IsTheBestOfItsRepetitionsWithOneThreadAndWithAll) {
  ToldWork work;
  work.product_seconds = {0.55, 0.5, 0.6};
  work.triad_seconds = {1.1, 1.2, 1};
  const auto roofs = measure_roofs(work, 4);
  EXPECT_EQ(work.asked, std::vector<int>({1, 4}));
  ASSERT_EQ(roofs.size(), 2U);
  for (const MeasuredRoof& each : roofs) {
    EXPECT_EQ(each.roof.device, "cpu");
    EXPECT_DOUBLE_EQ(each.roof.gflop_per_second, 4);
    EXPECT_DOUBLE_EQ(each.roof.gb_per_second, 3);
    EXPECT_FALSE(each.is_disturbed());
  }
  EXPECT_EQ(roofs[1].roof.threads, 4);
}

TEST(RoofTest, OfOneCoreThereIsOne) {
  ToldWork work;
  EXPECT_EQ(measure_roofs(work, 1).size(), 1U);
}

TEST(RoofTest, OthersThatHadMoreThanATwentiethOfTheCoresDisturb) {
  ToldWork work;
  work.cores_of_others = 0.19;
  EXPECT_FALSE(measure_roofs(work, 1).front().is_disturbed());
  work.cores_of_others = 0.21;
  const MeasuredRoof busy = measure_roofs(work, 1).front();
  EXPECT_NEAR(busy.others, 0.21, 1e-9);
  EXPECT_TRUE(busy.is_disturbed());
}

TEST(RoofTest, RepetitionsThatMostlyTakeAQuarterLongerThanTheBestDisturb) {
  for (auto ToldWork::*seconds : {&ToldWork::product_seconds, &ToldWork::triad_seconds}) {
    ToldWork work;
    work.*seconds = {1, 1.24, 1.9};
    EXPECT_FALSE(measure_roofs(work, 1).front().is_disturbed());
    work.*seconds = {1, 1.26, 1.9};
    EXPECT_TRUE(measure_roofs(work, 1).front().is_disturbed());
  }
}

// Where the system does not tell, or rounds.
TEST(RoofTest, OthersHadNoLessThanNothing) {
  ToldWork work;
  work.cores_of_others = -1;
  EXPECT_EQ(measure_roofs(work, 1).front().others, 0);
}

}  // namespace
}  // namespace orrery
