#include "runtime/engine/kernels/cpu/embedding.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

template <typename T>
class OwnEmbeddingTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  /// By two calls that share the columns; what the first of them returns.
  static int64_t backward(const at::Tensor& gradient, const at::Tensor& indices, int64_t padding,
                          at::Tensor& table) {
    const int64_t columns = table.size(1);
    const cpu::Lookup lookup{indices.numel(), table.size(0), columns, indices.const_data_ptr<int64_t>(),
                             padding};
    cpu::embedding_backward(lookup, columns / 2, columns, gradient.const_data_ptr<T>(),
                            table.mutable_data_ptr<T>());
    return cpu::embedding_backward(lookup, 0, columns / 2, gradient.const_data_ptr<T>(),
                                   table.mutable_data_ptr<T>());
  }
};

using EmbeddingFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnEmbeddingTest, EmbeddingFloats);

TYPED_TEST(OwnEmbeddingTest, RowsAreAddedAsAtenAddsThem) {
  using T = TypeParam;
  for (const int64_t padding : {-1, 0, 3})
    for (const auto& [count, rows, columns] :
         std::vector<std::array<int64_t, 3>>{{1024, 65, 128}, {7, 5, 1}, {1, 10, 33}, {50, 4, 16}}) {
      const at::Tensor indices = at::randint(rows, {count}, at::kLong),
                       gradient = normal_numbers<T>({count, columns});
      at::Tensor table = at::ones({rows, columns}, gradient.options());
      EXPECT_EQ(this->backward(gradient, indices, padding, table), -1);
      expect_close<T>(table - 1, at::embedding_dense_backward(gradient, indices, rows, padding, false));
    }
}

TYPED_TEST(OwnEmbeddingTest, AnIndexOutOfRangeIsToldAndNothingAdded) {
  using T = TypeParam;
  for (const int64_t wrong : {-1, 5}) {
    at::Tensor indices = at::zeros({6}, at::kLong),
               table = at::zeros({5, 4}, normal_numbers<T>({1}).options());
    indices[3] = wrong;
    EXPECT_EQ(this->backward(normal_numbers<T>({6, 4}), indices, -1, table), 3);
    EXPECT_FALSE(table.any().template item<bool>());
  }
}

}  // namespace
}  // namespace orrery
