#include "runtime/engine/data/dataset.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/data/samples.h"

namespace orrery {
namespace {

std::vector<at::Tensor> all_of(const Samples& samples, const DataSource& source) {
  std::vector<std::vector<at::Tensor>> columns(source.sample.size());
  for (std::int64_t i = 0; i < samples.length(); ++i) {
    try {
      std::vector<at::Tensor> sample = samples.at(i, 1);
      for (size_t field = 0; field < columns.size(); ++field)
        columns[field].push_back(std::move(sample.at(field)));
    } catch (const std::exception&) {
      rethrow_for_sample(samples, i, source.origin.site);
    }
  }
  std::vector<at::Tensor> tensors;
  for (const auto& column : columns) tensors.push_back(at::stack(column));
  return tensors;
}

}  // namespace

std::int64_t Dataset::bytes() const {
  std::int64_t sum = 0;
  for (const at::Tensor& tensor : tensors) sum += static_cast<std::int64_t>(tensor.nbytes());
  return sum;
}

Dataset Dataset::to(const at::Device& device) const {
  Dataset moved = *this;
  for (at::Tensor& tensor : moved.tensors) tensor = tensor.to(device);
  return moved;
}

Dataset load(const DataSource& source, std::uint64_t run_seed) {
  const c10::NoGradGuard no_grad;
  const auto samples = open_samples(source, run_seed);
  const Dataset* set = samples->in_memory();
  return {source.fields, set ? set->tensors : all_of(*samples, source), source.classes, source.length};
}

}  // namespace orrery
