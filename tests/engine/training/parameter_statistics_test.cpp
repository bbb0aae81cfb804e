#include "runtime/engine/training/parameter_statistics.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/training/experiment.h"

namespace orrery {
namespace {

using testing::SmallRun;

// The four parameters of a small run, and tensors that stand for their gradients.
struct Looked {
  Looked() {
    for (const Target& target : small.parameters()) parameters.push_back(target.parameter);
  }
  SmallRun small;
  std::vector<ParameterPtr> parameters;
};

std::map<std::string, double> by_name(const std::vector<NamedNumber>& numbers) {
  std::map<std::string, double> named;
  for (const NamedNumber& number : numbers) named[number.name] = number.value;
  return named;
}

TEST(ParameterStatisticsTest, AreOfEachParameterAndOfAllTogether) {
  Looked looked;
  ParameterStatistics statistics(looked.small.graph, "gradients", false);
  statistics.see({looked.parameters[0], looked.parameters[1]},
                 {at::tensor({3.0f, 0.0f}), at::tensor({-4.0f, 0.0f, 0.0f})});
  const auto numbers = by_name(statistics.take_epoch());
  EXPECT_EQ(numbers.size(), 15u);
  EXPECT_EQ(numbers.at("gradients/first.weight/norm"), 3);
  EXPECT_EQ(numbers.at("gradients/first.weight/zeros"), 0.5);
  EXPECT_EQ(numbers.at("gradients/first.bias/max"), 0);
  EXPECT_EQ(numbers.at("gradients/norm"), 5);
  EXPECT_EQ(numbers.at("gradients/min"), -4);
  EXPECT_EQ(numbers.at("gradients/max"), 3);
  EXPECT_EQ(numbers.at("gradients/zeros"), 0.6);
  EXPECT_EQ(numbers.at("gradients/nonfinite"), 0);
}

TEST(ParameterStatisticsTest, OfAnEpochAreOverAllLooksAndThenBeginAnew) {
  Looked looked;
  ParameterStatistics statistics(looked.small.graph, "g", true);
  for (const float value : {1.0f, 5.0f}) {
    statistics.see({looked.parameters[0]}, {at::tensor({value})});
    statistics.end_look();
  }
  const auto numbers = by_name(statistics.take_epoch());
  EXPECT_EQ(numbers.at("g/norm"), 3);
  EXPECT_EQ(numbers.at("g/min"), 1);
  EXPECT_EQ(numbers.at("g/max"), 5);
  EXPECT_TRUE(statistics.take_epoch().empty());
}

TEST(ParameterStatisticsTest, CountWhatIsNotFiniteAndKeepNaN) {
  Looked looked;
  ParameterStatistics statistics(looked.small.graph, "g", true);
  const float infinity = std::numeric_limits<float>::infinity();
  const float none = std::numeric_limits<float>::quiet_NaN();
  statistics.see({looked.parameters[0], looked.parameters[1]},
                 {at::tensor({1.0f, none, infinity}), at::tensor({2.0f})});
  statistics.end_look();
  statistics.see({looked.parameters[0]}, {at::tensor({1.0f})});
  const auto numbers = by_name(statistics.take_epoch());
  EXPECT_EQ(numbers.at("g/nonfinite"), 2);
  for (const char* measure : {"g/norm", "g/min", "g/max"}) EXPECT_TRUE(std::isnan(numbers.at(measure)));
}

TEST(ParameterStatisticsTest, PassOverParametersWithoutATensor) {
  Looked looked;
  ParameterStatistics statistics(looked.small.graph, "g", false);
  statistics.see({looked.parameters[0], looked.parameters[1]}, {at::Tensor(), at::tensor({2.0f})});
  const auto numbers = by_name(statistics.take_epoch());
  EXPECT_EQ(numbers.size(), 10u);
  EXPECT_EQ(numbers.at("g/norm"), 2);
}

TEST(ParameterStatisticsTest, GoOnFromACheckpoint) {
  Looked looked;
  ParameterStatistics whole(looked.small.graph, "g", false), first(looked.small.graph, "g", false),
      second(looked.small.graph, "g", false);
  const auto see = [&](ParameterStatistics& statistics, float value) {
    statistics.see({looked.parameters[0]}, {at::tensor({value, 0.0f})});
    statistics.end_look();
  };
  see(whole, 2);
  see(whole, -7);
  see(first, 2);
  Checkpoint kept;
  first.save(kept);
  second.load(kept);
  see(second, -7);
  EXPECT_EQ(by_name(second.take_epoch()), by_name(whole.take_epoch()));
}

}  // namespace
}  // namespace orrery
