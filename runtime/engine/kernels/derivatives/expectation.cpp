#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {
namespace {

std::vector<at::Tensor> expect_backward(const DerivativeContext& d) { return d.result({d.gradient()}); }

constexpr DerivativeEntry kExpectationDerivatives[] = {{"expect", expect_backward}};

}  // namespace

std::span<const DerivativeEntry> expectation_derivatives() { return kExpectationDerivatives; }

}  // namespace orrery
