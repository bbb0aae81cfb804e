#include <c10/core/GradMode.h>

#include "runtime/engine/kernels/taped_call.h"
#include "tests/engine/kernels/calls.h"

namespace orrery {
namespace {

// What random calls do not reach.
class LossDerivativesTest : public Calls {
 protected:
  std::vector<at::Tensor> taped(const std::string& operation, const std::vector<at::Tensor>& inputs,
                                const Given& given) {
    const c10::AutoGradMode off(false);
    const Descriptor& descriptor = operations().get(operation);
    const Attributes attributes = checked_attributes(descriptor.attributes, given);
    std::vector<bool> wanted;
    for (const at::Tensor& input : inputs) wanted.push_back(input.defined() && input.requires_grad());
    TapedCall call;
    const auto outputs =
        call.forward({.attributes = attributes, .descriptor = &descriptor, .inputs = inputs}, {}, wanted);
    EXPECT_FALSE(call.recorded()) << operation;
    return call.backward({at::ones_like(outputs[0])}, wanted, false);
  }

  void expect_recorded(const std::string& operation, const std::vector<at::Tensor>& inputs,
                       const Given& given = {}) {
    const auto found = taped(operation, inputs, given);
    transform(operation, inputs, given).sum().backward();
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined() || !inputs[i].requires_grad()) continue;
      EXPECT_TRUE(at::allclose(found[i], inputs[i].grad(), 1e-12, 1e-12, true)) << operation << " " << i;
      inputs[i].mutable_grad().reset();
    }
  }

  static at::Tensor numbers(at::IntArrayRef sizes) {
    const auto count = c10::multiply_integers(sizes);
    return at::linspace(-1.3, 2.1, count, at::kDouble).sin().mul(3).view(sizes).requires_grad_();
  }
};

TEST_F(LossDerivativesTest, IgnoredLabelsTakeNoShareOfTheSmoothing) {
  const at::Tensor labels = at::tensor({0, 2, -100, 1, -100, 1}, at::kLong);
  const at::Tensor weight = at::tensor({0.5, 2.0, 1.0}, at::kDouble);
  for (const char* reduction : {"mean", "sum", "none"})
    for (const at::Tensor& weights : {at::Tensor(), weight})
      for (double smoothing : {0.0, 0.2}) {
        const Given given = {{"reduction", std::string(reduction)}, {"label_smoothing", smoothing}};
        expect_recorded("cross_entropy", {numbers({6, 3}), labels, weights}, given);
        expect_recorded("cross_entropy", {numbers({2, 3, 3}), labels.view({2, 3}), weights}, given);
        expect_recorded("cross_entropy", {numbers({1, 3, 2, 3}), labels.view({1, 2, 3}), weights}, given);
      }
}

TEST_F(LossDerivativesTest, ProbabilitiesOfClassesHaveGradientsToo) {
  for (const char* reduction : {"mean", "sum", "none"})
    expect_recorded("cross_entropy", {numbers({4, 3, 2}), numbers({4, 3, 2}), at::Tensor()},
                    {{"reduction", std::string(reduction)}, {"label_smoothing", 0.1}});
}

TEST_F(LossDerivativesTest, LabelsThatAreNoClassAreRefusedInWords) {
  try {
    taped("cross_entropy", {numbers({2, 3}), at::tensor({0, 3}, at::kLong), at::Tensor()}, {});
    FAIL() << "the label was taken";
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "label 3 is out of range: the scores are for 3 classes, labelled 0 to 2");
  }
}

TEST_F(LossDerivativesTest, TargetsHaveGradientsWhereAutogradGivesThem) {
  const at::Tensor chances = at::linspace(0.1, 0.9, 6, at::kDouble).view({2, 3});
  const auto chance = [&] { return chances.detach().clone().requires_grad_(); };
  for (const char* loss : {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"})
    expect_recorded(loss, {numbers({2, 3}), chance()});
  expect_recorded("kl_div", {numbers({2, 3}), chance()}, {{"log_target", true}});
  expect_recorded("poisson_nll_loss", {numbers({2, 3}), chance()}, {{"full", true}});
  expect_recorded("binary_cross_entropy", {chance(), (1 - chances).requires_grad_(), at::Tensor()});
  expect_recorded("binary_cross_entropy_with_logits",
                  {numbers({2, 3}), chance(), at::Tensor(), at::tensor({1.0, 2.0, 0.5}, at::kDouble)});
  expect_recorded("gaussian_nll_loss", {numbers({2, 3}), chance(), chance()});
  expect_recorded("margin_ranking_loss", {numbers({6}), chance().view({6}).detach().requires_grad_(),
                                          at::tensor({1, -1, 1, 1, -1, -1}, at::kDouble)});
}

TEST_F(LossDerivativesTest, SignsChooseWhichPartOfAMarginCounts) {
  const at::Tensor signs = at::tensor({1, -1, -1, 1}, at::kDouble);
  expect_recorded("hinge_embedding_loss", {numbers({4}), signs});
  expect_recorded("soft_margin_loss", {numbers({4}), signs});
  expect_recorded("cosine_embedding_loss",
                  {numbers({4, 3}), numbers({4, 3}).detach().cos().requires_grad_(), signs});
}

TEST_F(LossDerivativesTest, EqualDistancesShareTheGradientOfASwap) {
  const at::Tensor anchor = at::zeros({1, 2}, at::kDouble).requires_grad_();
  const at::Tensor positive = at::tensor({2.0, 0.0}, at::kDouble).view({1, 2}).requires_grad_();
  const at::Tensor negative = at::tensor({1.0, 3.0}, at::kDouble).view({1, 2}).requires_grad_();
  const Given swap = {{"swap", true}, {"eps", 0.0}, {"margin", 5.0}};
  expect_recorded("triplet_margin_loss", {anchor, positive, negative}, swap);
  expect_recorded("triplet_margin_loss",
                  {numbers({4, 3}), numbers({4, 3}).detach().cos().requires_grad_(),
                   numbers({4, 3}).detach().exp().requires_grad_()},
                  swap);
}

TEST_F(LossDerivativesTest, ManyDistancesComeFromProductsOfMatrices) {
  const at::Tensor few = at::linspace(-1, 1, 12, at::kDouble).view({4, 3}).requires_grad_();
  for (std::int64_t rows : {25, 26}) expect_recorded("cdist", {numbers({rows, 3}), few});
}

TEST_F(LossDerivativesTest, VectorsOfLengthZeroHaveNoDirection) {
  const at::Tensor zero = at::zeros({2, 3}, at::kDouble);
  for (double p : {1.0, 1.5, 2.0, 3.0})
    expect_recorded("pairwise_distance", {zero.clone().requires_grad_(), zero}, {{"p", p}, {"eps", 0.0}});
  expect_recorded("cosine_similarity", {zero.clone().requires_grad_(), numbers({2, 3})});
}

}  // namespace
}  // namespace orrery
