#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// An option that contradicts the others: "`option` must be `must`, got `got`".
struct Misfit {
  std::string option;
  std::string must;
  std::string got;
};

/// Looks for options that contradict each other, whatever the inputs.
using OptionRule = std::optional<Misfit> (*)(const Attributes&);

/// The rule for the parameters of a layer that owns none: fails (Fault::usage) on a contradiction.
std::function<std::vector<ParameterSpec>(const Attributes&)> none_but(OptionRule rule);

/// The transform that does what a layer without parameters does, on the same inputs, with the same
/// options: torch.nn.functional's word for it. Contradictions break a rule at the call.
Descriptor functional(const Descriptor& layer, std::string name, OptionRule rule = nullptr);

/// Adds the layer, whose parameters need not be described, and that transform, of which it knows.
void add_both(Registry& registry, Descriptor layer, std::string transform, OptionRule rule = nullptr);

}  // namespace orrery
