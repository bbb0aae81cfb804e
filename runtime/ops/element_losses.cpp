#include <fmt/format.h>

#include "runtime/ops/loss.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

constexpr int kTarget = 1, kVar = 2, kWeight = 2, kPosWeight = 3;

DType joined(const ShapeContext& context) {
  return result_type({operand(context.input(0)), operand(context.input(kTarget))});
}

std::vector<TensorType> mse_rule(ShapeContext& context) {
  expect_like_input(context, kTarget);
  const DType dtype = joined(context);
  if (!is_floating(dtype)) context.expect_floating(0);
  return reduced(context, context.shape(), dtype);
}

std::vector<TensorType> difference_rule(ShapeContext& context) {
  for (int port : {0, kTarget}) expect_no_boolean(context, port);
  return mse_rule(context);
}

std::vector<TensorType> input_dtype_rule(ShapeContext& context) {
  context.expect_floating(0);
  expect_like_input(context, kTarget);
  return reduced(context, context.shape(), context.input(0).dtype);
}

std::vector<TensorType> kl_div_rule(ShapeContext& context) {
  for (int port : {0, kTarget}) context.expect_floating(port);
  expect_like_input(context, kTarget);
  if (context.attributes().text("reduction") == "batchmean" && context.rank() == 0)
    context.expects(0, "an input with a batch for reduction = 'batchmean'", "a scalar");
  return reduced(context, context.shape(), joined(context));
}

std::vector<TensorType> binary_rule(ShapeContext& context) {
  context.expect_floating(0);
  expect_input_dtype(context, kTarget);
  expect_like_input(context, kTarget);
  expect_spreadable(context, "weight", kWeight, context.shape());
  return reduced(context, context.shape(), context.input(0).dtype);
}

std::vector<TensorType> binary_logits_rule(ShapeContext& context) {
  expect_spreadable(context, "pos_weight", kPosWeight, context.shape());
  return binary_rule(context);
}

std::vector<TensorType> poisson_rule(ShapeContext& context) {
  context.expect_floating(0);
  expect_no_boolean(context, kTarget);
  expect_like_input(context, kTarget);
  return reduced(context, context.shape(), joined(context));
}

// One variance for each element, or one for each last dimension.
void expect_variances(ShapeContext& context) {
  const Shape &input = context.shape(), &var = context.shape(kVar);
  Shape rows = input;
  if (var.size() + 1 == input.size()) {
    rows.pop_back();
  } else if (!input.empty() && var.size() == input.size() && var.back() == Dim(1)) {
    rows.back() = 1;
  }
  expect_shape_of(context, kVar, rows, "variances");
}

std::vector<TensorType> gaussian_rule(ShapeContext& context) {
  context.expect_floating(0);
  for (int port : {kTarget, kVar}) expect_input_dtype(context, port);
  expect_like_input(context, kTarget);
  expect_variances(context);
  return reduced(context, context.shape(), context.input(0).dtype);
}

Attribute positive(std::string name, std::string doc) {
  Attribute attribute = real_or(std::move(name), 1, std::move(doc));
  attribute.min = 0;
  attribute.above_min = true;
  return attribute;
}

std::vector<Loss> regressions() {
  const std::vector<Port> ports = loss_ports("(…)", "as the input");
  Attribute beta = real_or("beta", 1, "where the square becomes a line");
  beta.min = 0;
  return {
      {"MSELoss",
       "mse_loss",
       "Mean squared error; both sides must have one shape, where PyTorch would broadcast with a warning.",
       ports,
       {reduction()},
       mse_rule},
      {"L1Loss", "l1_loss", "Mean absolute error.", ports, {reduction()}, difference_rule},
      {"SmoothL1Loss",
       "smooth_l1_loss",
       "Squared error near 0, divided by beta, and absolute error beyond.",
       ports,
       {reduction(), beta},
       difference_rule},
      {"HuberLoss",
       "huber_loss",
       "Half the squared error near 0, and delta times the absolute error beyond.",
       ports,
       {reduction(), positive("delta", "where the square becomes a line")},
       input_dtype_rule},
  };
}

std::vector<Loss> likelihoods() {
  const Attribute weight = weights("weight", "importance of each element; broadcasts");
  Attribute batchmean = reduction();
  batchmean.choices.insert(batchmean.choices.begin() + 1, "batchmean");
  std::vector<Port> gaussian = loss_ports("the means", "as the input");
  gaussian.push_back({.name = "var", .doc = "the variances: as the input, or one for each last dimension"});
  return {
      {"KLDivLoss",
       "kl_div",
       "Kullback-Leibler divergence of the target from the input's log probabilities.",
       loss_ports("log probabilities (…)", "probabilities, as the input"),
       {batchmean, flag("log_target", false, "the target holds log probabilities")},
       kl_div_rule},
      {"BCELoss",
       "binary_cross_entropy",
       "Binary cross entropy of probabilities.",
       loss_ports("probabilities (…)", "probabilities, as the input"),
       {weight, reduction()},
       binary_rule},
      {"BCEWithLogitsLoss",
       "binary_cross_entropy_with_logits",
       "Sigmoid and binary cross entropy in one, without overflow.",
       loss_ports("scores (…)", "probabilities, as the input"),
       {weight, reduction(), weights("pos_weight", "importance of each positive target; broadcasts")},
       binary_logits_rule},
      {"PoissonNLLLoss",
       "poisson_nll_loss",
       "Negative log likelihood of counts with a Poisson distribution.",
       loss_ports("expectations, or their logarithms", "counts, as the input"),
       {flag("log_input", true, "the input holds logarithms"),
        flag("full", false, "adds Stirling's term for the factorial"),
        eps_of(1e-8, "added before the logarithm of an expectation"), reduction()},
       poisson_rule},
      {"GaussianNLLLoss",
       "gaussian_nll_loss",
       "Negative log likelihood with a normal distribution.",
       gaussian,
       {flag("full", false, "adds the constant term"), eps_of(1e-6, "the least variance"), reduction()},
       gaussian_rule},
  };
}

std::vector<Loss> signs() {
  const std::string sign = "1 or -1, as the input";
  return {
      {"SoftMarginLoss",
       "soft_margin_loss",
       "log(1 + exp(-target * input)).",
       loss_ports("scores (…)", sign),
       {reduction()},
       input_dtype_rule},
      {"HingeEmbeddingLoss",
       "hinge_embedding_loss",
       "Distances that should be small where the target is 1, and beyond a margin where it is -1.",
       loss_ports("distances (…)", sign),
       {real_or("margin", 1, "beyond it nothing is lost"), reduction()},
       input_dtype_rule},
  };
}

}  // namespace

std::vector<Loss> element_losses() {
  std::vector<Loss> all;
  for (auto& group : {regressions(), likelihoods(), signs()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace orrery
