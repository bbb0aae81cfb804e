#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/engine/execution/update_sink.h"
#include "runtime/engine/profile/recorder.h"
#include "runtime/engine/training/updater.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// Why every update of a manager's runs waits until the backward pass is over: what has to see all gradients
/// before anything changes. Empty: large parameters are updated within it, those that an updater
/// `updates_alone`, where there is a plan; and those that it makes a `plain_step` of.
std::string why_updates_wait(const Manager& manager);

/// Has an updater's large parameters updated within the backward pass, to the same bits as by one update
/// behind it; and of SGD without momentum all that a segment can update itself, up to rounding, but where
/// that would lose the weights' decay (lr * weight_decay below 3e-6). A call of the backward pass for which
/// memory is missing once an update was made is done once more. Outlived by the parameters.
class EarlyUpdates : public UpdateSink {
 public:
  /// `parameters`: the updater's, in its order.
  EarlyUpdates(std::shared_ptr<Updater> updater, const std::vector<ParameterPtr>& parameters);

  bool takes(const Parameter& parameter) const override;
  /// Throws `Error` that names the parameter.
  void update(const Parameter& parameter, const at::Tensor& gradient) override;
  bool folds(const Parameter& parameter) const override;
  std::uint64_t changes() const override { return changes_; }
  cpu::SgdOptions folded_step(const Parameter& parameter) const override;
  void count_folded() override { ++made_; }
  /// From the first update on.
  bool has_freed_memory_for(std::exception_ptr failure) override;
  /// How memory is freed; none at the start.
  void set_release(std::function<void()> release) { release_ = std::move(release); }

  /// Who measures how long the updates take; null: nobody.
  void set_recorder(Recorder* recorder) { recorder_ = recorder; }
  /// A step begins.
  void begin();
  /// How many updates the step has made: from the first on it cannot be done again.
  size_t made() const { return made_; }
  /// Rethrows what is being handled, which ended a backward pass. Where the step had begun to update, as an
  /// `Error` that says so.
  [[noreturn]] void rethrow() const;

 private:
  std::shared_ptr<Updater> updater_;
  std::unordered_map<const Parameter*, size_t> positions_;  ///< in the updater
  std::vector<std::optional<cpu::SgdOptions>> steps_;       ///< of the groups that fold, as this step began
  std::optional<std::int64_t> seen_;                        ///< changes of options by then
  std::uint64_t changes_ = 0;
  std::function<void()> release_;
  Recorder* recorder_ = nullptr;
  size_t made_ = 0;
};

}  // namespace orrery
