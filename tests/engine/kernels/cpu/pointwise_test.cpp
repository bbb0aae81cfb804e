#include "runtime/engine/kernels/cpu/pointwise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

using cpu::Activation;

constexpr Activation every_activation[] = {Activation::none,    Activation::relu, Activation::tanh,
                                           Activation::sigmoid, Activation::gelu, Activation::gelu_tanh,
                                           Activation::silu};

at::Tensor activation_of(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::none: return x.clone();
    case Activation::relu: return at::relu(x);
    case Activation::tanh: return at::tanh(x);
    case Activation::sigmoid: return at::sigmoid(x);
    case Activation::gelu: return at::gelu(x);
    case Activation::gelu_tanh: return at::gelu(x, "tanh");
    case Activation::silu: return at::silu(x);
  }
  return {};
}

/// By ATen's backward kernels.
at::Tensor activation_gradient(Activation activation, const at::Tensor& gradient, const at::Tensor& x) {
  switch (activation) {
    case Activation::none: return gradient.clone();
    case Activation::relu: return at::threshold_backward(gradient, at::relu(x), 0);
    case Activation::tanh: return at::tanh_backward(gradient, at::tanh(x));
    case Activation::sigmoid: return at::sigmoid_backward(gradient, at::sigmoid(x));
    case Activation::gelu: return at::gelu_backward(gradient, x);
    case Activation::gelu_tanh: return at::gelu_backward(gradient, x, "tanh");
    case Activation::silu: return at::silu_backward(gradient, x);
  }
  return {};
}

const std::vector<std::pair<int64_t, int64_t>> matrices = {{64, 128}, {1, 1},  {16, 32},
                                                           {37, 300}, {3, 10}, {1024, 5}};

template <typename T>
class PointwiseTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  /// With all sizes that activations treat differently, and NaN.
  static at::Tensor arguments(int64_t rows, int64_t columns) {
    at::Tensor x = normal_numbers<T>({rows, columns}) * 4;
    if (x.numel() > 4) {
      x.view(-1)[1] = std::nan("");
      x.view(-1)[2] = 0;
      x.view(-1)[3] = 1e4;
      x.view(-1)[4] = -1e4;
    }
    return x;
  }
  static at::Tensor kept_of(Activation activation, const at::Tensor& x) {
    return cpu::derived_from_output(activation) ? activation_of(activation, x) : x;
  }
};

using PointwiseFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(PointwiseTest, PointwiseFloats);

TYPED_TEST(PointwiseTest, ABiasIsAddedAndActivatedInOnePass) {
  using T = TypeParam;
  for (const auto& [rows, columns] : matrices)
    for (const Activation activation : every_activation) {
      const at::Tensor x = this->arguments(rows, columns), bias = normal_numbers<T>({columns});
      at::Tensor sums = x.clone(), activated = at::empty_like(x);
      cpu::add_bias(activation, {0, rows, columns}, bias.const_data_ptr<T>(), sums.mutable_data_ptr<T>(),
                    activated.mutable_data_ptr<T>());
      expect_close<T>(sums, x + bias);
      expect_close<T>(activated, activation_of(activation, x + bias));
    }
}

TYPED_TEST(PointwiseTest, AnActivationInPlaceEqualsOneOutOfPlace) {
  using T = TypeParam;
  for (const Activation activation : every_activation) {
    const at::Tensor x = this->arguments(7, 45), bias = normal_numbers<T>({45});
    at::Tensor biased = x.clone(), plain = x.clone();
    cpu::add_bias(activation, {0, 7, 45}, bias.const_data_ptr<T>(), biased.mutable_data_ptr<T>(),
                  biased.mutable_data_ptr<T>());
    cpu::add_bias<T>(activation, {0, 7, 45}, nullptr, plain.mutable_data_ptr<T>(),
                     plain.mutable_data_ptr<T>());
    expect_close<T>(biased, activation_of(activation, x + bias));
    expect_close<T>(plain, activation_of(activation, x));
  }
}

TYPED_TEST(PointwiseTest, RowsOutsideTheRangeAreLeftAlone) {
  using T = TypeParam;
  const at::Tensor x = normal_numbers<T>({6, 20}), bias = at::ones({20}, x.options());
  for (const T* added : {bias.const_data_ptr<T>(), static_cast<const T*>(nullptr)}) {
    at::Tensor y = x.clone();
    cpu::add_bias(Activation::relu, {2, 5, 20}, added, y.mutable_data_ptr<T>(), y.mutable_data_ptr<T>());
    EXPECT_TRUE(at::equal(y.slice(0, 0, 2), x.slice(0, 0, 2)));
    EXPECT_TRUE(at::equal(y.slice(0, 2, 5), at::relu(x.slice(0, 2, 5) + (added ? 1 : 0))));
    EXPECT_TRUE(at::equal(y.slice(0, 5), x.slice(0, 5)));
  }
}

TYPED_TEST(PointwiseTest, DerivativesEqualAtens) {
  using T = TypeParam;
  for (const auto& [rows, columns] : matrices)
    for (const Activation activation : every_activation) {
      const at::Tensor x = this->arguments(rows, columns), gradient = normal_numbers<T>({rows, columns});
      const at::Tensor kept = this->kept_of(activation, x),
                       expected = activation_gradient(activation, gradient, x);
      at::Tensor result = at::empty_like(x), in_place = gradient.clone();
      cpu::activation_backward(activation, x.numel(), gradient.const_data_ptr<T>(), kept.const_data_ptr<T>(),
                               result.mutable_data_ptr<T>());
      cpu::activation_backward(activation, x.numel(), in_place.const_data_ptr<T>(), kept.const_data_ptr<T>(),
                               in_place.mutable_data_ptr<T>());
      expect_close<T>(result, expected);
      EXPECT_TRUE(at::allclose(in_place, result, 0, 0, /*equal_nan=*/true));
    }
}

TYPED_TEST(PointwiseTest, SlopesAreKeptWhereTheInputTellsThem) {
  using T = TypeParam;
  for (const auto& [rows, columns] : matrices)
    for (const Activation activation : every_activation) {
      if (cpu::derived_from_output(activation)) continue;
      const at::Tensor x = this->arguments(rows, columns), bias = normal_numbers<T>({columns});
      for (const bool biased : {false, true}) {
        at::Tensor slopes = x.clone(), activated = at::empty_like(x);
        for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, rows / 2}, {rows / 2, rows}})
          cpu::add_bias_keeping_slope(activation, {begin, end, columns},
                                      biased ? bias.const_data_ptr<T>() : nullptr,
                                      slopes.mutable_data_ptr<T>(), activated.mutable_data_ptr<T>());
        const at::Tensor sums = biased ? x + bias : x;
        expect_close<T>(activated, activation_of(activation, sums));
        expect_close<T>(slopes, activation_gradient(activation, at::ones_like(x), sums));
      }
    }
}

TYPED_TEST(PointwiseTest, SlopesAreMultipliedAndTheirColumnsSummed) {
  using T = TypeParam;
  for (const auto& [rows, columns] : matrices) {
    const at::Tensor gradient = normal_numbers<T>({rows, columns}),
                     slope = normal_numbers<T>({rows, columns});
    at::Tensor result = at::empty_like(slope), in_place = gradient.clone();
    at::Tensor sums = at::ones({columns}, slope.options());
    cpu::multiply<T>(slope.numel(), gradient.const_data_ptr<T>(), slope.const_data_ptr<T>(),
                     result.mutable_data_ptr<T>());
    cpu::multiply_sums<T>({rows, columns, 0, columns}, in_place.const_data_ptr<T>(),
                          slope.const_data_ptr<T>(), in_place.mutable_data_ptr<T>(), 2,
                          sums.mutable_data_ptr<T>());
    EXPECT_TRUE(at::equal(result, gradient * slope));
    EXPECT_TRUE(at::equal(in_place, result));
    expect_close<T>(sums, 2 + result.sum(0));
  }
}

TYPED_TEST(PointwiseTest, ColumnsAreSummed) {
  using T = TypeParam;
  for (const auto& [rows, columns] : matrices) {
    const at::Tensor gradient = normal_numbers<T>({rows, columns});
    at::Tensor sums = at::full({columns}, std::nan(""), gradient.options());
    cpu::sum_columns<T>({rows, columns, 0, columns}, gradient.const_data_ptr<T>(), 0,
                        sums.mutable_data_ptr<T>());
    expect_close<T>(sums, gradient.sum(0));
    cpu::sum_columns<T>({rows, columns, 0, columns}, gradient.const_data_ptr<T>(), T(0.5),
                        sums.mutable_data_ptr<T>());
    expect_close<T>(sums, gradient.sum(0) * 1.5);
  }
}

TYPED_TEST(PointwiseTest, SumsOfManyRowsStayExact) {
  using T = TypeParam;
  const at::Tensor gradient = at::rand({100'000, 3}, normal_numbers<T>({1}).options());
  at::Tensor sums = at::empty({3}, gradient.options());
  cpu::sum_columns<T>({100'000, 3, 0, 3}, gradient.const_data_ptr<T>(), 0, sums.mutable_data_ptr<T>());
  expect_close<double>(
      (sums.to(at::kDouble) / gradient.to(at::kDouble).sum(0)) * tolerance_of<double>() / tolerance_of<T>(),
      at::full({3}, tolerance_of<double>() / tolerance_of<T>(), at::kDouble));
}

TYPED_TEST(PointwiseTest, ADerivativeAndItsColumnSumsComeInOnePass) {
  using T = TypeParam;
  for (const auto& [rows, columns] : matrices)
    for (const Activation activation : every_activation) {
      const at::Tensor x = normal_numbers<T>({rows, columns}), gradient = normal_numbers<T>({rows, columns});
      const at::Tensor kept = this->kept_of(activation, x),
                       expected = activation_gradient(activation, gradient, x);
      at::Tensor result = gradient.clone(), sums = at::ones({columns}, x.options());
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, columns / 2}, {columns / 2, columns}})
        cpu::activation_backward_sums<T>(activation, {rows, columns, begin, end}, result.const_data_ptr<T>(),
                                         kept.const_data_ptr<T>(), result.mutable_data_ptr<T>(), 1,
                                         sums.mutable_data_ptr<T>());
      expect_close<T>(result, expected);
      expect_close<T>(sums, expected.sum(0) + 1);
    }
}

TYPED_TEST(PointwiseTest, AScaledGradientIsAdded) {
  using T = TypeParam;
  const at::Tensor gradient = normal_numbers<T>({333}), weights = normal_numbers<T>({333});
  at::Tensor result = weights.clone();
  cpu::add_scaled<T>(333, T(-0.1), gradient.const_data_ptr<T>(), result.mutable_data_ptr<T>());
  expect_close<T>(result, weights - 0.1 * gradient);
}

TYPED_TEST(PointwiseTest, StepsOfSgdEqualAtensFusedOnes) {
  using T = TypeParam;
  for (const double momentum : {0.0, 0.9})
    for (const bool nesterov : {false, true})
      for (const bool maximize : {false, true}) {
        cpu::SgdOptions options{.lr = 0.1,
                                .momentum = momentum,
                                .dampening = nesterov ? 0 : 0.3,
                                .weight_decay = 0.01,
                                .nesterov = nesterov && momentum != 0,
                                .maximize = maximize};
        at::Tensor weights = normal_numbers<T>({77}), speed = at::zeros({77}, weights.options());
        at::Tensor expected = weights.clone(), expected_speed = speed.clone();
        for (options.first_step = true; const int64_t seed : {1, 2, 3}) {
          at::manual_seed(static_cast<uint64_t>(seed));
          const at::Tensor gradient = normal_numbers<T>({77});
          const std::vector<at::Tensor> speeds =
              momentum != 0 ? std::vector{expected_speed} : std::vector<at::Tensor>();
          at::_fused_sgd_({expected}, {gradient}, speeds, options.weight_decay, momentum, options.lr,
                          options.dampening, options.nesterov, maximize, options.first_step);
          cpu::sgd_step(options, 77, gradient.const_data_ptr<T>(),
                        momentum != 0 ? speed.mutable_data_ptr<T>() : nullptr, weights.mutable_data_ptr<T>());
          options.first_step = false;
        }
        expect_close<T>(weights, expected);
      }
}

TYPED_TEST(PointwiseTest, WithoutDecayAStepOfSgdReadsGradientsOnly) {
  using T = TypeParam;
  const at::Tensor gradient = normal_numbers<T>({33}), weights = at::full_like(gradient, INFINITY);
  cpu::sgd_step<T>({.lr = 0.1}, 33, gradient.const_data_ptr<T>(), nullptr, weights.mutable_data_ptr<T>());
  EXPECT_TRUE(at::equal(weights, at::full_like(gradient, INFINITY)));
}

TYPED_TEST(PointwiseTest, ReluOfASumIsExactAndKeepsNaN) {
  using T = TypeParam;
  at::Tensor left = normal_numbers<T>({77}), right = normal_numbers<T>({77}), result = at::empty_like(left);
  left[5] = std::nan("");
  cpu::add_relu<T>(77, left.const_data_ptr<T>(), right.const_data_ptr<T>(), result.mutable_data_ptr<T>());
  EXPECT_TRUE(at::allclose(result, at::relu(left + right), 0, 0, /*equal_nan=*/true));
}

}  // namespace
}  // namespace orrery
