#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "runtime/core/error.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/kernels/taped_call.h"
#include "runtime/ops/operations.h"
#include "tests/engine/kernels/double_case.h"

namespace orrery {
namespace {

constexpr int kDerivativeTries = 600;
constexpr int kDerivativesWanted = 4;  // calls that are compared for each operation
constexpr std::uint64_t kDerivativeSeed = 5;
constexpr double kDerivativeError = 1e-12;

using TensorList = std::vector<at::Tensor>;

// One call with a layer of its own, so that both ways begin with the same buffers.
class DifferentiatedCall {
 public:
  DifferentiatedCall(const Descriptor& descriptor, const RandomCase& one, bool training)
      : descriptor_(descriptor), attributes_(one.attributes), training_(training) {
    runtime_.draws.seed(kDerivativeSeed);
    const Engine::Turn turn(engine_);
    DoubleInputs made = double_inputs(descriptor, one);
    for (size_t i = 0; i < made.tensors.size(); ++i) {
      if (made.moved[i]) made.tensors[i].requires_grad_();
      wanted_.push_back(made.moved[i]);
    }
    inputs_ = conditioned(descriptor, std::move(made.tensors));
    for (at::Tensor& input : inputs_)
      if (input.defined()) input = input.detach();
    if (descriptor.kind != OperationKind::layer) return;
    layer_ = std::make_unique<Layer>(descriptor, attributes_, Origin{});
    for (const ParameterPtr& parameter : layer_->parameters()) {
      owned_.push_back(engine_.tensor(parameter));
      wanted_.push_back(!parameter->buffer);
    }
  }

  const TensorList& outputs() const { return outputs_; }
  const TensorList& owned() const { return owned_; }
  const std::vector<bool>& wanted() const { return wanted_; }

  void record() {
    runtime_.draws.seed(kDerivativeSeed + 1);
    const Engine::Turn turn(engine_);
    const c10::AutoGradMode on(true);
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (wanted_[i]) inputs_[i].requires_grad_();
    outputs_ = kernel_of(descriptor_)(context());
  }
  TensorList backward_recorded(const TensorList& gradients) {
    TensorList roots, of_roots, leaves;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (!gradients[i].defined() || !outputs_[i].requires_grad()) continue;
      roots.push_back(outputs_[i]);
      of_roots.push_back(gradients[i]);
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      if (!wanted_[i]) continue;
      leaves.push_back(i < inputs_.size() ? inputs_[i] : owned_[i - inputs_.size()]);
    }
    if (roots.empty() || leaves.empty()) return {};
    return torch::autograd::grad(roots, leaves, of_roots, false, false, true);
  }

  // False when the call is left to autograd.
  bool tape() {
    runtime_.draws.seed(kDerivativeSeed + 1);
    const Engine::Turn turn(engine_);
    const c10::AutoGradMode off(false);
    outputs_ = taped_.forward(context(), owned_, wanted_);
    return !taped_.recorded();
  }
  TensorList backward_taped(const TensorList& gradients) {
    const c10::AutoGradMode off(false);
    const TensorList all = taped_.backward(gradients, wanted_, false);
    TensorList asked;
    for (size_t i = 0; i < wanted_.size(); ++i)
      if (wanted_[i]) asked.push_back(all[i]);
    return asked;
  }

 private:
  KernelContext context() const {
    KernelContext context{.attributes = attributes_,
                          .descriptor = &descriptor_,
                          .inputs = inputs_,
                          .parameters = owned_,
                          .training = training_};
    if (layer_) context.parameter_names = layer_->read_slots();
    return context;
  }

  const Descriptor& descriptor_;
  const Attributes attributes_;
  const bool training_;
  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_);
  std::unique_ptr<Layer> layer_;
  TensorList inputs_, owned_, outputs_;
  std::vector<bool> wanted_;
  TapedCall taped_;
};

// Now and then nothing comes back to one of several outputs.
TensorList random_gradients(const TensorList& outputs, Dice& dice) {
  const at::Generator numbers = at::make_generator<at::CPUGeneratorImpl>(kDerivativeSeed);
  TensorList gradients;
  for (const at::Tensor& output : outputs) {
    const bool real = output.defined() && output.is_floating_point();
    const bool none = outputs.size() > 1 && dice.one_in(4);
    gradients.push_back(real && !none ? at::randn(output.sizes(), numbers, output.options()) : at::Tensor());
  }
  return gradients;
}

void expect_equal_gradients(const at::Tensor& found, const at::Tensor& expected, const std::string& what) {
  if (!expected.defined()) {
    EXPECT_TRUE(!found.defined() || found.count_nonzero().item<std::int64_t>() == 0) << what;
    return;
  }
  ASSERT_TRUE(found.defined()) << what;
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  ASSERT_EQ(found.dtype(), expected.dtype()) << what;
  if (!expected.is_floating_point()) {
    EXPECT_TRUE(found.equal(expected)) << what;
    return;
  }
  EXPECT_TRUE(at::allclose(found, expected, kDerivativeError, kDerivativeError, true))
      << what << " differs by " << (found - expected).abs().max().item<double>();
}

// False when the call does not fit, has no gradient, or is left to autograd.
bool compared(const Descriptor& descriptor, const RandomCase& one, bool training, Dice& dice) {
  DifferentiatedCall recorded(descriptor, one, training), taped(descriptor, one, training);
  try {
    recorded.record();
  } catch (const RuleBroken&) {
    return false;
  } catch (const std::exception&) {
    return false;
  }
  if (std::ranges::any_of(recorded.outputs(), [](const auto& t) { return t.defined() && t.is_complex(); }))
    return false;
  if (!taped.tape()) return false;
  const TensorList gradients = random_gradients(recorded.outputs(), dice);
  if (std::ranges::none_of(gradients, [](const auto& t) { return t.defined(); })) return false;
  for (size_t i = 0; i < recorded.outputs().size(); ++i)
    expect_equal_gradients(taped.outputs()[i], recorded.outputs()[i].detach(), fmt::format("output {}", i));
  TensorList expected;
  try {
    expected = recorded.backward_recorded(gradients);
  } catch (const std::exception&) {
    return false;  // some mixes of dtypes and shapes are too much for autograd
  }
  if (expected.empty()) return false;
  const TensorList found = taped.backward_taped(gradients);
  for (size_t i = 0; i < expected.size(); ++i)
    expect_equal_gradients(found[i], expected[i], fmt::format("gradient {}", i));
  for (size_t i = 0; i < recorded.owned().size(); ++i)
    expect_equal_gradients(taped.owned()[i].detach(), recorded.owned()[i].detach(),
                           fmt::format("the layer's {}", i));
  return true;
}

class DerivativesTest : public testing::TestWithParam<DerivativeEntry> {};

TEST_P(DerivativesTest, AreThoseOfAutograd) {
  const Descriptor& descriptor = *operations().find(GetParam().operation);
  Dice dice(31);
  int done = 0;
  for (int i = 0; i < kDerivativeTries && done < kDerivativesWanted; ++i) {
    const auto drawn = random_case(descriptor, dice);
    if (!drawn) continue;
    const RandomCase one = in_double(descriptor, *drawn);
    if (!infer(descriptor, one)) continue;
    SCOPED_TRACE(describe(descriptor, one));
    done += compared(descriptor, one, i % 2 == 0, dice);
    if (HasFailure()) return;
  }
  EXPECT_GE(done, kDerivativesWanted) << "too few random calls are covered to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Operations, DerivativesTest, testing::ValuesIn(all_derivatives()),
                         [](const auto& test) {
                           return std::string(test.param.operation) + std::to_string(test.index);
                         });

TEST(DerivativesTableTest, NamesOperationsThatCanBeDifferentiated) {
  for (const DerivativeEntry& entry : all_derivatives()) {
    const Descriptor* descriptor = operations().find(entry.operation);
    ASSERT_NE(descriptor, nullptr) << entry.operation;
    EXPECT_TRUE(descriptor->differentiable) << entry.operation;
  }
}

TEST(DerivativesTableTest, HasARuleForMostOfWhatIsTrained) { EXPECT_GE(all_derivatives().size(), 120U); }

}  // namespace
}  // namespace orrery
