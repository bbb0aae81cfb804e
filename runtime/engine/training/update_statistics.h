#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/profile/aggregate.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// The norm of the gradients of each block's own parameters, and how much an update changes them: the norm of
/// the change, divided by that of what was changed. Looks at some updates of an epoch; keeps a copy of the
/// parameters from one call to the next. A parameter of no block belongs to the graph itself. One thread;
/// engine and graph outlive it.
class UpdateStatistics {
 public:
  UpdateStatistics(Engine& engine, const Graph& graph);

  /// An update comes with these gradients, undefined ones among them; called once for each optimizer. `made`:
  /// else it is left out, and nothing but the gradients is looked at.
  void before_update(const std::vector<ParameterPtr>& parameters, const std::vector<at::Tensor>& gradients,
                     bool made);
  /// The update is done; nothing when none was seen to come.
  void after_update();
  /// The blocks' records of `grad_norm` and `update_ratio` over the looks of an epoch, without those that are
  /// not finite; begins anew.
  std::vector<BlockProfileRecord> take_epoch();

 private:
  struct Look {
    double gradient = 0, change = 0, weight = 0;  ///< squares
  };
  struct Before {
    ParameterPtr parameter;
    at::Tensor value;
  };
  struct Sums {
    Aggregate norm, ratio;
  };

  Engine& engine_;
  std::map<const Parameter*, std::string> blocks_;
  std::vector<Before> before_;
  std::map<std::string, Look> looks_;
  std::map<std::string, Sums> sums_;
};

}  // namespace orrery
