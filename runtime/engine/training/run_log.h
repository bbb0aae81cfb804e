#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/engine/training/metric_sum.h"
#include "runtime/history/records.h"

namespace orrery {

/// What a script logs by itself while a manager's run goes on, and the run's losses at single steps, until
/// the history takes them: as Lightning's `self.log` and `log_every_n_steps` do (lightning.ai,
/// LightningModule.log). A value may be kept at its step, and taken into the mean over its epoch, weighted by
/// the batches' sizes. What lies on a device stays there until the history asks, so that no step waits for
/// it. One thread.
class RunLog {
 public:
  /// Where the run is. `step` counts the batches of the whole run, from 1.
  struct Moment {
    enum class Point { before, training, validation, epoch_end, over };
    Point point = Point::before;
    std::int64_t epoch = 0;
    std::int64_t step = 0;
    std::int64_t batch_size = 1;
  };
  struct Use {
    std::optional<std::int64_t> step;        ///< the value is kept at this step, whatever the moment
    std::optional<bool> on_step, on_epoch;   ///< none: on_step while a batch is trained on, else on_epoch
    std::optional<std::int64_t> batch_size;  ///< weight in the mean; none: the batch's
    std::optional<Split> split;              ///< none: validation while one goes on, else train
  };

  /// For a run: the given log, or a new one for null, which is over at the latest when the result goes.
  static std::shared_ptr<RunLog> of_run(std::shared_ptr<RunLog> given);

  /// The run begins. `own`: the names of its own numbers, which nothing else may be called, the losses first.
  /// Every how many steps values are kept; 0: never.
  void begin(std::vector<std::string> own, std::int64_t every);
  /// The run's name, and the folder of what is logged as files.
  void set_run(std::string name, std::string folder);
  void at(const Moment& moment) { moment_ = moment; }
  bool open() const { return begun_ && moment_.point != Moment::Point::over; }
  std::int64_t step() const { return moment_.step; }
  const std::string& run_name() const { return run_name_; }
  const std::string& folder() const { return folder_; }

  /// Takes one number, of any dtype that is not complex. Throws `Error(Fault::usage)` when no run is going
  /// on, for a name of the run's own, for more than a number, and for `on_step` where no batch is trained on.
  void log(const std::string& name, const at::Tensor& value, const Use& use);
  /// The numbers of a validation, which are kept at the step behind which it was.
  void validated(std::int64_t epoch, std::int64_t step, const std::vector<NamedNumber>& numbers);
  void artifact(ArtifactRecord file) { artifacts_.push_back(std::move(file)); }
  /// The losses of the batch that is trained on, in the order of `own`.
  void losses(const std::vector<at::Tensor>& values);

  /// What has come since the last call. Waits for the device.
  std::vector<StepRecord> take_steps();
  std::vector<MetricRecord> take_means();
  /// What an epoch has, and keeps. Waits for the device.
  std::vector<MetricRecord> means_of(std::int64_t epoch) const;
  /// An epoch that is validated again has the means of its last validation.
  void forget_validation_of(std::int64_t epoch);
  /// An epoch that was left has no means.
  void forget_means_after(std::int64_t epoch);
  std::vector<ArtifactRecord> take_artifacts() { return std::exchange(artifacts_, {}); }

  /// The sums that no history has yet. Those of a validation that goes on are left out: it begins anew.
  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);

 private:
  struct StepValue {
    StepRecord row;
    at::Tensor on_device;  ///< undefined: the row has the value
  };
  struct Mean {
    double sum = 0;
    at::Tensor on_device;  ///< what came from a device, float64
    double weight = 0;

    double total() const;
  };
  using Key = std::tuple<std::int64_t, Split, std::string>;  ///< epoch, split, name

  static MetricRecord record_of(const Key& key, const Mean& mean);
  bool is_due() const { return every_ > 0 && moment_.step % every_ == 0; }
  void keep(Split split, const std::string& name, std::int64_t step, const at::Tensor& value);
  void add(const Key& key, const at::Tensor& value, double weight);

  std::vector<std::string> own_;
  std::int64_t every_ = 0;
  std::string run_name_, folder_;
  Moment moment_;
  bool begun_ = false;
  std::vector<StepValue> steps_;
  std::map<Key, Mean> means_;
  std::vector<ArtifactRecord> artifacts_;
};

}  // namespace orrery
