#include "runtime/engine/kernels/cpu/relu_max_pool.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

using PlaneSizes = std::array<int64_t, 3>;

template <typename T>
class ReluMaxPoolTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  /// Numbers of which many are equal, zero or negative, and some are none.
  static at::Tensor planes(const PlaneSizes& sizes) {
    at::Tensor x = at::randint(-3, 4, {sizes[0], 1, sizes[1], sizes[2]}, normal_numbers<T>({1}).options());
    return x.masked_fill(at::rand_like(x) < 0.05, std::nan(""));
  }

  /// Pools and goes back in two calls, as two threads would.
  static void pool(const at::Tensor& x, bool relu, const at::Tensor& gradient, at::Tensor& output,
                   at::Tensor& input_gradient) {
    std::vector<cpu::Winner> winners(static_cast<size_t>(output.numel()), 99);
    const int64_t count = x.size(0);
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{count / 2, count}, {0, count / 2}}) {
      const cpu::Planes planes{begin, end, x.size(2), x.size(3), relu};
      cpu::relu_max_pool(planes, x.const_data_ptr<T>(), output.mutable_data_ptr<T>(), winners.data());
      cpu::relu_max_pool_backward(planes, gradient.const_data_ptr<T>(), winners.data(),
                                  input_gradient.mutable_data_ptr<T>());
    }
  }

  static void expect_as_aten(const at::Tensor& x, bool relu) {
    const at::Tensor activated = relu ? at::relu(x) : x;
    const auto [expected, indices] = at::max_pool2d_with_indices(activated, 2);
    const at::Tensor gradient = normal_numbers<T>(expected.sizes());
    at::Tensor back = at::max_pool2d_with_indices_backward(gradient, activated, 2, 2, 0, 1, false, indices);
    if (relu) back = at::threshold_backward(back, activated, 0);
    at::Tensor output = at::full_like(expected, -77), input_gradient = at::full_like(x, -77);
    pool(x, relu, gradient, output, input_gradient);
    EXPECT_TRUE(at::allclose(output, expected, 0, 0, /*equal_nan=*/true)) << x.sizes();
    EXPECT_TRUE(at::equal(input_gradient, back)) << x.sizes();
  }
};

using PoolFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(ReluMaxPoolTest, PoolFloats);

TYPED_TEST(ReluMaxPoolTest, EqualsAtensForAllSizes) {
  for (const bool relu : {false, true}) {
    for (const PlaneSizes& sizes : {PlaneSizes{6, 28, 28}, {6, 14, 14}, {3, 64, 66}, {1, 2, 2}, {5, 4, 35}})
      this->expect_as_aten(this->planes(sizes), relu);
    for (int64_t height = 2; height < 6; ++height)
      for (int64_t width = 2; width < 40; ++width)
        this->expect_as_aten(this->planes({3, height, width}), relu);
  }
}

TYPED_TEST(ReluMaxPoolTest, InfinitiesAreNumbersLikeOthers) {
  for (const bool relu : {false, true})
    for (const double size : {HUGE_VAL, -HUGE_VAL})
      this->expect_as_aten(at::full({2, 1, 4, 20}, size, normal_numbers<TypeParam>({1}).options()), relu);
}

TYPED_TEST(ReluMaxPoolTest, WhatIsLeftOverOfAnOddSizeHasNoGradient) {
  const at::Tensor x = at::ones({1, 1, 3, 5}, normal_numbers<TypeParam>({1}).options());
  at::Tensor output = at::empty({1, 1, 1, 2}, x.options()), back = at::empty_like(x);
  this->pool(x, true, at::ones_like(output), output, back);
  EXPECT_TRUE(at::equal(back[0][0].select(0, 2), at::zeros({5}, x.options())));
  EXPECT_TRUE(at::equal(back[0][0].select(1, 4), at::zeros({3}, x.options())));
  EXPECT_EQ(back.sum().template item<double>(), 2);
}

}  // namespace
}  // namespace orrery
