#include "runtime/engine/training/early_updates.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/engine/device.h"
#include "runtime/engine/profile/part_scope.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

bool is_lack_of_memory(const std::exception_ptr& failure) {
  try {
    rethrow_as_error(failure, "a call of the backward pass failed");
  } catch (const Error& error) {
    return error.fault() == Fault::memory;
  } catch (const std::exception&) {
    return false;
  }
}

// A product takes 1 - lr weight_decay in single precision, whose rounding (3e-8) is then at most 1 % of the
// decay; of a smaller one nothing at all might be left.
constexpr double kLeastDecay = 3e-6;

bool keeps_decay(const cpu::SgdOptions& step) {
  return step.weight_decay == 0 || step.lr == 0 || std::abs(step.lr * step.weight_decay) >= kLeastDecay;
}

bool has_loss(const std::shared_ptr<Optimizer>& optimizer) { return static_cast<bool>(optimizer->loss()); }

}  // namespace

std::string why_updates_wait(const Manager& manager) {
  const Attributes& options = manager.options();
  const auto& optimizers = manager.parts().optimizers;
  if (std::ranges::count_if(optimizers, has_loss) != 1) return "several optimizers share a forward pass";
  const std::string kind = (*std::ranges::find_if(optimizers, has_loss))->kind();
  if (kind != "SGD" && kind != "Adam" && kind != "AdamW") return kind + " takes all gradients together";
  if (device_from_name(options.text("device")).type() != at::kCPU)
    return "a step for which a device has no memory left is tried again";
  if (options.integer("accumulate_grad_batches") > 1)
    return "accumulate_grad_batches sums up gradients of several batches";
  if (options.has("gradient_clip_val") && options.real("gradient_clip_val") > 0)
    return "gradient_clip_val needs all gradients";
  if (manager.parts().looks_before_update) return "a callback looks at all gradients";
  if (manager.group("gradient_noise")) return "gradient_noise is drawn for all gradients";
  if (manager.group("log_gradients")) return "log_gradients looks at all gradients";
  if (options.boolean("detect_nan")) return "detect_nan looks at all gradients";
  return {};
}

EarlyUpdates::EarlyUpdates(std::shared_ptr<Updater> updater, const std::vector<ParameterPtr>& parameters)
    : updater_(std::move(updater)) {
  for (size_t i = 0; i < parameters.size(); ++i) positions_[parameters[i].get()] = i;
  steps_.resize(updater_->groups());
}

bool EarlyUpdates::takes(const Parameter& parameter) const {
  const auto found = positions_.find(&parameter);
  return found != positions_.end() && updater_->updates_alone(found->second);
}

void EarlyUpdates::update(const Parameter& parameter, const at::Tensor& gradient) {
  const PartScope part(recorder_, StepPart::optimizer);
  const size_t position = positions_.at(&parameter);
  try {
    updater_->step_alone(position, gradient);
    ++made_;
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(),
                     fmt::format("the update of {} failed", updater_->keys()[position]));
  }
}

// The memory is written to as it lies.
bool EarlyUpdates::folds(const Parameter& parameter) const {
  const auto found = positions_.find(&parameter);
  if (found == positions_.end() || !steps_[updater_->group_of(found->second)]) return false;
  const at::Tensor& tensor = updater_->parameters()[found->second];
  return tensor.is_cpu() && tensor.is_contiguous();
}

// What was set since the forward pass holds, but for a momentum, which comes too late.
cpu::SgdOptions EarlyUpdates::folded_step(const Parameter& parameter) const {
  const size_t group = updater_->group_of(positions_.at(&parameter));
  if (updater_->changes() == seen_) return *steps_[group];
  return updater_->plain_step(group).value_or(*steps_[group]);
}

void EarlyUpdates::begin() {
  made_ = 0;
  if (updater_->changes() == seen_) return;
  seen_ = updater_->changes();
  for (size_t group = 0; group < steps_.size(); ++group) {
    auto now = updater_->plain_step(group);
    if (now && !keeps_decay(*now)) now.reset();
    if (now.has_value() != steps_[group].has_value()) ++changes_;
    steps_[group] = now;
  }
}

bool EarlyUpdates::has_freed_memory_for(std::exception_ptr failure) {
  if (made_ == 0 || !release_ || !is_lack_of_memory(failure)) return false;
  release_();
  return true;
}

void EarlyUpdates::rethrow() const {
  if (made_ == 0) throw;
  try {
    rethrow_as_error(std::current_exception(), "the backward pass failed");
  } catch (const Error& error) {
    throw Error(error.fault(),
                fmt::format("{}; {} of the {} parameters had been updated by this step, the others had not",
                            error.message(), made_, positions_.size()),
                error.site(),
                (error.remedy().empty() ? "" : error.remedy() + " ") + "Go on from weights saved before.");
  }
}

}  // namespace orrery
