#include "runtime/engine/kernels/cpu/packed_weight.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

class PackedWeightTest : public testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    if (!cpu::PackedWeight::gains(16, 128, 128)) GTEST_SKIP() << "this LibTorch has no MKL";
  }
};

TEST_F(PackedWeightTest, GivesTheProductOfRandomSizes) {
  for (const auto& [rows, out, in] :
       std::vector<std::array<std::int64_t, 3>>{{2, 128, 64}, {16, 65, 127}, {128, 300, 41}, {7, 1, 9000}}) {
    const at::Tensor x = normal_numbers<float>({rows, in}), weight = normal_numbers<float>({out, in});
    at::Tensor y = at::full({rows, out}, NAN, x.options());
    cpu::PackedWeight packed(rows, out, in);
    packed.pack(weight.const_data_ptr<float>());
    packed.multiply(x.const_data_ptr<float>(), y.mutable_data_ptr<float>());
    expect_close<float>(y, at::matmul(x, weight.t()));
  }
}

TEST_F(PackedWeightTest, KeepsWhatWasPackedLast) {
  const at::Tensor x = normal_numbers<float>({4, 128});
  at::Tensor weight = normal_numbers<float>({128, 128}), y = at::empty({4, 128}, x.options());
  cpu::PackedWeight packed(4, 128, 128);
  for (const double factor : {1.0, 3.0}) {
    const at::Tensor now = weight * factor;
    packed.pack(now.const_data_ptr<float>());
    at::Tensor(now).zero_();
    packed.multiply(x.const_data_ptr<float>(), y.mutable_data_ptr<float>());
    expect_close<float>(y, at::matmul(x, weight.t()) * factor);
  }
}

TEST_F(PackedWeightTest, IsOfUseBetweenItsLimits) {
  using Packed = cpu::PackedWeight;
  EXPECT_FALSE(Packed::gains(1, 128, 128));
  EXPECT_TRUE(Packed::gains(2, 128, 128));
  EXPECT_TRUE(Packed::gains(128, 128, 128));
  EXPECT_FALSE(Packed::gains(129, 128, 128));
  EXPECT_TRUE(Packed::gains(16, 64, 128));
  EXPECT_FALSE(Packed::gains(16, 64, 127));
  EXPECT_FALSE(Packed::gains(16, std::int64_t{1} << 31, 1));
}

}  // namespace
}  // namespace orrery
