#include "runtime/engine/training/line_search.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

/// (length - 3)^2, seen from length 0.
Trial parabola(double length) {
  return {length, (length - 3) * (length - 3), 2 * (length - 3), at::zeros({1})};
}

void expect_wolfe(const Trial& found, const Trial& start) {
  EXPECT_LE(found.loss, start.loss + 1e-4 * found.length * start.slope);
  EXPECT_LE(std::abs(found.slope), -0.9 * start.slope);
}

TEST(LineSearchTest, FindsThePointThatFulfilsTheConditionsFromStepsTooShortAndTooLong) {
  for (const double first : {1e-3, 0.5, 3.0, 7.0, 1e4}) {
    std::int64_t probes = 0;
    const Trial start = parabola(0);
    const Trial found = strong_wolfe(parabola, start, first, 1e-9, 25, probes);
    expect_wolfe(found, start);
    EXPECT_LE(probes, 10) << first;
  }
}

TEST(LineSearchTest, AStepThatIsGoodAtOnceIsProbedOnce) {
  std::int64_t probes = 0;
  const Trial found = strong_wolfe(parabola, parabola(0), 2.5, 1e-9, 25, probes);
  EXPECT_EQ(found.length, 2.5);
  EXPECT_EQ(probes, 1);
}

TEST(LineSearchTest, StopsWhereNoMinimumIsFoundWithinTheProbes) {
  std::int64_t probes = 0;
  const auto falling = [](double length) { return Trial{length, -length, -1, at::zeros({1})}; };
  const Trial found = strong_wolfe(falling, falling(0), 1, 1e-9, 3, probes);
  EXPECT_EQ(probes, 4);
  EXPECT_GT(found.length, 1);
}

TEST(LineSearchTest, DividesNoBracketThatIsTooNarrow) {
  std::int64_t probes = 0;
  strong_wolfe(parabola, parabola(0), 7, 10, 25, probes);
  EXPECT_EQ(probes, 1);
}

}  // namespace
}  // namespace orrery
