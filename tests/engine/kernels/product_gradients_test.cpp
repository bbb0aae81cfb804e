#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "runtime/engine/kernels/derivatives/einsum.h"
#include "runtime/engine/kernels/derivatives/matrix.h"

namespace orrery {
namespace {

using SizesOfFactor = std::vector<std::int64_t>;

struct Factors {
  SizesOfFactor left, right;
};

const Factors kFactors[] = {
    {{4}, {4}},          {{4}, {4, 3}},       {{4}, {2, 4, 3}},          {{5, 4}, {4}},
    {{5, 4}, {4, 3}},    {{5, 4}, {2, 4, 3}}, {{2, 5, 4}, {4}},          {{2, 5, 4}, {4, 3}},
    {{1, 5, 4}, {4, 3}}, {{0, 4}, {4, 3}},    {{2, 5, 4}, {1, 4, 3}},    {{1, 5, 4}, {2, 4, 3}},
    {{0, 5, 4}, {4, 3}}, {{0, 4}, {2, 4, 3}}, {{6, 1, 5, 4}, {2, 4, 3}}, {{2, 5, 4}, {6, 2, 4, 3}},
};

class ProductGradientsTest : public testing::TestWithParam<Factors> {
 protected:
  at::Tensor drawn(at::IntArrayRef sizes) { return at::randn(sizes, numbers_, at::kDouble); }

  at::Generator numbers_ = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t{3});
};

TEST_P(ProductGradientsTest, AreAutogradsForEveryPairOfRanks) {
  const c10::AutoGradMode on(true);
  const at::Tensor left = drawn(GetParam().left).requires_grad_(),
                   right = drawn(GetParam().right).requires_grad_();
  const at::Tensor product = at::matmul(left, right), gradient = drawn(product.sizes());
  const auto expected = torch::autograd::grad({product}, {left, right}, {gradient});
  const c10::AutoGradMode off(false);
  const auto [of_left, of_right] = matmul_gradients(gradient, left, right, true, true);
  ASSERT_EQ(of_left.sizes(), left.sizes());
  ASSERT_EQ(of_right.sizes(), right.sizes());
  EXPECT_TRUE(at::allclose(of_left, expected[0], 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(of_right, expected[1], 1e-12, 1e-12));
  EXPECT_FALSE(matmul_gradients(gradient, left, right, false, true).first.defined());
  EXPECT_FALSE(matmul_gradients(gradient, left, right, true, false).second.defined());
}

INSTANTIATE_TEST_SUITE_P(Ranks, ProductGradientsTest, testing::ValuesIn(kFactors));

bool covers_equation(const std::string& equation, const std::vector<SizesOfFactor>& sizes) {
  std::vector<at::Tensor> inputs;
  for (const SizesOfFactor& each : sizes) inputs.push_back(at::zeros(each));
  return covers_terms(terms_of_equation(equation), inputs);
}

TEST(EinsumTermsTest, AreCoveredWhereEveryGradientIsSuchASumToo) {
  EXPECT_TRUE(covers_equation("ij,jk->ik", {{2, 3}, {3, 4}}));
  EXPECT_TRUE(covers_equation("b i j, b j k, b k -> b i", {{2, 3, 4}, {2, 4, 5}, {2, 5}}));
  EXPECT_TRUE(covers_equation("ij->ji", {{2, 3}}));
  EXPECT_TRUE(covers_equation("i,j->ij", {{1}, {1}}));
}

TEST(EinsumTermsTest, AreLeftToAutogradWhereALetterIsAloneTwiceOrBroadcast) {
  EXPECT_FALSE(covers_equation("ij->i", {{2, 3}}));
  EXPECT_FALSE(covers_equation("ij,k->ik", {{2, 3}, {4}}));
  EXPECT_FALSE(covers_equation("ii->i", {{2, 2}}));
  EXPECT_FALSE(covers_equation("ij,jk->ik", {{2, 1}, {3, 4}}));
  EXPECT_FALSE(covers_equation("...ij,...jk->...ik", {{2, 3}, {3, 4}}));
  EXPECT_FALSE(covers_equation("...ij,jk->ik", {{2, 3}, {3, 4}}));
}

TEST(EinsumTermsTest, HaveTheLettersThatOccurOnceAsOutputWhereNoneIsGiven) {
  EXPECT_EQ(terms_of_equation("ba").output, "ab");
  EXPECT_EQ(terms_of_equation("ij, jk").output, "ik");
  EXPECT_EQ(terms_of_equation("ij,ij->").output, "");
}

}  // namespace
}  // namespace orrery
