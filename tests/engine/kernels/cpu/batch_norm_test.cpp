#include "runtime/engine/kernels/cpu/batch_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

struct NormForm {
  bool of_batch, relu, affine, tracks;
};

template <typename T>
class OwnBatchNormTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  static T* values_or_null(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.mutable_data_ptr<T>() : nullptr;
  }
  static at::Tensor numbers_if(bool given, int64_t channels) {
    return given ? normal_numbers<T>({channels}) : at::Tensor();
  }

  /// Both passes over maps [images, channels, size], each in two calls, as two threads would.
  static void expect_as_aten(at::IntArrayRef sizes, NormForm form, double shift = 0.5) {
    const int64_t images = sizes[0], channels = sizes[1], size = sizes[2];
    const at::Tensor x = normal_numbers<T>(sizes) + shift, gradient = normal_numbers<T>(sizes);
    const at::Tensor weight = numbers_if(form.affine, channels), bias = numbers_if(form.affine, channels);
    const at::Tensor mean = numbers_if(form.tracks, channels);
    const at::Tensor variance = form.tracks ? at::rand({channels}, x.options()) + 0.5 : at::Tensor();
    const at::Tensor own_mean = form.tracks ? mean.clone() : mean,
                     own_variance = form.tracks ? variance.clone() : variance;

    auto [expected, save_mean, save_rstd] =
        at::native_batch_norm(x, weight, bias, mean, variance, form.of_batch, 0.3, 1e-4);
    if (form.relu) expected = at::relu(expected);
    const at::Tensor inner = form.relu ? at::threshold_backward(gradient, expected, 0) : gradient;
    const auto [of_x, of_weight, of_bias] =
        at::native_batch_norm_backward(inner, x, weight, mean, variance, save_mean, save_rstd, form.of_batch,
                                       1e-4, {true, form.affine, form.affine});

    const at::Tensor y = at::empty_like(x), kept_mean = at::empty({channels}, x.options());
    const at::Tensor kept_rstd = at::empty_like(kept_mean), x_gradient = at::ones_like(x);
    const at::Tensor weight_gradient = at::ones_like(kept_mean), bias_gradient = at::ones_like(kept_mean);
    for (const bool adds : {true, false}) {
      for (const auto& [begin, end] :
           {std::pair<int64_t, int64_t>{0, channels / 2}, {channels / 2, channels}}) {
        const cpu::ChannelMaps maps{images, channels, size, begin, end};
        if (adds)
          cpu::batch_norm<T>(maps,
                             {form.of_batch,
                              0.3,
                              1e-4,
                              form.relu,
                              {values_or_null(own_mean), values_or_null(own_variance)},
                              values_or_null(weight),
                              values_or_null(bias),
                              values_or_null(kept_mean),
                              values_or_null(kept_rstd)},
                             values_or_null(x), values_or_null(y));
        cpu::batch_norm_backward<T>(
            maps, {form.of_batch, values_or_null(gradient), values_or_null(x),
                   form.relu ? values_or_null(y) : nullptr, values_or_null(weight), values_or_null(kept_mean),
                   values_or_null(kept_rstd), values_or_null(x_gradient), adds,
                   form.affine ? values_or_null(weight_gradient) : nullptr,
                   form.affine ? values_or_null(bias_gradient) : nullptr, adds, adds});
      }
      expect_close<T>(x_gradient, adds ? of_x + 1 : of_x);
      if (form.affine) expect_close<T>(weight_gradient, adds ? of_weight + 1 : of_weight);
      if (form.affine) expect_close<T>(bias_gradient, adds ? of_bias + 1 : of_bias);
    }
    expect_close<T>(y, expected);
    if (!form.tracks) return;
    expect_close<T>(own_mean, mean);
    expect_close<T>(own_variance, variance);
  }
};

using BatchNormFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnBatchNormTest, BatchNormFloats);

// Maps smaller and larger than what is computed side by side, and no multiple of it.
TYPED_TEST(OwnBatchNormTest, BothPassesEqualAtensForAllSizes) {
  for (const std::vector<int64_t>& sizes : std::vector<std::vector<int64_t>>{{2, 1, 1},
                                                                             {7, 3, 1},
                                                                             {5, 1030, 1},
                                                                             {40, 6, 4},
                                                                             {3, 130, 7},
                                                                             {2, 3, 511},
                                                                             {2, 3, 512},
                                                                             {2, 3, 513},
                                                                             {3, 2, 1300},
                                                                             {1, 4, 9}})
    for (const bool relu : {false, true}) this->expect_as_aten(sizes, {true, relu, true, true});
}

TYPED_TEST(OwnBatchNormTest, EveryFormEqualsAtens) {
  for (const bool relu : {false, true})
    for (const bool affine : {false, true})
      for (const bool tracks : {false, true})
        for (const bool of_batch : {true, false})
          if (of_batch || tracks) this->expect_as_aten({4, 5, 9}, {of_batch, relu, affine, tracks});
}

TYPED_TEST(OwnBatchNormTest, LargeMeansCostNoDigitsOfTheVariance) {
  using T = TypeParam;
  const at::Tensor x = at::arange(64, normal_numbers<T>({1}).options()).view({8, 1, 8}) + 65536;
  at::Tensor y = at::empty_like(x), mean = at::empty({1}, x.options()), rstd = at::empty_like(mean);
  cpu::batch_norm<T>({8, 1, 8, 0, 1},
                     {true,
                      0,
                      0,
                      false,
                      {nullptr, nullptr},
                      nullptr,
                      nullptr,
                      mean.mutable_data_ptr<T>(),
                      rstd.mutable_data_ptr<T>()},
                     x.const_data_ptr<T>(), y.mutable_data_ptr<T>());
  EXPECT_EQ(mean.template item<T>(), T(65567.5));
  expect_close<T>(rstd, at::full({1}, 1 / std::sqrt((64.0 * 64 - 1) / 12), x.options()));
}

TYPED_TEST(OwnBatchNormTest, WhatIsNotANumberStaysInItsChannel) {
  using T = TypeParam;
  at::Tensor x = normal_numbers<T>({3, 3, 5}), y = at::empty_like(x), mean = at::empty({3}, x.options());
  at::Tensor rstd = at::empty_like(mean);
  x[1][1][2] = std::nan("");
  cpu::batch_norm<T>({3, 3, 5, 0, 3},
                     {true,
                      0,
                      1e-5,
                      true,
                      {nullptr, nullptr},
                      nullptr,
                      nullptr,
                      mean.mutable_data_ptr<T>(),
                      rstd.mutable_data_ptr<T>()},
                     x.const_data_ptr<T>(), y.mutable_data_ptr<T>());
  EXPECT_TRUE(y.select(1, 1).isnan().all().template item<bool>());
  EXPECT_FALSE(y.select(1, 0).isnan().any().template item<bool>());
  EXPECT_FALSE(y.select(1, 2).isnan().any().template item<bool>());
}

}  // namespace
}  // namespace orrery
