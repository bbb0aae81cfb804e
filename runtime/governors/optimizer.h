#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// A tensor that an optimizer keeps for a parameter from its first update on.
struct StateTensor {
  /// As large as the parameter, or as one of its columns (the last dimension is 1) or rows (the one before
  /// it is), or one float32 number.
  enum class Extent { parameter, column, row, number };

  std::string name;  ///< `exp_avg`
  Extent extent = Extent::parameter;
  double first = 0;  ///< what it is filled with

  std::int64_t bytes(const Parameter& parameter) const;
};

/// A kind of optimizer: PyTorch's name, options and defaults (torch.optim, 2.11).
struct OptimizerKind {
  std::string name;  ///< `AdamW`
  std::string doc;
  std::vector<Attribute> attributes;
  /// What is kept for a parameter of so many dimensions with these options.
  std::vector<StateTensor> (*states)(const Attributes& options, size_t dims);
  bool counts = false;  ///< needs the number of updates of each parameter
  /// Asks for loss and gradients several times in a step, and has one group only.
  bool evaluates = false;
  size_t dims = 0;  ///< of every parameter; 0: any
  /// What is wrong between options that are each within their bounds; empty: nothing. May be null.
  std::string (*conflict)(const Attributes& options) = nullptr;
};

/// Those of torch.optim but for SparseAdam, SGD and Adam first.
const std::vector<OptimizerKind>& optimizer_kinds();
/// Fails with the nearest known name.
const OptimizerKind& optimizer_kind(const std::string& name);

/// What an optimizer was asked to update: a parameter, or a value of the graph, which it trains
/// (`Graph::train`) and a check refuses when it is no leaf then.
struct Target {
  ParameterPtr parameter;
  Value value;
};

struct ParameterGroup {
  std::vector<Target> targets;
  Attributes options;                     ///< complete: the optimizer's own, overridden by the group's
  std::optional<double> initial_lr = {};  ///< what schedules begin with; the first of them sets it
};

/// The executed form of an optimizer, with what it keeps from step to step. The engine makes it.
class OptimizerExecution {
 public:
  virtual ~OptimizerExecution() = default;
  /// Changes an option of one group from the next step on. Throws `Error(Fault::usage)` when what is kept
  /// by now does not allow it.
  virtual void set_option(size_t group, const std::string& name, const AttributeValue& value) = 0;
};

/// Specification of an optimizer; executed by runtime/engine/training. Its loss is empty for one that
/// is stepped by hand.
class Optimizer : public Governor {
 public:
  /// Makes constants and fields of the input among its targets trainable: `Graph::train`.
  Optimizer(const OptimizerKind& optimizer, std::vector<ParameterGroup> groups, Value loss, Origin origin);

  std::string kind() const override { return optimizer_.name; }
  const OptimizerKind& optimizer() const { return optimizer_; }
  const std::vector<ParameterGroup>& groups() const { return groups_; }
  Value loss() const { return loss_; }

  /// Changes an option of one group, or of all, from the next step on: `lr`. The value is checked as at
  /// construction; an unknown name fails with the nearest known.
  void set_option(size_t group, const std::string& name, const AttributeValue& value);
  void set_option(const std::string& name, const AttributeValue& value);

  void set_initial_lr(size_t group, double lr) { groups_.at(group).initial_lr = lr; }

  /// Null before the first step. It outlives a run, so that the next run, or a step by hand, goes on with
  /// the momenta.
  const std::shared_ptr<OptimizerExecution>& execution() const { return execution_; }
  void set_execution(std::shared_ptr<OptimizerExecution> execution) { execution_ = std::move(execution); }

  /// The parameters of one group; values are traced to the tensors that they are. REQUIRES: the
  /// graph's checks passed.
  static std::vector<ParameterPtr> parameters(const ParameterGroup& group);
  /// Those of all groups, one group after the other.
  std::vector<ParameterPtr> parameters() const;
  /// Bytes of state for all groups; of LBFGS when its history is full.
  std::int64_t state_bytes() const;

 private:
  void check_targets() const;
  Attributes changed(size_t group, const std::string& name, const AttributeValue& value) const;
  void take(size_t group, const std::string& name, Attributes options);

  const OptimizerKind& optimizer_;
  std::vector<ParameterGroup> groups_;
  Value loss_;
  std::shared_ptr<OptimizerExecution> execution_;
};

}  // namespace orrery
