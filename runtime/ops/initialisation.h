#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/graph/attributes.h"
#include "runtime/graph/init.h"

namespace orrery {

/// What torch.nn.Linear and the convolutions draw their weights from:
/// kaiming_uniform_(a = sqrt(5)), computed in PyTorch's order of operations so that the bounds are
/// the same doubles. `fan_in`: inputs that one output sees. REQUIRES: fan_in ≥ 1.
Init kaiming_uniform(std::int64_t fan_in);

/// What they draw their biases from: ±1 / sqrt(fan_in).
Init fan_in_uniform(std::int64_t fan_in);

/// torch.nn.init.xavier_uniform_ and xavier_normal_ for a tensor of these sizes. REQUIRES: at least two.
Init xavier_uniform(const std::vector<std::int64_t>& sizes, double gain = 1);
Init xavier_normal(const std::vector<std::int64_t>& sizes, double gain = 1);

/// torch.nn.init.calculate_gain. `slope` is that of leaky_relu. REQUIRES: one of `nonlinearities()`.
double gain_of(const std::string& nonlinearity, double slope = 0.01);
const std::vector<std::string>& nonlinearities();

/// One function of torch.nn.init. Options, defaults and order are PyTorch's.
struct InitialisationKind {
  std::string name;  ///< without PyTorch's trailing underscore: `kaiming_normal`
  std::string doc;   ///< one line
  std::vector<Attribute> attributes;
  int low_rank = 0;    ///< fewest dimensions of a tensor that it fills
  int high_rank = 64;  ///< most dimensions
  /// What it comes to for a tensor of that shape, whose rank fits. May fail (Fault::usage).
  std::function<Init(const Attributes&, const Shape&)> make;
};

/// All of them, in PyTorch's order.
const std::vector<InitialisationKind>& initialisation_kinds();
/// By name; fails with the nearest known one.
const InitialisationKind& initialisation_kind(const std::string& name);

/// The values that a tensor of that shape gets. Fails (Fault::usage) when the shape does not fit.
Init initialisation(const InitialisationKind& kind, const Attributes& attributes, const Shape& shape);

}  // namespace orrery
