#include "runtime/engine/training/gradient_accumulation.h"

#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace orrery {
namespace {

std::string key_of(size_t list, size_t place) { return fmt::format("gradient.{}.{}", list, place); }

}  // namespace

// Not in place: gradients may share memory with each other, or be views that are written to only once.
bool GradientAccumulation::add(const std::vector<std::vector<at::Tensor>>& gradients, bool last) {
  const c10::NoGradGuard no_grad;
  sums_.resize(gradients.size());
  for (size_t i = 0; i < gradients.size(); ++i) {
    sums_[i].resize(gradients[i].size());
    for (size_t p = 0; p < gradients[i].size(); ++p) {
      at::Tensor& sum = sums_[i][p];
      const at::Tensor& gradient = gradients[i][p];
      if (gradient.defined()) sum = sum.defined() ? sum + gradient : gradient;
    }
  }
  return ++seen_ >= batches_ || last;
}

std::vector<std::vector<at::Tensor>> GradientAccumulation::take() {
  seen_ = 0;
  return std::exchange(sums_, {});
}

void GradientAccumulation::save(Checkpoint& to) const {
  to.numbers["accumulation.seen"] = static_cast<double>(seen_);
  for (size_t i = 0; i < sums_.size(); ++i)
    for (size_t p = 0; p < sums_[i].size(); ++p)
      if (sums_[i][p].defined()) to.tensors.push_back({key_of(i, p), sums_[i][p]});
}

void GradientAccumulation::load(const Checkpoint& from,
                                const std::vector<std::vector<at::Tensor>>& parameters) {
  seen_ = from.count("accumulation.seen");
  sums_.assign(parameters.size(), {});
  for (size_t i = 0; i < parameters.size(); ++i) {
    sums_[i].resize(parameters[i].size());
    for (size_t p = 0; p < parameters[i].size(); ++p)
      if (const at::Tensor* sum = from.find(key_of(i, p))) sums_[i][p] = sum->to(parameters[i][p].device());
  }
}

}  // namespace orrery
