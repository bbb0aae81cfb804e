#include "runtime/ops/expectation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/rule.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

// A graph has asked for shape and dtype; where a symbol stands for a number, its guards have.
void expect_type(const KernelContext& k) {
  expect_rule("expect", k);
  if (!k.attributes.has("shape")) return;
  const Shape given = type_of(k.input()).shape;
  if (!has_expected_shape(k.attributes, given)) throw unexpected_shape(k.attributes, given);
}

void expect_range(const KernelContext& k) {
  const std::vector<double>& range = k.attributes.reals("range");
  const at::Tensor values = k.input().detach();
  if (values.numel() == 0) return;
  const auto [low, high] = values.to(at::kDouble).aminmax();
  const double least = low.item<double>(), most = high.item<double>();
  if (std::isnan(least)) throw unexpected_range(k.attributes, "NaN");
  if (least < range[0] || most > range[1])
    throw unexpected_range(k.attributes, fmt::format("values between {:g} and {:g}", least, most));
}

std::vector<at::Tensor> expect(const KernelContext& k) {
  if (!k.symbols) expect_type(k);
  if (k.attributes.has("range")) expect_range(k);
  return {at::alias(k.input())};
}

constexpr KernelEntry kExpectationKernels[] = {{"expect", expect}};

}  // namespace

std::span<const KernelEntry> expectation_kernels() { return kExpectationKernels; }

}  // namespace orrery
