#include "runtime/engine/kernels/cpu/attention.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

template <typename T>
struct HeadCase {
  /// Rows lie further apart than they are wide.
  explicit HeadCase(const cpu::Head& of)
      : head(of),
        query(rows(of.queries, of.width)),
        key(rows(of.keys, of.width)),
        value(rows(of.keys, of.value_width)),
        gradient(rows(of.queries, of.value_width)) {}

  static at::Tensor rows(int64_t count, int64_t width) {
    return normal_numbers<T>({count, width + 3}).narrow(1, 0, width);
  }
  static cpu::Matrix<const T> read(const at::Tensor& rows) {
    return {rows.const_data_ptr<T>(), rows.stride(0)};
  }
  static cpu::Matrix<T> written(const at::Tensor& rows, bool adds) {
    return {rows.mutable_data_ptr<T>(), rows.stride(0), adds};
  }

  at::Tensor weights() const {
    at::Tensor scores = at::matmul(query, key.t()) * head.scale;
    if (head.causal)
      scores = scores.masked_fill(at::ones(scores.sizes(), at::kBool).tril().logical_not(),
                                  -std::numeric_limits<double>::infinity());
    return at::softmax(scores, 1);
  }

  cpu::Head head;
  at::Tensor query, key, value, gradient;
};

template <typename T>
class OwnAttentionTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  /// Fewer queries than are taken at once, as many, more; more keys than queries and fewer.
  static std::vector<cpu::Head> heads() {
    std::vector<cpu::Head> all;
    for (const bool causal : {false, true})
      for (const auto& [queries, keys, width, values] : std::vector<std::array<int64_t, 4>>{{64, 64, 32, 32},
                                                                                            {1, 1, 1, 1},
                                                                                            {5, 7, 3, 4},
                                                                                            {65, 65, 8, 16},
                                                                                            {150, 150, 4, 2},
                                                                                            {130, 40, 8, 8},
                                                                                            {40, 130, 8, 8},
                                                                                            {70, 200, 5, 6},
                                                                                            {40, 3000, 4, 4},
                                                                                            {20, 5000, 2, 3}})
        all.push_back({queries, keys, width, values, causal, 1 / std::sqrt(static_cast<double>(width))});
    return all;
  }
};

using AttentionFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnAttentionTest, AttentionFloats);

TYPED_TEST(OwnAttentionTest, TheForwardPassEqualsAtens) {
  using T = TypeParam;
  for (const cpu::Head& head : this->heads()) {
    SCOPED_TRACE(testing::Message() << head.queries << " " << head.keys << " " << head.causal);
    const HeadCase<T> c(head);
    const at::Tensor output = c.rows(head.queries, head.value_width),
                     room = at::empty({cpu::attention_room(head)}, output.options());
    cpu::attend<T>(head, c.read(c.query), c.read(c.key), c.read(c.value), c.written(output, false),
                   room.mutable_data_ptr<T>());
    const at::Tensor expected = at::scaled_dot_product_attention(
        c.query.unsqueeze(0), c.key.unsqueeze(0), c.value.unsqueeze(0), {}, 0.0, head.causal, head.scale);
    expect_close<T>(output, expected[0]);
  }
}

TYPED_TEST(OwnAttentionTest, GradientsAreThoseOfProductsAndSoftmax) {
  using T = TypeParam;
  for (const cpu::Head& head : this->heads())
    for (const bool adds : {false, true}) {
      SCOPED_TRACE(testing::Message() << head.queries << " " << head.keys << " " << head.causal << adds);
      const HeadCase<T> c(head);
      const at::Tensor weights = c.weights();
      const at::Tensor of_scores =
          at::_softmax_backward_data(at::matmul(c.gradient, c.value.t()), weights, 1, weights.scalar_type()) *
          head.scale;
      const at::Tensor expected[] = {at::matmul(of_scores, c.key), at::matmul(of_scores.t(), c.query),
                                     at::matmul(weights.t(), c.gradient)};
      const at::Tensor before[] = {c.rows(head.queries, head.width), c.rows(head.keys, head.width),
                                   c.rows(head.keys, head.value_width)};
      const at::Tensor room = at::empty({cpu::attention_room(head)}, weights.options());
      for (int left_out = -1; left_out < 3; ++left_out) {
        at::Tensor got[3];
        cpu::Matrix<T> to[3];
        for (int i = 0; i < 3; ++i) {
          got[i] = before[i].clone();
          to[i] = i == left_out ? cpu::Matrix<T>{nullptr, 0} : c.written(got[i], adds);
        }
        cpu::attend_backward<T>(head, c.read(c.query), c.read(c.key), c.read(c.value), c.read(c.gradient),
                                to[0], to[1], to[2], room.mutable_data_ptr<T>());
        for (int i = 0; i < 3; ++i)
          expect_close<T>(got[i], i == left_out ? before[i] : adds ? before[i] + expected[i] : expected[i]);
      }
    }
}

}  // namespace
}  // namespace orrery
