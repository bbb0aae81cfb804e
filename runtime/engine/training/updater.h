#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/kernels/cpu/pointwise.h"
#include "runtime/governors/optimizer.h"

namespace orrery {

/// Parameters that share options.
struct UpdateGroup {
  std::vector<std::string> keys;       ///< one per parameter: `features.conv2d.weight`
  std::vector<at::Tensor> parameters;  ///< updated in place; all defined
  Attributes options;                  ///< complete, as the optimizer's kind describes them
};

/// A loss and the gradients of all of an optimizer's parameters; undefined where there is none.
struct LossAndGradients {
  at::Tensor loss;
  std::vector<at::Tensor> gradients;
};
/// Computes the loss anew from the parameters as they are now.
using Evaluate = std::function<LossAndGradients()>;

/// Executes an optimizer: changes parameters in place from their gradients, by LibTorch's fused kernels
/// where there are such, else by its operations on lists, with the numbers of `torch.optim` (2.11). State
/// tensors and counts of updates appear with a parameter's first gradient, on its device; a step waits for
/// nothing there, but for LBFGS's. No gradient is recorded. One thread.
class Updater : public OptimizerExecution {
 public:
  /// A state tensor: `features.conv2d.weight.exp_avg`; `step` counts a parameter's updates.
  struct State {
    std::string key;
    at::Tensor tensor;
  };

  /// REQUIRES: `kind` is the name of one of optimizer_kinds().
  static std::unique_ptr<Updater> make(const std::string& kind, std::vector<UpdateGroup> groups);
  /// All parameters, group after group: the order of `step`'s gradients.
  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  const std::vector<std::string>& keys() const { return keys_; }
  /// Other names for the state: a graph's own. REQUIRES: one a parameter.
  void set_keys(std::vector<std::string> keys);
  /// True while these are its parameters and lie where its state lies.
  bool fits(const std::vector<at::Tensor>& parameters) const;

  /// One update. A parameter whose gradient is undefined is left as it is, its state too. Fails
  /// (Fault::usage) where the kind evaluates by itself.
  /// REQUIRES: one gradient per parameter, of its shape, dtype and device.
  void step(const std::vector<at::Tensor>& gradients);
  /// Its two parts: the memory for what the update keeps from now on, which changes nothing and may be asked
  /// for again where it fails, and all else.
  void prepare(const std::vector<at::Tensor>& gradients);
  void step_prepared();
  /// The same from what `backward` left in the parameters' own `.grad`, which stays.
  void step();
  /// Bytes from which on a call for one parameter costs little beside its work.
  static constexpr std::int64_t kAloneBytes = 64 << 10;
  /// Whether a parameter may be updated apart from the others, to the same numbers: it has `kAloneBytes`,
  /// lies on the CPU, and the kind has such a kernel.
  bool updates_alone(size_t position) const { return alone_[position].bucket != nullptr; }
  /// The part of an update that is this parameter's; the update's `step` gets no gradient of it. Where memory
  /// is missing, it fails before anything has changed.
  /// REQUIRES: `updates_alone`; `gradient` as for `step`.
  void step_alone(size_t position, const at::Tensor& gradient);
  size_t groups() const { return groups_.size(); }
  /// The place of a parameter's group.
  size_t group_of(size_t position) const { return group_of_[position]; }
  /// What a group's update is, where it is no more than that of SGD without momentum.
  std::optional<cpu::SgdOptions> plain_step(size_t group) const {
    return rates_on_device_ ? std::nullopt : plain(groups_[group].options);
  }
  /// One step of any kind: evaluates once and updates, or as often as the kind asks. Gives the loss of the
  /// first evaluation.
  virtual at::Tensor step_with(const Evaluate& evaluate);
  const OptimizerKind& kind() const { return *kind_; }

  const Attributes& options(size_t group) const { return groups_[group].options; }
  /// Changes an option from the next step on: the learning rate of a schedule. One that asks for a state
  /// that is not kept begins the state anew where updates are not counted, and fails else.
  void set_option(size_t group, const std::string& name, const AttributeValue& value) override;

  /// From now on the learning rates lie on the parameters' devices, for kernels that read them there: what a
  /// recorded step does changes with them. In single precision, but for the CPU.
  void keep_rates_on_device();
  /// How often an option was changed that a recorded step holds as it was.
  std::int64_t changes() const { return changes_; }
  /// How many updates each parameter has had, in the order of parameters(); 0 where they are not counted.
  std::vector<std::int64_t> counts() const;
  /// So many more were made by replaying a recorded step; fewer where negative.
  void add_counts(const std::vector<std::int64_t>& more);

  /// Everything kept so far, in the order of the parameters; the tensors are the live ones, but for LBFGS's.
  virtual std::vector<State> state();
  /// Takes up a state that `state` gave: the tensors are copied, those not named begin anew. Fails on
  /// an unknown key, another shape, or a missing count of updates.
  virtual void load_state(const std::vector<State>& state);
  /// Bytes of the state that exists for each parameter.
  virtual std::vector<std::int64_t> state_bytes();

 protected:
  /// What one kernel call gets: parameters of one group, dtype and device, all with a gradient, a state and
  /// as many updates; `states[k]` lists the kth state tensor of each, `steps` its count of updates, this one
  /// included.
  struct Lists {
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> gradients;
    std::vector<std::vector<at::Tensor>> states;
    std::vector<at::Tensor> steps;
    bool first = false;  ///< the first update of all these parameters; their states are new
    at::Tensor rate;     ///< the learning rate, where it lies on the device; undefined: it is the option

    /// Their count of updates as a float64 number on the device.
    at::Tensor count() const;
    /// A number as the parameters' dtype, for operations on lists.
    at::Tensor factor(const at::Tensor& number) const;
    std::vector<at::Tensor> factors(const std::vector<at::Tensor>& numbers) const;
    /// The gradients to go down along: negated to maximize, with `weight_decay` of the parameters added.
    std::vector<at::Tensor> descent(const Attributes& options, bool decayed = true) const;
  };

  Updater() = default;

  virtual void update(const Attributes& options, Lists& lists) const = 0;
  /// Whether `update` takes the learning rate from `lists.rate`.
  virtual bool reads_rate() const { return false; }
  /// Whether `update` gives each parameter the same numbers in whatever company, without temporary memory.
  virtual bool separable() const { return false; }
  /// SGD's options, where `update` is that without momentum.
  virtual std::optional<cpu::SgdOptions> plain(const Attributes&) const { return {}; }

 private:
  /// How far a parameter is.
  struct Progress {
    bool started = false;      ///< has had an update
    std::int64_t updates = 0;  ///< as many as its counter says, where updates are counted
    bool operator==(const Progress&) const = default;
  };
  /// The parameters of one group that share dtype, device and kinds of state.
  struct Bucket {
    std::vector<size_t> positions;   ///< in parameters()
    std::vector<Progress> progress;  ///< of each
    std::vector<StateTensor> states;
    at::Tensor counters;  ///< float32, one a parameter; `lists.steps` are its elements
    at::Tensor one;       ///< what they count by
    Lists lists;          ///< of all its parameters; gradients change with each step
  };
  struct Group {
    Attributes options;
    std::vector<Bucket> buckets;
  };
  /// Where a parameter is that has a bucket of its own; null for others.
  struct Alone {
    const Group* group = nullptr;
    Bucket* bucket = nullptr;
  };
  /// A parameter's place: which bucket, and which of its parameters.
  struct Place {
    Bucket* bucket;
    size_t index;
  };

  void take(const OptimizerKind& kind, std::vector<UpdateGroup> groups);
  std::vector<StateTensor> states_of(const Attributes& options, const at::Tensor& parameter) const;
  bool may_change(const Bucket& bucket, const std::vector<StateTensor>& states) const;
  static void change_states(Bucket& bucket, std::vector<StateTensor> states);
  void add(Group& group, const at::Tensor& parameter);
  bool stands_alone(const at::Tensor& parameter) const;
  void find_alone();
  void start(Bucket& bucket, size_t index) const;
  void take(Bucket& bucket, size_t index, const at::Tensor& gradient) const;
  void count_up(Progress& progress) const;
  void step(const Group& group, Bucket& bucket) const;
  void step_some(const Group& group, Bucket& bucket, Progress progress) const;
  std::vector<Place> places();
  at::Tensor place_in_state(const Place& place, const std::string& name) const;
  void load(const Place& place, const State& entry) const;

  const OptimizerKind* kind_ = nullptr;
  std::vector<at::Tensor> parameters_;
  std::vector<std::string> keys_;
  std::vector<Group> groups_;
  bool rates_on_device_ = false;
  std::int64_t changes_ = 0;
  std::vector<Alone> alone_;      ///< beside parameters_
  std::vector<size_t> group_of_;  ///< beside parameters_
};

}  // namespace orrery
