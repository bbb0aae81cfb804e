#include "runtime/engine/kernels/cpu/adam.h"

#include <array>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

using cpu::AdamOptions;

/// A parameter in the midst of training.
template <typename T>
struct Trained {
  explicit Trained(std::int64_t count, bool of_any_size = true)
      : weights(normal_numbers<T>({count})),
        mean(normal_numbers<T>({count})),
        square(normal_numbers<T>({count}).square()),
        gradient(normal_numbers<T>({count})) {
    if (!of_any_size) return;
    const at::Tensor size = sizes(count);
    mean.mul_(size), square.mul_(size.square()), gradient.mul_(size);
  }

  // A third of the numbers are of any size.
  static at::Tensor sizes(std::int64_t count) {
    const at::Tensor any = normal_numbers<T>({count}).mul(30).exp2();
    return at::where(at::arange(count).remainder(3) == 0, any, at::ones_like(any));
  }
  Trained copy() const {
    Trained copied = *this;
    for (at::Tensor* each : {&copied.weights, &copied.mean, &copied.square}) *each = each->clone();
    return copied;
  }
  void step(const AdamOptions& options, std::int64_t begin, std::int64_t end) {
    cpu::adam_step<T>(options, end - begin,
                      {gradient.const_data_ptr<T>() + begin, mean.mutable_data_ptr<T>() + begin,
                       square.mutable_data_ptr<T>() + begin, weights.mutable_data_ptr<T>() + begin});
  }
  void step(const AdamOptions& options) { step(options, 0, weights.numel()); }
  // As LibTorch does it.
  void step_by_aten(const AdamOptions& o) {
    const std::vector<at::Tensor> count = {at::full({}, o.updates, at::kFloat)};
    const auto call = [&](auto function) {
      function(std::vector{weights}, std::vector{gradient}, std::vector{mean}, std::vector{square},
               std::vector<at::Tensor>(), count, o.lr, o.beta1, o.beta2, o.weight_decay, o.eps, false, false);
    };
    if (o.decoupled)
      call([](const auto&... all) { at::_fused_adamw_(all...); });
    else
      call([](const auto&... all) { at::_fused_adam_(all...); });
  }

  at::Tensor weights, mean, square, gradient;
};

std::vector<AdamOptions> all_options() {
  std::vector<AdamOptions> all;
  for (const double beta1 : {0.9, 0.5, 0.0})
    for (const double decay : {0.0, 0.01})
      for (const bool decoupled : {false, true})
        for (const double eps : {1e-8, cpu::least_adam_eps, 0.1})
          for (const double updates : {1.0, 2.0, 1000.0})
            all.push_back({1e-3, beta1, 0.999, eps, decay, decoupled, updates});
  return all;
}

template <typename T>
class OwnAdamTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }
};

using AdamFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnAdamTest, AdamFloats);

// Relative to the larger of the weight and of what it moves by, in units of the type's precision.
template <typename T>
double units_off(const at::Tensor& got, const at::Tensor& exact, const at::Tensor& before) {
  const at::Tensor moved = (exact - before.to(at::kDouble)).abs();
  const at::Tensor size = at::maximum(exact.abs(), moved);
  const at::Tensor off = (got.to(at::kDouble) - exact).abs() / size;
  return off.nan_to_num(0).max().template item<double>() / std::numeric_limits<T>::epsilon();
}

TEST(OwnAdamOfFloatsTest, AStepIsWithinTheRoundingOfItsOperations) {
  at::manual_seed(1);
  for (const AdamOptions& o : all_options()) {
    Trained<float> now(1003);
    const at::Tensor before = now.weights.clone();
    now.step(o);
    const at::Tensor divisor =
        now.square.to(at::kDouble).sqrt() / std::sqrt(1 - std::pow(o.beta2, o.updates)) + o.eps;
    const double kept = o.decoupled ? 1 - o.lr * o.weight_decay : 1;
    const at::Tensor exact = before.to(at::kDouble) * kept -
                             now.mean.to(at::kDouble) / divisor * (o.lr / (1 - std::pow(o.beta1, o.updates)));
    EXPECT_LE(units_off<float>(now.weights, exact, before), 2.5)
        << o.beta1 << " " << o.eps << " " << o.updates;
  }
}

TYPED_TEST(OwnAdamTest, StepsEqualAtensFusedOnes) {
  for (const AdamOptions& options : all_options()) {
    Trained<TypeParam> own(333, false), aten = own.copy();
    own.step(options), aten.step_by_aten(options);
    const double tolerance = sizeof(TypeParam) == 4 ? 1e-6 : 1e-14;
    for (const auto& [got, expected] : {std::pair(own.weights, aten.weights), std::pair(own.mean, aten.mean),
                                        std::pair(own.square, aten.square)})
      EXPECT_TRUE(at::allclose(got, expected, tolerance, tolerance)) << options.beta1 << " " << options.eps;
  }
}

// What training meets when it goes astray.
TYPED_TEST(OwnAdamTest, ZerosInfinitiesAndNanComeOutAsByAten) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const std::array<T, 9> odd = {0,
                                T(-0.0),
                                Limits::infinity(),
                                -Limits::infinity(),
                                Limits::quiet_NaN(),
                                1,
                                Limits::denorm_min(),
                                Limits::min(),
                                Limits::max()};
  std::vector<T> gradients, means, squares, weights;
  for (const T gradient : odd)
    for (const T mean : odd)
      for (const T square : odd)
        for (const T weight : {T(1), Limits::infinity(), T(0)}) {
          gradients.push_back(gradient), means.push_back(mean), weights.push_back(weight);
          squares.push_back(std::abs(square));
        }
  const auto read = [](const std::vector<T>& from) {
    return at::tensor(from, at::dtype(c10::CppTypeToScalarType<T>::value));
  };
  for (const AdamOptions& options : all_options()) {
    Trained<T> own(1);
    own.gradient = read(gradients), own.mean = read(means), own.square = read(squares);
    own.weights = read(weights);
    Trained<T> aten = own.copy();
    own.step(options), aten.step_by_aten(options);
    for (const auto& [got, expected] : {std::pair(own.weights, aten.weights), std::pair(own.mean, aten.mean),
                                        std::pair(own.square, aten.square)})
      EXPECT_TRUE(at::allclose(got, expected, 1e-5, 1e-7, /*equal_nan=*/true))
          << options.beta1 << " " << options.weight_decay << " " << options.decoupled << " " << options.eps;
  }
}

TYPED_TEST(OwnAdamTest, AStepHasTheSameBitsHoweverItIsDivided) {
  for (const AdamOptions& options : all_options()) {
    Trained<TypeParam> whole(101);
    for (const std::int64_t cut : {1, 15, 16, 17, 50, 100}) {
      Trained<TypeParam> one = whole.copy(), other = whole.copy();
      one.step(options);
      other.step(options, 0, cut), other.step(options, cut, 101);
      EXPECT_TRUE(at::equal(one.weights, other.weights)) << cut;
      EXPECT_TRUE(at::equal(one.mean, other.mean)) << cut;
      EXPECT_TRUE(at::equal(one.square, other.square)) << cut;
    }
  }
}

TYPED_TEST(OwnAdamTest, WithoutDecayAGradientIsWhatItIs) {
  Trained<TypeParam> now(33);
  now.weights.fill_(std::numeric_limits<TypeParam>::infinity());
  now.step({.lr = 0.1});
  EXPECT_TRUE(at::isfinite(now.mean).all().template item<bool>());
  EXPECT_TRUE(at::isinf(now.weights).all().template item<bool>());
}

}  // namespace
}  // namespace orrery
