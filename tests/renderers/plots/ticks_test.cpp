#include "renderers/plots/ticks.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/fonts.h"
#include "renderers/plots/numbers.h"

namespace orrery::plots {
namespace {

using ::testing::ElementsAre;

const TextStyle kStyle{7, false};

Fonts& fonts() {
  static Fonts one;
  return one;
}

Scaling scaling(double from, double to, double length, Scale scale = Scale::linear) {
  return {scale, from, to, 0, length};
}

std::vector<Tick> ticks(const Axis& axis, const Scaling& s, bool across = true) {
  return ticks_of(axis, s, {.across = across, .style = kStyle, .least_gap = 4}, fonts());
}

std::vector<std::string> labels(const Axis& axis, const Scaling& s) {
  std::vector<std::string> found;
  for (const Tick& tick : ticks(axis, s))
    if (!tick.label.empty()) found.push_back(tick.label);
  return found;
}

std::vector<Tick> labelled(const std::vector<Tick>& all) {
  std::vector<Tick> found;
  for (const Tick& tick : all)
    if (!tick.label.empty()) found.push_back(tick);
  return found;
}

// Ranges of all magnitudes, some far from 0 and narrow.
struct RandomAxis {
  std::mt19937 random{7};
  double uniform(double a, double b) { return std::uniform_real_distribution<double>(a, b)(random); }
  Axis axis(Scale scale) { return {.scale = scale, .whole = scale == Scale::linear && uniform(0, 1) < 0.2}; }
  Scaling next(Scale scale) {
    const double size = std::pow(10, uniform(-30, 30)), length = uniform(20, 500);
    if (scale == Scale::log) return scaling(size, size * std::pow(10, uniform(0.01, 40)), length, scale);
    const double from = uniform(-1, 1) * size, span = size * std::pow(10, uniform(-6, 1));
    return scaling(from, from + span, length);
  }
};

void expect_apart(const std::vector<Tick>& all, const Scaling& s, bool across) {
  double last_end = -1e9;
  for (const Tick& tick : labelled(all)) {
    const Size size = fonts().measure(tick.label, kStyle);
    const double half = (across ? size.width : size.height) / 2;
    EXPECT_GE(s.at(tick.value) - half, last_end) << tick.label << " from " << s.from << " to " << s.to;
    last_end = s.at(tick.value) + half;
  }
}

TEST(TicksTest, LieWithinTheAxisInOrderWithLabelsApart) {
  RandomAxis random;
  for (int i = 0; i < 800; ++i)
    for (Scale scale : {Scale::linear, Scale::log}) {
      const Axis axis = random.axis(scale);
      const Scaling s = random.next(scale);
      const bool across = i % 2 == 0;
      const std::vector<Tick> all = ticks(axis, s, across);
      const double slack = 1e-6 * (s.to - s.from);
      for (size_t k = 0; k < all.size(); ++k) {
        EXPECT_GE(all[k].value, s.from - slack);
        EXPECT_LE(all[k].value, s.to + slack);
        if (k > 0) {
          EXPECT_LT(all[k - 1].value, all[k].value);
        }
      }
      expect_apart(all, s, across);
      EXPECT_LT(all.size(), 1000u);
    }
}

TEST(TicksTest, AreTwoOrMoreWhereTheAxisHasRoom) {
  RandomAxis random;
  for (int i = 0; i < 500; ++i)
    for (Scale scale : {Scale::linear, Scale::log}) {
      Scaling s = random.next(scale);
      s.end = 400;
      EXPECT_GE(labelled(ticks({.scale = scale}, s)).size(), 2u) << s.from << " to " << s.to;
    }
}

TEST(TicksTest, StandAtOneTwoOrFiveTimesAPowerOfTen) {
  RandomAxis random;
  for (int i = 0; i < 500; ++i) {
    const Scaling s = random.next(Scale::linear);
    const std::vector<Tick> found = labelled(ticks({}, s));
    if (found.size() < 3) continue;
    const double step = (found.back().value - found.front().value) / static_cast<double>(found.size() - 1);
    const double digit = step / std::pow(10, std::floor(std::log10(step) + 1e-4));
    EXPECT_TRUE(std::abs(digit - 1) < 0.01 || std::abs(digit - 2) < 0.01 || std::abs(digit - 5) < 0.01)
        << step;
  }
}

TEST(TicksTest, SayTheirValues) {
  EXPECT_THAT(labels({}, scaling(0, 1, 200)),
              ElementsAre("0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"));
  EXPECT_THAT(labels({}, scaling(-1, 1, 90)), ElementsAre("−1.0", "−0.5", "0", "0.5", "1.0"));
  EXPECT_THAT(labels({}, scaling(0, 2e6, 90)), ElementsAre("0", "0.5M", "1.0M", "1.5M", "2.0M"));
  EXPECT_THAT(labels({}, scaling(0, 2e-5, 90)), ElementsAre("0", "1×10⁻⁵", "2×10⁻⁵"));
}

TEST(TicksTest, StandAtWholeNumbersOfEpochs) {
  for (const Tick& tick : ticks({.whole = true}, scaling(0.9, 3.1, 400)))
    EXPECT_EQ(tick.value, std::round(tick.value));
  EXPECT_THAT(labels({.whole = true}, scaling(0.9, 3.1, 400)), ElementsAre("1", "2", "3"));
  EXPECT_THAT(labels({.whole = true}, scaling(0.8, 1.2, 400)), ElementsAre("1"));
}

TEST(TicksTest, StandAtPowersOfTenOfALogarithmicAxis) {
  const Axis axis{.scale = Scale::log};
  EXPECT_THAT(labels(axis, scaling(1e-5, 2, 200, Scale::log)),
              ElementsAre("10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"));
  EXPECT_THAT(labels(axis, scaling(1e-3, 2, 200, Scale::log)), ElementsAre("0.001", "0.01", "0.1", "1"));
  EXPECT_THAT(labels(axis, scaling(1e-30, 1, 100, Scale::log)), testing::SizeIs(testing::Ge(2u)));
  EXPECT_THAT(labels(axis, scaling(0.8, 12, 200, Scale::log)), ElementsAre("1", "2", "5", "10"));
  EXPECT_THAT(labels(axis, scaling(1.1, 1.3, 200, Scale::log)), testing::SizeIs(testing::Ge(2u)));
}

TEST(TicksTest, HaveMinorOnesAtNineDigitsOfADecade) {
  const std::vector<Tick> all = ticks({.scale = Scale::log}, scaling(1, 1000, 300, Scale::log));
  EXPECT_EQ(all.size(), 28u);  // 3 × 9, and 1000
  EXPECT_EQ(labelled(all).size(), 4u);
}

TEST(NumbersTest, AreExactDecimals) {
  EXPECT_THAT(number_labels({{1, 1, -1}, {2, 1, -1}, {3, 1, -1}}, Numbers::plain),
              ElementsAre("0.1", "0.2", "0.3"));
  EXPECT_THAT(number_labels({{-7, 5, -3}}, Numbers::plain), ElementsAre("−0.035"));
  EXPECT_THAT(number_labels({{0, 5, -3}}, Numbers::plain), ElementsAre("0"));
}

TEST(NumbersTest, HaveAPrefixOnlyWhenTheyWouldBeLong) {
  EXPECT_THAT(number_labels({{99999, 1, 0}}, Numbers::automatic), ElementsAre("99999"));
  EXPECT_THAT(number_labels({{100000, 1, 0}}, Numbers::automatic), ElementsAre("100k"));
  EXPECT_THAT(number_labels({{100000, 1, 0}}, Numbers::plain), ElementsAre("100000"));
  EXPECT_THAT(number_labels({{2, 1, 3}}, Numbers::si), ElementsAre("2k"));
  EXPECT_THAT(number_labels({{1, 1, -4}}, Numbers::automatic), ElementsAre("0.0001"));
  EXPECT_THAT(number_labels({{1, 1, -5}}, Numbers::automatic), ElementsAre("1×10⁻⁵"));
  EXPECT_THAT(number_labels({{1, 1, 40}}, Numbers::plain), ElementsAre("1×10⁴⁰"));
}

TEST(NumbersTest, WritePowersOfTen) {
  EXPECT_EQ(power_of_ten(0), "10⁰");
  EXPECT_EQ(power_of_ten(-13), "10⁻¹³");
}

}  // namespace
}  // namespace orrery::plots
