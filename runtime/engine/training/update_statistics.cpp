#include "runtime/engine/training/update_statistics.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace orrery {
namespace {

double sum_of_squares(const at::Tensor& tensor) {
  const at::Tensor real = tensor.is_complex() ? at::view_as_real(tensor) : tensor;
  const at::Tensor flat = real.reshape({-1}).to(at::kDouble);
  return flat.dot(flat).item<double>();
}

}  // namespace

UpdateStatistics::UpdateStatistics(Engine& engine, const Graph& graph) : engine_(engine) {
  for (const Graph::Entry& entry : graph.state_of_run())
    blocks_.try_emplace(entry.parameter.get(), entry.block ? entry.block->path() : "");
}

void UpdateStatistics::before_update(const std::vector<ParameterPtr>& parameters,
                                     const std::vector<at::Tensor>& gradients, bool made) {
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto block = blocks_.find(parameters[i].get());
    if (block == blocks_.end() || !gradients[i].defined()) continue;
    looks_[block->second].gradient += sum_of_squares(gradients[i].detach());
    if (made) before_.push_back({parameters[i], engine_.tensor(parameters[i]).detach().clone()});
  }
}

void UpdateStatistics::after_update() {
  const Engine::Turn turn(engine_);
  const c10::NoGradGuard no_grad;
  for (const auto& [parameter, value] : before_) {
    Look& look = looks_[blocks_.at(parameter.get())];
    look.change += sum_of_squares(engine_.tensor(parameter).detach() - value);
    look.weight += sum_of_squares(value);
  }
  for (const auto& [block, look] : looks_) {
    const double norm = std::sqrt(look.gradient), ratio = std::sqrt(look.change / look.weight);
    if (std::isfinite(norm)) sums_[block].norm.add(norm);
    if (std::isfinite(ratio)) sums_[block].ratio.add(ratio);
  }
  before_.clear();
  looks_.clear();
}

std::vector<BlockProfileRecord> UpdateStatistics::take_epoch() {
  std::vector<BlockProfileRecord> records;
  for (const auto& [block, sums] : sums_) {
    if (sums.norm.count > 0) records.push_back(record_of(block, Quantity::grad_norm, sums.norm));
    if (sums.ratio.count > 0) records.push_back(record_of(block, Quantity::update_ratio, sums.ratio));
  }
  sums_.clear();
  return records;
}

}  // namespace orrery
