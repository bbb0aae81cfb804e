#include "runtime/engine/kernels/cpu/layer_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

template <typename T>
class OwnLayerNormTest : public testing::Test {
 protected:
  static const T* values_or_null(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.const_data_ptr<T>() : nullptr;
  }
  /// With and without weight and bias; means far from zero.
  void SetUp() override { at::manual_seed(1); }
  static at::Tensor weight_of(bool given, int64_t columns) {
    return given ? normal_numbers<T>({columns}) : at::Tensor();
  }
};

using LayerNormFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnLayerNormTest, LayerNormFloats);

TYPED_TEST(OwnLayerNormTest, BothPassesEqualAtens) {
  using T = TypeParam;
  for (const auto& [rows, columns] :
       std::vector<std::pair<int64_t, int64_t>>{{64, 128}, {1, 2}, {7, 33}, {20, 301}})
    for (const bool affine : {true, false}) {
      const at::Tensor x = normal_numbers<T>({rows, columns}) + 3,
                       gradient = normal_numbers<T>({rows, columns});
      const at::Tensor weight = this->weight_of(affine, columns), bias = this->weight_of(affine, columns);
      const auto [expected, expected_mean, expected_rstd] =
          at::native_layer_norm(x, {columns}, weight, bias, 1e-5);
      at::Tensor y = at::empty_like(x), mean = at::empty({rows, 1}, x.options()), rstd = at::empty_like(mean);
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, rows / 2}, {rows / 2, rows}})
        cpu::layer_norm<T>({begin, end, columns}, T(1e-5), x.const_data_ptr<T>(),
                           this->values_or_null(weight), this->values_or_null(bias), y.mutable_data_ptr<T>(),
                           mean.mutable_data_ptr<T>(), rstd.mutable_data_ptr<T>());
      expect_close<T>(y, expected);
      expect_close<T>(mean, expected_mean);
      expect_close<T>(rstd, expected_rstd);

      const auto [of_x, of_weight, of_bias] = at::native_layer_norm_backward(
          gradient, x, {columns}, expected_mean, expected_rstd, weight, bias, {true, affine, affine});
      at::Tensor x_gradient = gradient.clone(), weight_gradient = at::ones({columns}, x.options());
      at::Tensor bias_gradient = at::ones({columns}, x.options());
      const cpu::LayerNormGradients<T> results{x_gradient.mutable_data_ptr<T>(),
                                               affine ? weight_gradient.mutable_data_ptr<T>() : nullptr,
                                               affine ? bias_gradient.mutable_data_ptr<T>() : nullptr};
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, rows / 2}, {rows / 2, rows}})
        cpu::layer_norm_backward<T>({begin, end, columns}, x_gradient.const_data_ptr<T>(),
                                    x.const_data_ptr<T>(), this->values_or_null(weight),
                                    mean.const_data_ptr<T>(), rstd.const_data_ptr<T>(), results);
      expect_close<T>(x_gradient, of_x);
      if (affine) expect_close<T>(weight_gradient, of_weight + 1);
      if (affine) expect_close<T>(bias_gradient, of_bias + 1);
    }
}

TYPED_TEST(OwnLayerNormTest, WhatIsNotANumberStaysInItsRow) {
  using T = TypeParam;
  at::Tensor x = normal_numbers<T>({3, 40}), y = at::empty_like(x), mean = at::empty({3}, x.options());
  at::Tensor rstd = at::empty_like(mean);
  x[1][7] = std::nan("");
  cpu::layer_norm<T>({0, 3, 40}, T(1e-5), x.const_data_ptr<T>(), nullptr, nullptr, y.mutable_data_ptr<T>(),
                     mean.mutable_data_ptr<T>(), rstd.mutable_data_ptr<T>());
  EXPECT_TRUE(y[1].isnan().all().template item<bool>());
  EXPECT_FALSE(y[0].isnan().any().template item<bool>());
  EXPECT_FALSE(y[2].isnan().any().template item<bool>());
}

TYPED_TEST(OwnLayerNormTest, LargeMeansCostNoDigitsOfTheVariance) {
  using T = TypeParam;
  const at::Tensor x = at::arange(64, normal_numbers<T>({1}).options()).reshape({1, 64}) + 65536;
  at::Tensor y = at::empty_like(x), mean = at::empty({1}, x.options()), rstd = at::empty_like(mean);
  cpu::layer_norm<T>({0, 1, 64}, T(0), x.const_data_ptr<T>(), nullptr, nullptr, y.mutable_data_ptr<T>(),
                     mean.mutable_data_ptr<T>(), rstd.mutable_data_ptr<T>());
  EXPECT_EQ(mean.template item<T>(), T(65567.5));
  expect_close<T>(rstd, at::full({1}, 1 / std::sqrt((64.0 * 64 - 1) / 12), x.options()));
}

}  // namespace
}  // namespace orrery
