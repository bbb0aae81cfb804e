#include "runtime/engine/kernels/cpu/pairs.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

using cpu::PairOperation;
using PairSizes = std::vector<int64_t>;

constexpr PairOperation every_operation[] = {PairOperation::add, PairOperation::subtract,
                                             PairOperation::multiply, PairOperation::divide};

const std::vector<std::pair<PairSizes, PairSizes>> spread_sizes = {
    {{4, 6}, {4, 6}},      {{16, 5, 7}, {5, 7}},   {{5, 7}, {16, 5, 7}}, {{3, 1, 4}, {5, 1}},
    {{3, 4}, {3, 1}},      {{3, 1}, {3, 4}},       {{}, {2, 3}},         {{2, 3, 1, 2}, {1}},
    {{1, 1}, {1}},         {{2, 1, 3}, {1, 5, 1}}, {{9000}, {1}},        {{1}, {3, 5000}},
    {{2, 3, 4}, {1, 3, 1}}};

at::Tensor combined(PairOperation operation, const at::Tensor& a, const at::Tensor& b) {
  switch (operation) {
    case PairOperation::add: return a + b;
    case PairOperation::subtract: return a - b;
    case PairOperation::multiply: return a * b;
    case PairOperation::divide: return a / b;
  }
  return {};
}

/// Times what arrives, before it is summed.
at::Tensor derived(PairOperation operation, int side, const at::Tensor& g, const at::Tensor& a,
                   const at::Tensor& b) {
  switch (operation) {
    case PairOperation::add: return g;
    case PairOperation::subtract: return side == 0 ? g : -g;
    case PairOperation::multiply: return g * (side == 0 ? b : a);
    case PairOperation::divide: return side == 0 ? g / b : -g * a / (b * b);
  }
  return {};
}

template <typename T>
class PairsTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }
  /// None next to 0, which are divisors too.
  static at::Tensor numbers(const PairSizes& sizes) {
    const at::Tensor normal = normal_numbers<T>(sizes);
    return normal + at::where(normal > 0, 0.5, -0.5).to(normal.dtype());
  }
};

using PairFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(PairsTest, PairFloats);

TYPED_TEST(PairsTest, OperandsOfAllSizesAreCombinedAsInAten) {
  using T = TypeParam;
  for (const auto& [left, right] : spread_sizes)
    for (const PairOperation operation : every_operation) {
      const at::Tensor a = this->numbers(left), b = this->numbers(right),
                       expected = combined(operation, a, b);
      SCOPED_TRACE(testing::Message() << a.sizes() << b.sizes());
      const cpu::Pairs pairs(left, right, expected.sizes().vec());
      ASSERT_EQ(pairs.total, expected.numel());
      const at::Tensor got = at::empty_like(expected);
      for (const auto& [begin, end] :
           {std::pair<int64_t, int64_t>{0, pairs.total / 3}, {pairs.total / 3, pairs.total}})
        cpu::combine<T>(operation, pairs, begin, end, a.const_data_ptr<T>(), b.const_data_ptr<T>(),
                        got.mutable_data_ptr<T>());
      EXPECT_TRUE(at::equal(got, expected));
    }
}

TYPED_TEST(PairsTest, GradientsAreSummedToTheSizesOfTheirOperand) {
  using T = TypeParam;
  for (const auto& [left, right] : spread_sizes)
    for (const PairOperation operation : every_operation)
      for (const int side : {0, 1}) {
        const at::Tensor a = this->numbers(left), b = this->numbers(right), &own = side == 0 ? a : b;
        const at::Tensor g = at::randn_like(combined(operation, a, b));
        SCOPED_TRACE(testing::Message() << a.sizes() << b.sizes() << side);
        const cpu::Pairs pairs(left, right, g.sizes().vec());
        const at::Tensor derivative = derived(operation, side, g, a, b),
                         expected = derivative.sum_to_size(own.sizes());
        EXPECT_EQ(pairs.spreads[side], own.numel() < g.numel());
        EXPECT_EQ(pairs.count[side], own.numel());
        const at::Tensor added = at::ones_like(own), written = at::ones_like(own);
        const auto run = [&](int64_t begin, int64_t end, bool overwrites, const at::Tensor& to) {
          cpu::combine_backward<T>(operation, side, pairs, begin, end, g.const_data_ptr<T>(),
                                   a.const_data_ptr<T>(), b.const_data_ptr<T>(), overwrites,
                                   to.mutable_data_ptr<T>());
        };
        run(0, pairs.total, false, added);
        expect_close<T>(added, expected + 1);
        if (pairs.spreads[side]) continue;
        run(0, pairs.total / 3, true, written);
        run(pairs.total / 3, pairs.total, true, written);
        expect_close<T>(written, expected);
      }
}

TYPED_TEST(PairsTest, SumsAndDifferencesReadNoOperand) {
  using T = TypeParam;
  const at::Tensor g = normal_numbers<T>({3, 4}), got = at::zeros({4}, g.options());
  const cpu::Pairs pairs({3, 4}, {4}, {3, 4});
  cpu::combine_backward<T>(PairOperation::subtract, 1, pairs, 0, 12, g.const_data_ptr<T>(), nullptr, nullptr,
                           false, got.mutable_data_ptr<T>());
  expect_close<T>(got, -g.sum(0));
}

}  // namespace
}  // namespace orrery
