#include "runtime/engine/kernels/cpu/max_pool.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

using Pair = std::vector<int64_t>;

struct PoolForm {
  Pair map, kernel, stride, padding, dilation;
  bool ceil = false;
};

template <typename T>
class OwnMaxPoolTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  /// Numbers of which many are equal, and some are none or -infinity.
  static at::Tensor planes(const Pair& map) {
    at::Tensor x = at::randint(-3, 4, {3, 1, map[0], map[1]}, normal_numbers<T>({1}).options());
    x.masked_fill_(at::rand_like(x) < 0.05, std::nan(""));
    return x.masked_fill_(at::rand_like(x) < 0.3, -HUGE_VAL);
  }

  /// Both passes in two calls, as two threads would.
  static void expect_as_aten(const PoolForm& f, bool relu) {
    const at::Tensor x = planes(f.map), activated = relu ? at::relu(x) : x;
    const auto [expected, indices] =
        at::max_pool2d_with_indices(activated, f.kernel, f.stride, f.padding, f.dilation, f.ceil);
    const at::Tensor gradient = normal_numbers<T>(expected.sizes());
    at::Tensor back = at::max_pool2d_with_indices_backward(gradient, activated, f.kernel, f.stride, f.padding,
                                                           f.dilation, f.ceil, indices);
    if (relu) back = at::threshold_backward(back, activated, 0);
    at::Tensor output = at::full_like(expected, -77);
    std::vector<cpu::Tap> taken(static_cast<size_t>(output.numel()), 77);
    const auto axis = [&](size_t i) {
      return cpu::PooledAxis{f.map[i],     expected.size(static_cast<int64_t>(i) + 2),
                             f.kernel[i],  f.stride[i],
                             f.padding[i], f.dilation[i]};
    };
    for (const bool adds : {false, true}) {
      at::Tensor input_gradient = at::ones_like(x);
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{1, 3}, {0, 1}}) {
        const cpu::MaxPool pool{begin, end, axis(0), axis(1), relu};
        ASSERT_TRUE(cpu::fits_max_pool(pool));
        cpu::max_pool<T>(pool, x.const_data_ptr<T>(), output.mutable_data_ptr<T>(), taken.data());
        cpu::max_pool_backward<T>(pool, gradient.const_data_ptr<T>(), taken.data(), adds,
                                  input_gradient.mutable_data_ptr<T>());
      }
      expect_close<T>(input_gradient, adds ? back + 1 : back);
    }
    EXPECT_TRUE(at::allclose(output, expected, 0, 0, /*equal_nan=*/true));
  }
};

using MaxPoolFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnMaxPoolTest, MaxPoolFloats);

TYPED_TEST(OwnMaxPoolTest, EqualsAtensForAllWindows) {
  for (const bool relu : {false, true})
    for (const int64_t kernel : {1, 2, 3, 4, 5})
      for (const int64_t stride : {1, 2, 3})
        for (const int64_t dilation : {1, 2})
          for (const int64_t padding : {int64_t{0}, kernel / 2})
            for (const bool ceil : {false, true}) {
              SCOPED_TRACE(testing::Message() << relu << kernel << stride << dilation << padding << ceil);
              this->expect_as_aten({{9, 12},
                                    {kernel, kernel},
                                    {stride, stride},
                                    {padding, padding},
                                    {dilation, dilation},
                                    ceil},
                                   relu);
            }
}

TYPED_TEST(OwnMaxPoolTest, TheAxesHaveWindowsOfTheirOwn) {
  this->expect_as_aten({{7, 9}, {3, 2}, {1, 3}, {1, 0}, {2, 1}}, false);
  this->expect_as_aten({{7, 9}, {1, 5}, {2, 2}, {0, 2}, {1, 1}}, true);
}

// Rows longer than what is computed side by side, maps larger than what is buffered.
TYPED_TEST(OwnMaxPoolTest, LargePlanesArePooledPieceByPiece) {
  for (const int64_t stride : {1, 2})
    for (const Pair& map : {Pair{5, 300}, {130, 90}, {4, 1500}})
      this->expect_as_aten({map, {3, 3}, {stride, stride}, {1, 1}, {1, 1}}, false);
}

TYPED_TEST(OwnMaxPoolTest, WindowsThatDoNotFitAreRefused) {
  const auto pool = [](int64_t kernel, int64_t width) {
    const cpu::PooledAxis rows{300, 1, kernel, 1, 0, 1};
    return cpu::MaxPool{0, 1, rows, {width, width - kernel + 1, kernel, 1, 0, 1}, false};
  };
  EXPECT_TRUE(cpu::fits_max_pool(pool(15, 100)));
  EXPECT_FALSE(cpu::fits_max_pool(pool(16, 100)));
  EXPECT_TRUE(cpu::fits_max_pool(pool(2, 4096)));
  EXPECT_FALSE(cpu::fits_max_pool(pool(2, 4097)));
}

}  // namespace
}  // namespace orrery
