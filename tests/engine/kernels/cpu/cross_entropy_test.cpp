#include "runtime/engine/kernels/cpu/cross_entropy.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

/// Softmax and loss of all rows, and what is needed to go back.
template <typename T>
struct Passes {
  explicit Passes(const at::Tensor& given, const at::Tensor& targets)
      : logits(given), labels(targets), kept(static_cast<size_t>(given.size(0))) {
    total = cpu::cross_entropy(rows(), logits.const_data_ptr<T>(), kept.data());
  }
  cpu::LabelledRows rows() const {
    return {0, logits.size(0), logits.size(1), labels.const_data_ptr<int64_t>(), 3};
  }
  at::Tensor gradient(T scale) const {
    at::Tensor result = at::empty_like(logits);
    cpu::cross_entropy_backward(rows(), logits.const_data_ptr<T>(), kept.data(), scale,
                                result.mutable_data_ptr<T>());
    return result;
  }
  at::Tensor logits, labels;
  std::vector<cpu::Softmax<T>> kept;
  cpu::CrossEntropy total;
};

/// ATen's mean, and its gradient with respect to the logits.
std::pair<at::Tensor, at::Tensor> mean_by_aten(const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor logs = at::log_softmax(logits, 1);
  const auto [loss, weight] = at::nll_loss_forward(logs, labels, {}, at::Reduction::Mean, 3);
  const at::Tensor back =
      at::nll_loss_backward(at::ones_like(loss), logs, labels, {}, at::Reduction::Mean, 3, weight);
  return {loss, at::_log_softmax_backward_data(back, logs, 1, logits.scalar_type())};
}

template <typename T>
class CrossEntropyTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }
};

using CrossEntropyFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(CrossEntropyTest, CrossEntropyFloats);

TYPED_TEST(CrossEntropyTest, LossAndGradientEqualAtens) {
  using T = TypeParam;
  for (const auto& [rows, classes] :
       std::vector<std::pair<int64_t, int64_t>>{{64, 10}, {33, 4}, {5, 16}, {100, 67}})
    for (const double size : {1.0, 100.0}) {
      const at::Tensor logits = normal_numbers<T>({rows, classes}) * size + 10 * size;
      const at::Tensor labels = at::randint(classes, {rows}, at::kLong);
      const auto [loss, gradient] = mean_by_aten(logits, labels);
      const Passes<T> own(logits, labels);
      EXPECT_EQ(own.total.bad_row, -1);
      EXPECT_EQ(own.total.counted, labels.ne(3).sum().template item<int64_t>());
      const double counted = static_cast<double>(own.total.counted);
      expect_close<T>(at::full({}, own.total.loss / counted, logits.options()), loss);
      expect_close<T>(own.gradient(static_cast<T>(1 / counted)), gradient);
    }
}

TYPED_TEST(CrossEntropyTest, RowsMayBeSharedOut) {
  using T = TypeParam;
  const at::Tensor logits = normal_numbers<T>({9, 5}), labels = at::randint(5, {9}, at::kLong);
  const Passes<T> own(logits, labels);
  std::vector<cpu::Softmax<T>> kept(9);
  cpu::LabelledRows first = own.rows(), second = own.rows();
  first.end = second.begin = 4;
  const auto some = cpu::cross_entropy(first, logits.const_data_ptr<T>(), kept.data());
  const auto rest = cpu::cross_entropy(second, logits.const_data_ptr<T>(), kept.data());
  EXPECT_NEAR(some.loss + rest.loss, own.total.loss, 1e-12);
  EXPECT_EQ(some.counted + rest.counted, own.total.counted);
}

TYPED_TEST(CrossEntropyTest, TheFirstLabelOutOfRangeIsTold) {
  using T = TypeParam;
  for (const int64_t wrong : {int64_t(5), int64_t(-1)}) {
    at::Tensor labels = at::zeros({9}, at::kLong);
    labels[6] = wrong;
    labels[8] = wrong;
    EXPECT_EQ(Passes<T>(normal_numbers<T>({9, 5}), labels).total.bad_row, 6);
  }
}

TYPED_TEST(CrossEntropyTest, NothingIsLearntWhereAllRowsAreIgnored) {
  using T = TypeParam;
  const Passes<T> own(normal_numbers<T>({4, 5}), at::full({4}, 3, at::kLong));
  EXPECT_EQ(own.total.counted, 0);
  EXPECT_EQ(own.total.loss, 0);
  EXPECT_TRUE(at::equal(own.gradient(1), at::zeros({4, 5}, own.logits.options())));
}

TYPED_TEST(CrossEntropyTest, WhatIsNotANumberMakesTheLossNotANumber) {
  using T = TypeParam;
  for (const int64_t column : {0, 4, 16, 18})
    for (const double wrong : {std::nan(""), HUGE_VAL}) {
      at::Tensor logits = normal_numbers<T>({2, 19});
      logits[1][column] = wrong;
      const Passes<T> own(logits, at::zeros({2}, at::kLong));
      EXPECT_TRUE(std::isnan(own.total.loss)) << column;
      EXPECT_TRUE(own.gradient(1)[1].isnan().any().template item<bool>());
    }
}

TYPED_TEST(CrossEntropyTest, AMaskedClassHasNoGradient) {
  using T = TypeParam;
  at::Tensor logits = normal_numbers<T>({2, 19});
  logits.select(1, 7).fill_(-HUGE_VAL);
  const at::Tensor labels = at::zeros({2}, at::kLong);
  const Passes<T> own(logits, labels);
  expect_close<T>(own.gradient(T(0.5)), mean_by_aten(logits, labels).second);
  EXPECT_EQ(own.gradient(1)[1][7].template item<T>(), 0);
}

}  // namespace
}  // namespace orrery
