#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/kernels/compute.h"
#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/ops/operations.h"
#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

constexpr int kTriesEach = 40;  // for each call that is wanted

// Calls that are compared for each operation.
int wanted() { return std::getenv("ORRERY_TEST_FULL") ? 200 : 40; }

// Where a rule refuses what LibTorch computes; the case maker says why.
bool stricter_by_intent(const Descriptor& descriptor) {
  const auto found = case_makers().find(descriptor.name);
  return found != case_makers().end() && !found->second.stricter.empty();
}

// The shape with what was computed in the place of sizes that only the data tell.
Shape told(Shape shape, const at::Tensor& computed, const std::vector<Dim>& data_symbols) {
  for (size_t d = 0; d < shape.size(); ++d) {
    const bool by_data = std::ranges::find(data_symbols, shape[d]) != data_symbols.end();
    if (by_data && d < computed.sizes().size()) shape[d] = computed.size(static_cast<std::int64_t>(d));
  }
  return shape;
}

std::vector<at::Tensor> tensors_of(const Descriptor& descriptor, const RandomCase& one) {
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < one.inputs.size(); ++i)
    tensors.push_back(one.inputs[i] ? plain_value(descriptor, one, i) : at::Tensor());
  return tensors;
}

// Without the shape rule in front.
std::vector<at::Tensor> run_kernel(Engine& engine, const Descriptor& descriptor, const RandomCase& one,
                                   const std::vector<at::Tensor>& inputs) {
  const Engine::Turn turn(engine);
  if (descriptor.kind == OperationKind::transform)
    return kernel_of(descriptor)({.attributes = one.attributes, .inputs = inputs});
  const Layer layer(descriptor, one.attributes, {});
  const std::vector<at::Tensor> parameters = layer_tensors(engine, layer, false);
  return kernel_of(descriptor)({.attributes = one.attributes,
                                .inputs = inputs,
                                .parameters = parameters,
                                .parameter_names = layer.slots()});
}

class InferenceTest : public testing::TestWithParam<const Descriptor*> {
 protected:
  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_);
};

TEST_P(InferenceTest, WhatTheRuleAcceptsRunsAndGivesTheInferredTypes) {
  const Descriptor& descriptor = *GetParam();
  Dice dice(11);
  int accepted = 0;
  for (int i = 0; i < kTriesEach * wanted() && accepted < wanted(); ++i) {
    const auto one = random_case(descriptor, dice);
    if (!one) continue;
    const auto inferred = infer(descriptor, *one);
    if (!inferred) continue;
    ++accepted;
    SCOPED_TRACE(describe(descriptor, *one));
    std::vector<at::Tensor> outputs;
    ASSERT_NO_THROW(outputs = run_kernel(engine_, descriptor, *one, tensors_of(descriptor, *one)));
    ASSERT_EQ(outputs.size(), inferred->outputs.size());
    for (size_t k = 0; k < outputs.size(); ++k) {
      EXPECT_EQ(str(type_of(outputs[k]).shape),
                str(told(inferred->outputs[k].shape, outputs[k], inferred->data_symbols)));
      EXPECT_EQ(name(type_of(outputs[k]).dtype), name(inferred->outputs[k].dtype));
    }
  }
  EXPECT_EQ(accepted, wanted()) << "too few random calls fit to prove anything";
}

TEST_P(InferenceTest, WhatTheRuleRefusesLibTorchRefusesToo) {
  const Descriptor& descriptor = *GetParam();
  Dice dice(12);
  int refused = 0, stricter = 0;
  // Some operations refuse nothing that is drawn, and where a rule is stricter shows in few calls.
  for (int i = 0; i < 10 * wanted(); ++i) {
    const auto one = random_case(descriptor, dice);
    if (!one || infer(descriptor, *one)) continue;
    ++refused;
    try {
      run_kernel(engine_, descriptor, *one, tensors_of(descriptor, *one));
    } catch (const std::exception&) {
      continue;
    } catch (const RuleBroken&) {
      continue;
    }
    ++stricter;
    EXPECT_TRUE(stricter_by_intent(descriptor)) << describe(descriptor, *one);
  }
  // Some reasons are needed by so few calls that only the full tier draws one.
  if (stricter == 0 && std::getenv("ORRERY_TEST_FULL")) {
    EXPECT_FALSE(stricter_by_intent(descriptor)) << "none of " << refused << " refused calls needs a reason";
  }
}

TEST_P(InferenceTest, ASymbolicBatchInfersWhatItsValueInfers) {
  const Descriptor& descriptor = *GetParam();
  Dice dice(13);
  for (int i = 0; i < 10 * wanted(); ++i) {
    const auto one = random_case(descriptor, dice);
    if (!one || one->inputs.empty() || !one->inputs[0] || one->inputs[0]->shape.empty()) continue;
    const std::int64_t batch = one->inputs[0]->shape[0].value();
    const auto concrete = infer(descriptor, *one);
    if (batch < 2 || !concrete) continue;
    RandomCase symbolic = *one;
    for (auto& input : symbolic.inputs) {
      if (input && !input->shape.empty() && input->shape[0] == Dim(batch)) input->shape[0] = Dim::symbol("N");
    }
    const auto inferred = infer(descriptor, symbolic);
    if (!inferred) continue;
    SCOPED_TRACE(describe(descriptor, symbolic));
    const std::map<std::string, std::int64_t> values = {{"N", batch}};
    for (const Guard& guard : inferred->guards) {
      const auto first = guard.left.evaluate(values), second = guard.right.evaluate(values);
      if (!first || !second) continue;  // of a size that the data tell
      const std::int64_t left = *first, right = *second;
      EXPECT_TRUE(guard.relation == Guard::Relation::equal ? left == right : left >= right)
          << guard.otherwise.expected;
    }
    for (size_t k = 0; k < inferred->outputs.size(); ++k) {
      Shape shape;
      for (const Dim& dim : inferred->outputs[k].shape) shape.push_back(dim.substitute({{"N", batch}}));
      EXPECT_EQ(str(shape), str(concrete->outputs[k].shape));
      EXPECT_EQ(inferred->outputs[k].dtype, concrete->outputs[k].dtype);
    }
  }
}

std::vector<const Descriptor*> all_operations() {
  std::vector<const Descriptor*> all;
  for (const auto& descriptor : operations().all()) all.push_back(descriptor.get());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Operations, InferenceTest, testing::ValuesIn(all_operations()),
                         [](const auto& test) { return test.param->name + std::to_string(test.index); });

}  // namespace
}  // namespace orrery
