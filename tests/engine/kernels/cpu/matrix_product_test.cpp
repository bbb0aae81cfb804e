#include "runtime/engine/kernels/cpu/matrix_product.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

template <typename T>
class MatrixProductTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  /// A matrix as it is read, lying in memory as it is or transposed, with room after each row.
  static at::Tensor lying(int64_t rows, int64_t columns, bool transposed) {
    return transposed ? normal_numbers<T>({columns, rows + 3}).narrow(1, 0, rows).t()
                      : normal_numbers<T>({rows, columns + 2}).narrow(1, 0, columns);
  }
  static void multiply(const at::Tensor& a, bool transpose_a, const at::Tensor& b, bool transpose_b, T alpha,
                       T beta, at::Tensor& c) {
    cpu::product<T>(c.size(0), c.size(1), a.size(1), a.const_data_ptr<T>(), a.stride(transpose_a ? 1 : 0),
                    transpose_a, b.const_data_ptr<T>(), b.stride(transpose_b ? 1 : 0), transpose_b, alpha,
                    beta, c.mutable_data_ptr<T>(), c.stride(0));
  }
};

using ProductFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(MatrixProductTest, ProductFloats);

TYPED_TEST(MatrixProductTest, EqualsAtensForEveryTransposition) {
  using T = TypeParam;
  for (const auto [m, n, k] :
       std::vector<std::array<int64_t, 3>>{{64, 128, 784}, {1, 1, 1}, {16, 32, 32}, {5, 1, 7}})
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true}) {
        const at::Tensor a = this->lying(m, k, transpose_a), b = this->lying(k, n, transpose_b);
        at::Tensor c = normal_numbers<T>({m, n});
        const at::Tensor expected = at::addmm(c, a, b, 0.5, -2);
        this->multiply(a, transpose_a, b, transpose_b, T(-2), T(0.5), c);
        expect_close<T>(c / std::sqrt(T(k)), expected / std::sqrt(T(k)));
      }
}

TYPED_TEST(MatrixProductTest, ABetaOfZeroOverwritesWhatIsNotANumber) {
  const at::Tensor a = normal_numbers<TypeParam>({4, 3}), b = normal_numbers<TypeParam>({3, 5});
  at::Tensor c = at::full({4, 5}, std::nan(""), a.options());
  this->multiply(a, false, b, false, 1, 0, c);
  expect_close<TypeParam>(c, at::mm(a, b));
}

TYPED_TEST(MatrixProductTest, AnEmptySumLeavesBetaTimesWhatWasThere) {
  const at::Tensor a = normal_numbers<TypeParam>({4, 0}), b = normal_numbers<TypeParam>({0, 5});
  at::Tensor c = at::ones({4, 5}, a.options());
  this->multiply(a, false, b, false, 1, 3, c);
  expect_close<TypeParam>(c, at::full({4, 5}, 3, a.options()));
}

TYPED_TEST(MatrixProductTest, NoRowsAreNothingToDo) {
  const at::Tensor a = normal_numbers<TypeParam>({0, 3}), b = normal_numbers<TypeParam>({3, 5});
  at::Tensor c = at::empty({0, 5}, a.options());
  this->multiply(a, false, b, false, 1, 0, c);
}

}  // namespace
}  // namespace orrery
