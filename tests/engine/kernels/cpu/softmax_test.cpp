#include "runtime/engine/kernels/cpu/softmax.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

const std::vector<std::pair<int64_t, int64_t>> score_sizes = {{1, 1}, {5, 3}, {64, 64}, {7, 33}, {3, 1000}};

template <typename T>
class OwnSoftmaxTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  using Forward = void (*)(cpu::Rows, const T*, T*);
  using Backward = void (*)(cpu::Rows, const T*, const T*, T*);
  /// In two shares, in place.
  static at::Tensor forward(Forward function, const at::Tensor& x) {
    const at::Tensor y = x.clone();
    T* const numbers = y.mutable_data_ptr<T>();
    const int64_t rows = x.size(0);
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, rows / 2}, {rows / 2, rows}})
      function({begin, end, x.size(1)}, numbers, numbers);
    return y;
  }
  static at::Tensor backward(Backward function, const at::Tensor& gradient, const at::Tensor& y) {
    const at::Tensor result = gradient.clone();
    T* const numbers = result.mutable_data_ptr<T>();
    function({0, y.size(0), y.size(1)}, numbers, y.const_data_ptr<T>(), numbers);
    return result;
  }
};

using SoftmaxFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnSoftmaxTest, SoftmaxFloats);

TYPED_TEST(OwnSoftmaxTest, BothPassesEqualAtens) {
  using T = TypeParam;
  for (const auto& [rows, columns] : score_sizes) {
    const at::Tensor x = normal_numbers<T>({rows, columns}) * 5, g = normal_numbers<T>({rows, columns});
    const at::Tensor y = at::softmax(x, 1), logarithm = at::log_softmax(x, 1);
    expect_close<T>(this->forward(cpu::softmax<T>, x), y);
    expect_close<T>(this->forward(cpu::log_softmax<T>, x), logarithm);
    expect_close<T>(this->backward(cpu::softmax_backward<T>, g, y),
                    at::_softmax_backward_data(g, y, 1, x.scalar_type()));
    expect_close<T>(this->backward(cpu::log_softmax_backward<T>, g, logarithm),
                    at::_log_softmax_backward_data(g, logarithm, 1, x.scalar_type()));
  }
}

TYPED_TEST(OwnSoftmaxTest, LargeNumbersAndInfinitiesAreAsInAten) {
  using T = TypeParam;
  const double inf = std::numeric_limits<double>::infinity();
  at::Tensor x = normal_numbers<T>({6, 20});
  x[0] += 1e4;
  x[1][3] = -inf;
  x[2].fill_(-inf);
  x[3][5] = inf;
  x[4][7] = std::nan("");
  x[5][19] = -1e4;
  expect_close<T>(this->forward(cpu::softmax<T>, x), at::softmax(x, 1));
  expect_close<T>(this->forward(cpu::log_softmax<T>, x), at::log_softmax(x, 1));
}

}  // namespace
}  // namespace orrery
