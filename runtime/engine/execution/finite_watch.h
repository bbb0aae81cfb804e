#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/graph/graph.h"

namespace orrery {

/// Names the first value or gradient of a step that is NaN or infinite: the node, its script line and what
/// its inputs were. Reads every tensor, so it is for looking, not for every run (`orrery run --detect-nan`).
///
/// NaN is never expected. An infinity is let pass where the script asked for one: in a constant, as an option
/// (`masked_fill(mask, -math.huge)`), or because an input held one.
class FiniteWatch {
 public:
  /// What the messages call the step: `epoch 2, step 5 of 23`; empty: nothing.
  void begin(std::string when) { when_ = std::move(when); }

  /// Looks at what a node made. Throws `Error(Fault::diverged)` with the node's line.
  void see(const Node& node, const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& parameters,
           const std::vector<at::Tensor>& outputs) const;
  /// Has the gradients of these outputs looked at when they come, also when that is after the watch and the
  /// graph are gone: a script may keep a loss.
  void await_gradients(const Node& node, const std::vector<at::Tensor>& outputs) const;
  /// Looks at the gradients of a node's outputs, which have come; undefined ones are possible.
  void see_gradients(const Node& node, const std::vector<at::Tensor>& gradients) const;
  /// Looks at the gradient of a parameter.
  void see_gradient(const Parameter& parameter, const std::string& key, const at::Tensor& gradient) const;

 private:
  std::string when_;
};

}  // namespace orrery
