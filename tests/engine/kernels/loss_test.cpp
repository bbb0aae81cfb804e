#include "tests/engine/kernels/calls.h"

namespace orrery {
namespace {

using LossKernelTest = Calls;

TEST_F(LossKernelTest, WholeNumbersAsTargetsGiveGradients) {
  for (const char* loss :
       {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss", "hinge_embedding_loss"}) {
    const at::Tensor input = at::tensor({0.5f, 2.0f}).requires_grad_();
    EXPECT_NO_THROW(transform(loss, {input, at::tensor({1, -1}, at::kLong)}).backward()) << loss;
    EXPECT_GT(input.grad().abs().sum().item<double>(), 0) << loss;
  }
}

TEST_F(LossKernelTest, WeightsTakeTheDtypeOfTheScores) {
  const at::Tensor scores = at::rand({4, 3}, at::kDouble), labels = at::tensor({0, 1, 2, 1}, at::kLong);
  const at::Tensor weight = at::tensor({1.0f, 2.0f, 4.0f});
  EXPECT_TRUE(at::allclose(transform("cross_entropy", {scores, labels, weight}),
                           at::cross_entropy_loss(scores, labels, weight.to(at::kDouble))));
}

TEST_F(LossKernelTest, NegativeVariancesAndUnknownClassesAreRefused) {
  const at::Tensor mean = at::zeros({2});
  EXPECT_NO_THROW(transform("gaussian_nll_loss", {mean, mean, at::zeros({2})}));
  EXPECT_EQ(message_of([&] {
              transform("gaussian_nll_loss", {mean, mean, at::tensor({1.0f, -0.1f})});
            }),
            "a variance is negative");
  const LayerPtr adaptive = layer("AdaptiveLogSoftmaxWithLoss", {{"in_features", std::int64_t{4}},
                                                                 {"n_classes", std::int64_t{5}},
                                                                 {"cutoffs", std::vector<std::int64_t>{2}}});
  EXPECT_NO_THROW(call(adaptive, {at::ones({2, 4}), at::tensor({0, 4}, at::kLong)}));
  EXPECT_EQ(message_of([&] {
              call(adaptive, {at::ones({2, 4}), at::tensor({0, 5}, at::kLong)});
            }),
            "a label is outside the classes 0…4");
}

}  // namespace
}  // namespace orrery
