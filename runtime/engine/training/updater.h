#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/governors/optimizer.h"

namespace orrery {

/// Parameters that share options.
struct UpdateGroup {
  std::vector<std::string> keys;       ///< one per parameter: `features.conv2d.weight`
  std::vector<at::Tensor> parameters;  ///< updated in place; all defined
  Attributes options;                  ///< complete, as the optimizer's kind describes them
};

/// Executes an optimizer: changes parameters in place from their gradients, by LibTorch's fused kernels,
/// with the numbers of `torch.optim` (2.11). State tensors appear with a parameter's first gradient, on
/// its device. No gradient is recorded. One thread.
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

  /// One update. A parameter whose gradient is undefined is left as it is, its state too.
  /// REQUIRES: one gradient per parameter, of its shape, dtype and device.
  void step(const std::vector<at::Tensor>& gradients);
  /// The same from what `backward` left in the parameters' own `.grad`, which stays.
  void step();

  size_t group_count() const { return groups_.size(); }
  const Attributes& options(size_t group) const { return groups_[group].options; }
  /// Changes an option from the next step on: the learning rate of a schedule. One that asks for a state
  /// that is not kept begins the state anew where updates are not counted, and fails else.
  void set_option(size_t group, const std::string& name, const AttributeValue& value) override;

  /// Everything kept so far, in the order of the parameters; the tensors are the live ones.
  std::vector<State> state();
  /// Takes up a state that `state` gave: the tensors are copied, those not named begin anew. Fails on
  /// an unknown key or another shape.
  void load_state(const std::vector<State>& state);
  /// Bytes of the state that exists for each parameter.
  std::vector<std::int64_t> state_bytes();

 protected:
  /// What one kernel call gets: parameters of one group, dtype and device, all with a gradient and a
  /// state; `states[k]` lists the kth state tensor of each, `steps` its count of updates, this one
  /// included.
  struct Lists {
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> gradients;
    std::vector<std::vector<at::Tensor>> states;
    std::vector<at::Tensor> steps;
    bool first = false;  ///< the first update of all these parameters; their states are zeros
  };

  Updater() = default;

  /// The state tensors that a parameter has with these options, each as large as the parameter.
  virtual std::vector<std::string> state_names(const Attributes& options) const = 0;
  /// Needs the counts of updates.
  virtual bool counts() const = 0;
  virtual void update(const Attributes& options, Lists& lists) const = 0;

 private:
  /// The parameters of one group that share dtype and device.
  struct Bucket {
    std::vector<size_t> positions;  ///< in parameters()
    std::vector<bool> started;      ///< has had an update
    at::Tensor counters;            ///< float32, one a parameter; `lists.steps` are its elements
    Lists lists;                    ///< of all its parameters; gradients change with each step
  };
  struct Group {
    Attributes options;
    std::vector<std::string> states;
    std::vector<Bucket> buckets;
  };
  /// A parameter's place: which bucket of which group, and which of its parameters.
  struct Place {
    Bucket* bucket;
    size_t index;
    const std::vector<std::string>* states;
  };

  void take(std::vector<UpdateGroup> groups);
  void change_states(Group& group, std::vector<std::string> states, const std::string& option) const;
  void add(Group& group, const at::Tensor& parameter);
  void start(Bucket& bucket, size_t index) const;
  void step(const Group& group, Bucket& bucket) const;
  void step_some(const Group& group, Bucket& bucket, bool started) const;
  std::vector<Place> places();
  void load(const Place& place, const State& entry) const;

  std::vector<at::Tensor> parameters_;
  std::vector<std::string> keys_;
  std::vector<Group> groups_;
};

}  // namespace orrery
