#include "runtime/engine/kernels/cpu/vector_math.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace orrery {
namespace {

/// Values of every size that matters, of both signs, with the ends of the range and what is not a number.
template <typename T>
std::vector<T> arguments_of_every_size() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> all = {T(0), T(-0.0), Limits::quiet_NaN()};
  for (const T size : {Limits::min(), Limits::denorm_min(), Limits::max(), Limits::infinity()})
    all.insert(all.end(), {size, -size});
  for (double x = 1e-12; x < 2000; x *= 1.003) {
    all.push_back(static_cast<T>(x));
    all.push_back(static_cast<T>(-x));
  }
  for (double x = -760; x < 760; x += 0.0931) all.push_back(static_cast<T>(x));
  return all;
}

/// The distance between a result and the exact value in units in the last place of the latter.
template <typename T>
double units_off(T result, long double exact) {
  const T near = static_cast<T>(exact);
  if (std::isnan(near)) return std::isnan(result) ? 0 : HUGE_VAL;
  if (std::isinf(near) || std::isinf(result)) return near == result ? 0 : HUGE_VAL;
  const T size = std::fabs(near);
  const long double unit = std::nextafter(size, std::numeric_limits<T>::infinity()) - size;
  return static_cast<double>(std::fabs(result - exact) / unit);
}

template <typename T>
class VectorMathTest : public testing::Test {
 protected:
  template <typename Function, typename Exact>
  static void expect_near(Function function, Exact exact) {
    for (const T x : arguments_of_every_size<T>())
      ASSERT_LE(units_off(function(x), exact(static_cast<long double>(x))), 4) << "at " << x;
  }
};

using VectorFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(VectorMathTest, VectorFloats);

TYPED_TEST(VectorMathTest, ExpIsExactToAFewUnits) {
  this->expect_near([](TypeParam x) { return cpu::exp(x); }, [](long double x) { return std::exp(x); });
}

TYPED_TEST(VectorMathTest, TanhIsExactToAFewUnits) {
  this->expect_near([](TypeParam x) { return cpu::tanh(x); }, [](long double x) { return std::tanh(x); });
}

TYPED_TEST(VectorMathTest, SigmoidIsExactToAFewUnits) {
  this->expect_near([](TypeParam x) { return cpu::sigmoid(x); },
                    [](long double x) { return 1 / (1 + std::exp(-x)); });
}

TYPED_TEST(VectorMathTest, ErfIsExactToAFewUnits) {
  this->expect_near([](TypeParam x) { return cpu::erf(x); }, [](long double x) { return std::erf(x); });
}

TYPED_TEST(VectorMathTest, OddFunctionsKeepTheSignOfZero) {
  EXPECT_TRUE(std::signbit(cpu::tanh(TypeParam(-0.0))));
  EXPECT_TRUE(std::signbit(cpu::erf(TypeParam(-0.0))));
  EXPECT_FALSE(std::signbit(cpu::tanh(TypeParam(0))));
}

}  // namespace
}  // namespace orrery
