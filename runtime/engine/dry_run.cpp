#include "runtime/engine/dry_run.h"

#include <ATen/ATen.h>

namespace orrery {
namespace {

at::Tensor sample(const TensorType& type) {
  const std::vector<std::int64_t> sizes = values(type.shape);
  const at::TensorOptions options(scalar_type(type.dtype));
  if (!is_floating(type.dtype) && !is_complex(type.dtype)) return at::zeros(sizes, options);
  const auto count = c10::multiply_integers(sizes);
  return at::arange(1, count + 1, at::kDouble).sin_().mul_(0.49).add_(0.5).view(sizes).to(options);
}

}  // namespace

DryRun::DryRun(Engine& engine) : engine_(engine), turn_(engine), generator_(engine.generator_state()) {}

DryRun::~DryRun() { engine_.set_generator_state(generator_); }

std::vector<at::Tensor> sample_tensors(const std::vector<const TensorType*>& types) {
  std::vector<at::Tensor> tensors;
  for (const TensorType* type : types) tensors.push_back(type ? sample(*type) : at::Tensor());
  return tensors;
}

std::vector<TensorType> types_of(const std::vector<at::Tensor>& tensors) {
  std::vector<TensorType> types;
  for (const at::Tensor& tensor : tensors) types.push_back(type_of(tensor));
  return types;
}

}  // namespace orrery
