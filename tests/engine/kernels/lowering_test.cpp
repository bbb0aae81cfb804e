#include "runtime/engine/kernels/lowering.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/kernels/compute.h"
#include "runtime/ops/operations.h"
#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

constexpr int kDraws = 400, kResults = 20;

// LibTorch's results of random calls on contiguous tensors.
std::vector<at::Tensor> some_results_of(Engine& engine, Runtime& runtime, const Descriptor& descriptor) {
  Dice dice(7);
  std::vector<at::Tensor> results;
  for (int i = 0; i < kDraws && results.size() < kResults; ++i) {
    const auto one = random_case(descriptor, dice);
    if (!one || !infer(descriptor, *one)) continue;
    std::vector<at::Tensor> inputs;
    for (size_t p = 0; p < one->inputs.size(); ++p)
      inputs.push_back(one->inputs[p] ? plain_value(descriptor, *one, p).contiguous() : at::Tensor());
    if (descriptor.kind == OperationKind::transform)
      results.push_back(compute(engine, descriptor, one->attributes, inputs)[0]);
    else
      results.push_back(compute(engine, *runtime.make_layer(descriptor, one->attributes, {}), inputs)[0]);
  }
  return results;
}

TEST(LoweringTest, ResultsThatAreSaidToLieInOrderDo) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  int said = 0;
  for (const auto& descriptor : operations().all()) {
    const LoweringEntry* const entry = lowering_of(*descriptor);
    if (!entry || entry->order == ResultOrder::unknown) continue;
    ++said;
    const std::vector<at::Tensor> results = some_results_of(engine, runtime, *descriptor);
    EXPECT_FALSE(results.empty()) << descriptor->name;
    for (const at::Tensor& result : results)
      EXPECT_TRUE(result.is_contiguous())
          << descriptor->name << " " << result.sizes() << " " << result.strides();
  }
  EXPECT_GT(said, 20);
}

}  // namespace
}  // namespace orrery
