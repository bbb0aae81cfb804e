#include "runtime/engine/kernels/cpu/dropout.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

template <typename T>
class OwnDropoutTest : public testing::Test {};

using DropoutFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnDropoutTest, DropoutFloats);

TYPED_TEST(OwnDropoutTest, BothPassesEqualProductsWithTheNoise) {
  using T = TypeParam;
  at::manual_seed(1);
  constexpr int64_t count = 1000;
  const at::Tensor x = normal_numbers<T>({count}), g = normal_numbers<T>({count});
  x[3] = std::nan("");
  const at::Tensor drawn = at::empty_like(x).bernoulli_(0.7), noise = drawn / 0.7;
  at::Tensor y = at::empty_like(x), mask = at::empty({count}, at::kByte), written = at::empty_like(x),
             added = at::ones_like(x);
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 301}, {301, count}}) {
    cpu::drop<T>(begin, end, T(1) / T(0.7), drawn.const_data_ptr<T>(), x.const_data_ptr<T>(),
                 mask.mutable_data_ptr<uint8_t>(), y.mutable_data_ptr<T>());
    for (const bool adds : {false, true})
      cpu::drop_backward<T>(begin, end, T(1) / T(0.7), g.const_data_ptr<T>(), mask.const_data_ptr<uint8_t>(),
                            adds, (adds ? added : written).template mutable_data_ptr<T>());
  }
  EXPECT_TRUE(at::equal(mask.to(x.dtype()), drawn));
  expect_close<T>(y, x * noise);
  expect_close<T>(written, g * noise);
  expect_close<T>(added, 1 + g * noise);
}

}  // namespace
}  // namespace orrery
