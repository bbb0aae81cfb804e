#include "runtime/engine/training/tensor_statistics.h"

#include <limits>

#include <ATen/ATen.h>

namespace orrery {

TensorStatistics statistics_of(const at::Tensor& tensor) {
  const at::Tensor held = tensor.detach().to(at::kCPU).reshape({-1});
  const at::Tensor numbers = (held.is_complex() ? held.abs() : held).to(at::kDouble);
  const at::Tensor finite = numbers.masked_select(numbers.isfinite());
  TensorStatistics found{.count = numbers.numel(), .not_finite = numbers.numel() - finite.numel()};
  if (finite.numel() == 0) {
    found.min = found.max = found.mean = found.std = std::numeric_limits<double>::quiet_NaN();
    return found;
  }
  found.min = finite.min().item<double>();
  found.max = finite.max().item<double>();
  found.mean = finite.mean().item<double>();
  found.std = finite.numel() > 1 ? finite.std().item<double>() : 0;
  found.zeros = finite.eq(0).sum().item<double>() / static_cast<double>(found.count);
  return found;
}

}  // namespace orrery
