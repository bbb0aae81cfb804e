#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/descriptor.h"
#include "runtime/graph/parameter.h"
#include "runtime/graph/parametrization.h"

namespace orrery {

class Block;

/// The owner of parameters. Made once by the script, applied at one or several places of a graph (each
/// a node that shares it) or to tensors at once. Shared by pointer.
class Layer {
 public:
  /// REQUIRES: descriptor.kind == OperationKind::layer; the descriptor outlives the layer.
  Layer(const Descriptor& descriptor, Attributes attributes, Origin origin);

  const Descriptor& descriptor() const { return descriptor_; }
  const Attributes& attributes() const { return attributes_; }
  /// As they were given: what the input tells is still left out.
  const Attributes& given() const { return given_; }
  const Origin& origin() const { return origin_; }

  /// The name a script gave (`{ name = "conv1" }`), else empty until the first application names it.
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  bool named_by_user() const { return named_by_user_; }
  void name_by_user(std::string name);

  /// The block of its first application; its parameters' keys begin with that block's path. Null
  /// before.
  const Block* home() const { return home_; }
  void set_home(const Block* block) { home_ = block; }

  /// False until the first input told what the options left out (PyTorch's lazy layers): the layer has
  /// no parameters before.
  bool complete() const { return complete_; }
  /// Completes the options from the layer's first inputs and makes the parameters. Throws `RuleBroken`
  /// when the inputs cannot tell. REQUIRES: !complete()
  void complete(const ShapeContext& first);
  /// Called when `complete` has made the parameters. REQUIRES: what it refers to outlives the layer's
  /// first application.
  void when_completed(std::function<void(const Layer&)> made) { made_ = std::move(made); }
  /// The steps in which its parameters get their first values. REQUIRES: complete()
  std::vector<std::pair<ParameterPtr, Init>> construction() const;

  /// Its place in the order of construction, from 1; 0 for layers that no script made.
  std::int64_t order() const { return order_; }
  void set_order(std::int64_t order) { order_ = order; }

  /// In PyTorch's order; buffers are among them.
  const std::vector<ParameterPtr>& parameters() const { return parameters_; }
  /// The layer's own names for them (`weight`), in the same order; a tied parameter may be called
  /// otherwise by its first owner.
  const std::vector<std::string>& slots() const { return slots_; }
  /// By the layer's own name; null when there is none.
  ParameterPtr parameter(const std::string& slot) const;
  /// Computes a slot from other tensors from now on: they take its place among the parameters, behind all
  /// others, called `parametrizations.<slot>.…` as in PyTorch. Fails when there is no such slot, when it
  /// is computed already, or when it does not fit. The new tensors' first values are the caller's care.
  void parametrize(Parametrization parametrization);
  const std::vector<Parametrization>& parametrizations() const { return parametrizations_; }
  /// Undoes it: the slot's own tensor stands behind the other parameters from now on, and is returned; its
  /// value is the caller's care. Fails when the slot is not computed; `to_original`: also when it is computed
  /// from several tensors that are trained, of which none is the original.
  ParameterPtr remove_parametrization(const std::string& slot, bool to_original);
  /// The tensors that the operation reads, in the order of its `parameters`: `slots` and, under their own
  /// names, those computed.
  const std::vector<std::string>& read_slots() const {
    return parametrizations_.empty() ? slots_ : read_slots_;
  }

  /// Puts another layer's (or the graph's) parameter in the place of an own one: they are tied.
  /// Fails when shape or dtype differ.
  void tie(const std::string& slot, ParameterPtr parameter);

  /// Sets `trainable` of all parameters that are not buffers.
  void set_trainable(bool trainable);

  /// The dtype that its parameters are declared in; nothing for a layer that does not have the option.
  std::optional<DType> dtype() const;
  /// Gives floating parameters and buffers another dtype, and those that are made later. Values of graphs
  /// follow by `Graph::follow_dtypes`.
  void convert(DType to);
  /// Converts the rest where a shared parameter was converted through another owner. Tells whether it did.
  bool follow_shared();

  /// How the layer computes when it is applied to tensors at once (`train()` and `eval()` of PyTorch's
  /// modules; dropout and batch normalisation differ). In a graph's run it trains when both do.
  bool training() const { return training_; }
  void set_training(bool training) { training_ = training; }

 private:
  void make_parameters();

  const Descriptor& descriptor_;
  Attributes given_;
  Attributes attributes_;
  Origin origin_;
  std::string name_;
  bool named_by_user_ = false;
  bool training_ = true;
  bool complete_ = false;
  bool trainable_ = true;
  std::function<void(const Layer&)> made_;
  std::int64_t order_ = 0;
  const Block* home_ = nullptr;
  std::vector<ParameterPtr> parameters_;
  std::vector<std::string> slots_;
  std::vector<std::string> read_slots_;
  std::vector<Parametrization> parametrizations_;
};

using LayerPtr = std::shared_ptr<Layer>;

}  // namespace orrery
