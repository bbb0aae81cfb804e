#include "runtime/engine/kernels/cpu/average_pool.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

template <typename T>
class OwnAveragePoolTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  /// Both passes in two calls, as two threads would.
  static void expect_close_to(const cpu::AveragePool& pool, const at::Tensor& x, const at::Tensor& expected,
                              const at::Tensor& gradient, const at::Tensor& back) {
    at::Tensor output = at::full_like(expected, -77);
    for (const bool adds : {false, true}) {
      at::Tensor input_gradient = at::ones_like(x);
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{1, 3}, {0, 1}}) {
        cpu::average_pool<T>(pool, begin, end, x.const_data_ptr<T>(), output.mutable_data_ptr<T>());
        cpu::average_pool_backward<T>(pool, begin, end, gradient.const_data_ptr<T>(), adds,
                                      input_gradient.mutable_data_ptr<T>());
      }
      expect_close<T>(input_gradient, adds ? back + 1 : back);
    }
    expect_close<T>(output, expected);
  }
};

using AveragePoolFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnAveragePoolTest, AveragePoolFloats);

TYPED_TEST(OwnAveragePoolTest, SlidingWindowsEqualAtens) {
  using T = TypeParam;
  const at::Tensor x = normal_numbers<T>({3, 1, 7, 40});
  for (const int64_t kernel : {1, 2, 3, 5})
    for (const int64_t stride : {1, 2, 3})
      for (const int64_t padding : {int64_t{0}, kernel / 2})
        for (const bool ceil : {false, true})
          for (const bool padding_counts : {false, true})
            for (const int64_t divisor : {0, 5}) {
              SCOPED_TRACE(testing::Message() << kernel << stride << padding << ceil << padding_counts);
              const auto given = divisor ? std::optional(divisor) : std::nullopt;
              const at::Tensor expected =
                  at::avg_pool2d(x, kernel, stride, padding, ceil, padding_counts, given);
              const at::Tensor gradient = normal_numbers<T>(expected.sizes());
              const auto axis = [&](int64_t i) {
                return cpu::sliding_average(x.size(i), expected.size(i), kernel, stride, padding,
                                            padding_counts);
              };
              this->expect_close_to(
                  {axis(2), axis(3), divisor}, x, expected, gradient,
                  at::avg_pool2d_backward(gradient, x, kernel, stride, padding, ceil, padding_counts, given));
            }
}

TYPED_TEST(OwnAveragePoolTest, AdaptiveWindowsEqualAtens) {
  using T = TypeParam;
  for (const std::vector<int64_t>& map : std::vector<std::vector<int64_t>>{{1, 1}, {7, 9}, {12, 40}})
    for (const std::vector<int64_t>& out :
         std::vector<std::vector<int64_t>>{{1, 1}, {2, 3}, {7, 1}, {13, 5}}) {
      const at::Tensor x = normal_numbers<T>({3, 1, map[0], map[1]});
      const at::Tensor expected = at::_adaptive_avg_pool2d(x, out);
      const at::Tensor gradient = normal_numbers<T>(expected.sizes());
      this->expect_close_to({cpu::adaptive_average(map[0], out[0]), cpu::adaptive_average(map[1], out[1])}, x,
                            expected, gradient, at::_adaptive_avg_pool2d_backward(gradient, x));
    }
}

}  // namespace
}  // namespace orrery
