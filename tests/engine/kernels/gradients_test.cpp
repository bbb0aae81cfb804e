#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/engine/kernels/kernel.h"
#include "runtime/ops/operations.h"
#include "tests/engine/kernels/double_case.h"

namespace orrery {
namespace {

constexpr int kTries = 400;
constexpr int kWanted = 3;    // calls that are compared for each operation
constexpr int kElements = 8;  // elements of each tensor that are moved
constexpr double kStep = 1e-6;
constexpr std::uint64_t kSeed = 5;  // every evaluation draws the same numbers

// Real numbers, in which a complex tensor has two for each element.
at::Tensor parts_of(const at::Tensor& tensor) {
  return (tensor.is_complex() ? at::view_as_real(tensor.resolve_conj()) : tensor).reshape(-1);
}

// One call whose tensors can be moved.
class Call {
 public:
  Call(const Descriptor& descriptor, const RandomCase& one, bool training)
      : descriptor_(descriptor), attributes_(one.attributes), training_(training) {
    DoubleInputs inputs = double_inputs(descriptor, one);
    inputs_ = std::move(inputs.tensors);
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (inputs.moved[i]) moved_.push_back(inputs_[i].requires_grad_());
    if (descriptor.kind == OperationKind::layer) make_layer();
  }

  const std::vector<at::Tensor>& moved() const { return moved_; }

  // All outputs in one number, each element with another weight; undefined when nothing has a gradient.
  at::Tensor total() {
    runtime_.draws.seed(kSeed);
    const std::vector<at::Tensor> inputs = conditioned(descriptor_, inputs_);
    const std::vector<at::Tensor> outputs =
        layer_ ? compute(engine_, *layer_, inputs, training_)
               : compute(engine_, descriptor_, attributes_, inputs, training_);
    at::Tensor sum;
    for (const at::Tensor& output : outputs) {
      if (!output.is_floating_point() && !output.is_complex()) continue;
      const at::Tensor real = output.is_complex() ? at::view_as_real(output.resolve_conj()) : output;
      const at::Tensor weights = at::linspace(0.5, 1.5, real.numel(), at::kDouble).view(real.sizes());
      const at::Tensor part = (real * weights).sum();
      sum = sum.defined() ? sum + part : part;
    }
    return sum;
  }

  double moved_total(at::Tensor& tensor, std::int64_t element, double by) {
    const c10::NoGradGuard no_grad;
    at::Tensor flat = (tensor.is_complex() ? at::view_as_real(tensor) : tensor).view(-1);
    const double before = flat[element].item<double>();
    flat[element] = before + by;
    const double result = total().item<double>();
    flat[element] = before;
    return result;
  }

 private:
  void make_layer() {
    layer_ = std::make_unique<Layer>(descriptor_, attributes_, Origin{});
    for (const ParameterPtr& parameter : layer_->parameters())
      if (!parameter->buffer) moved_.push_back(engine_.tensor(parameter));
  }

  const Descriptor& descriptor_;
  const Attributes attributes_;
  const bool training_;
  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_);
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> moved_;
  std::unique_ptr<Layer> layer_;
};

// Each gradient against the difference that a small step makes.
void compare(Call& call) {
  for (at::Tensor tensor : call.moved()) {
    const at::Tensor gradient = parts_of(tensor.grad().defined() ? tensor.grad() : at::zeros_like(tensor));
    const std::int64_t stride = std::max<std::int64_t>(1, gradient.numel() / kElements);
    for (std::int64_t i = 0; i < gradient.numel(); i += stride) {
      const double difference =
          (call.moved_total(tensor, i, kStep) - call.moved_total(tensor, i, -kStep)) / (2 * kStep);
      const double found = gradient[i].item<double>();
      EXPECT_NEAR(found, difference, 1e-5 * std::abs(difference) + 1e-7) << "element " << i;
    }
  }
}

// False when nothing of the call has a gradient, or its numbers do not fit.
bool compared(Call& call) {
  at::Tensor total;
  try {
    total = call.total();
  } catch (const Error&) {
    return false;
  }
  if (call.moved().empty() || !total.defined() || !total.requires_grad()) return false;
  if (!total.isfinite().item<bool>()) return false;
  total.backward();
  compare(call);
  return true;
}

class GradientsTest : public testing::TestWithParam<const Descriptor*> {};

TEST_P(GradientsTest, AreTheLimitOfDifferences) {
  const Descriptor& descriptor = *GetParam();
  const CaseMaker& maker = maker_of(descriptor);
  if (!maker.no_differences.empty()) GTEST_SKIP() << maker.no_differences;
  Dice dice(14);
  int done = 0;
  for (int i = 0; i < kTries && done < kWanted; ++i) {
    const auto drawn = random_case(descriptor, dice);
    if (!drawn || (maker.smooth && !maker.smooth(*drawn))) continue;
    const RandomCase one = in_double(descriptor, *drawn);
    if (!infer(descriptor, one)) continue;
    SCOPED_TRACE(describe(descriptor, one));
    Call call(descriptor, one, done % 2 == 0);
    done += compared(call);
    if (HasFailure()) return;
  }
  EXPECT_GE(done, kWanted) << "too few random calls have a gradient to prove anything";
}

std::vector<const Descriptor*> differentiable_operations() {
  std::vector<const Descriptor*> all;
  for (const auto& descriptor : operations().all())
    if (descriptor->differentiable) all.push_back(descriptor.get());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Operations, GradientsTest, testing::ValuesIn(differentiable_operations()),
                         [](const auto& test) { return test.param->name + std::to_string(test.index); });

}  // namespace
}  // namespace orrery
