// Where a derivative jumps, which random numbers do not hit.
#include <limits>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/ops/operations.h"
#include "tests/engine/kernels/calls.h"

namespace orrery {
namespace {

using Tensors = std::vector<at::Tensor>;
using Options = std::vector<Attributes::Entry>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

at::Tensor row(std::vector<double> numbers) { return at::tensor(numbers, at::kDouble); }
at::Tensor gradient_for(const at::Tensor& output) {
  return at::linspace(0.5, 1.5, output.numel(), output.options()).view(output.sizes());
}

// One operation on numbers that all have gradients; the ports behind them are not linked.
class Limits {
 public:
  Limits(const char* operation, const Options& options)
      : descriptor_(operations().get(operation)),
        attributes_(checked_attributes(descriptor_.attributes, options)) {}

  bool is_covered(const Tensors& inputs) const {
    const Tensors all = with_unlinked(inputs);
    return !rule().covers || rule().covers(context(all));
  }

  Tensors by_autograd(const Tensors& inputs) const {
    const c10::AutoGradMode recording(true);
    Tensors leaves;
    for (const at::Tensor& input : inputs) leaves.push_back(input.detach().clone().requires_grad_());
    const Tensors all = with_unlinked(leaves);
    const at::Tensor output = kernel_of(descriptor_)(context(all))[0];
    return torch::autograd::grad({output}, leaves, {gradient_for(output.detach())}, false, false, true);
  }

  Tensors by_rule(const Tensors& inputs) const {
    const c10::AutoGradMode recording(false);
    const Tensors all = with_unlinked(inputs);
    const KernelContext call = context(all);
    const Kept made = rule().forward ? rule().forward(call) : Kept{kernel_of(descriptor_)(call), {}};
    std::vector<TensorLike> like(all.size());
    std::vector<bool> wanted(all.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      like[i] = {inputs[i].sizes().vec(), inputs[i].options()};
      wanted[i] = true;
    }
    const Tensors gradients = {gradient_for(made.outputs[0])};
    return rule().backward({.call = call,
                            .inputs = like,
                            .outputs = made.outputs,
                            .kept = made.kept,
                            .gradients = gradients,
                            .wanted = wanted});
  }

 private:
  const DerivativeEntry& rule() const { return *derivative_of(descriptor_); }
  Tensors with_unlinked(Tensors inputs) const {
    inputs.resize(descriptor_.inputs.size());
    return inputs;
  }
  KernelContext context(const Tensors& inputs) const {
    return {.attributes = attributes_, .descriptor = &descriptor_, .inputs = inputs};
  }

  const Descriptor& descriptor_;
  const Attributes attributes_;
};

void expect_autograds(const char* operation, const Tensors& inputs, const Options& options = {}) {
  const Limits limits(operation, options);
  const Tensors expected = limits.by_autograd(inputs), found = limits.by_rule(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor nothing = at::zeros_like(inputs[i]);
    const at::Tensor& one = found[i].defined() ? found[i] : nothing;
    EXPECT_TRUE(at::allclose(one, expected[i].defined() ? expected[i] : nothing, 0, 0, true))
        << operation << ", input " << i << ": " << one;
  }
}

TEST(DerivativeLimitsTest, EqualOperandsShareAsInAutograd) {
  const Tensors equal_and_not = {row({1, 2, 3, kNaN, 1, kInfinity}), row({1, 3, 2, 1, kNaN, kInfinity})};
  for (const char* operation : {"maximum", "minimum", "fmax", "fmin"})
    expect_autograds(operation, equal_and_not);
}

TEST(DerivativeLimitsTest, BoundsKeepTheGradientOfWhatIsOnThem) {
  const at::Tensor numbers = row({0, 1, 2, kNaN});
  expect_autograds("clamp", {numbers}, {{"min", 1.0}, {"max", 2.0}});
  expect_autograds("clamp_min", {numbers}, {{"min", 1.0}});
  expect_autograds("clamp_max", {numbers}, {{"max", 1.0}});
  expect_autograds("clamp_min", {numbers, row({1, 1, 1, 1})});
  expect_autograds("clamp_max", {numbers, row({1, 1, 1, 1})});
}

TEST(DerivativeLimitsTest, CrossedAndEqualBoundsAreAutograds) {
  const auto grid = at::meshgrid({row({0, 1, 2}), row({0, 1, 2}), row({0, 1, 2})}, "ij");
  expect_autograds("clamp", {grid[0], grid[1], grid[2]});
}

// LibTorch's own derivative fails here: it combines the bounds in a tensor of the lower one's shape.
TEST(DerivativeLimitsTest, BoundsOfManyValuesClampOneNumber) {
  const Tensors found = Limits("clamp", {}).by_rule({row({1}), row({0}), row({0, 1, -1})});
  EXPECT_TRUE(found[0].equal(row({1}))) << found[0];
  EXPECT_TRUE(found[1].equal(row({0}))) << found[1];
  EXPECT_TRUE(found[2].equal(row({0.5, 0, 1.5}))) << found[2];
}

TEST(DerivativeLimitsTest, PowersAtZeroAreAutograds) {
  expect_autograds("pow", {row({0, 0, 0, 0, -1}), row({0, 2, -1, 0.5, 2})});
  for (double exponent : {0.0, 0.5, 1.0, 2.0, -1.0})
    expect_autograds("pow", {row({0, 1, -1})}, {{"exponent", exponent}});
  expect_autograds("xlogy", {row({0, 0, 0, 1}), row({0, -1, 1, 0})});
}

TEST(DerivativeLimitsTest, BendsAreAutograds) {
  const at::Tensor bends = row({-3, -1, -0.5, -0.0, 0, 0.5, 1, 3, 6, 20, kInfinity, -kInfinity, kNaN});
  for (const char* operation :
       {"relu", "relu6", "leaky_relu", "hardtanh", "hardsigmoid", "hardswish", "hardshrink", "softshrink",
        "elu", "selu", "celu", "softplus", "softsign", "logsigmoid", "abs", "sinc", "nan_to_num", "sqrt"})
    expect_autograds(operation, {bends});
  expect_autograds("threshold", {bends}, {{"threshold", 1.0}, {"value", 3.0}});
}

TEST(DerivativeLimitsTest, DroppingNothingOrEverythingIsAutograds) {
  const at::Tensor image = row({1, -2, 3, 4, 5, -6, 7, 8}).view({1, 2, 2, 2});
  for (const char* operation : {"dropout", "dropout2d", "alpha_dropout", "feature_alpha_dropout"})
    for (double p : {0.0, 1.0})
      for (bool training : {true, false})
        expect_autograds(operation, {image}, {{"p", p}, {"training", training}});
}

TEST(DerivativeLimitsTest, LeavesSlopesThatFlipTheSignToAutograd) {
  EXPECT_TRUE(Limits("leaky_relu", {{"negative_slope", 0.0}}).is_covered({row({1})}));
  EXPECT_FALSE(Limits("leaky_relu", {{"negative_slope", -0.1}}).is_covered({row({1})}));
}

}  // namespace
}  // namespace orrery
