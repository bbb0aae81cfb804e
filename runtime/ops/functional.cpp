#include "runtime/ops/functional.h"

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {

std::function<std::vector<ParameterSpec>(const Attributes&)> none_but(OptionRule rule) {
  return [rule](const Attributes& attributes) {
    if (const auto misfit = rule ? rule(attributes) : std::nullopt)
      fail(Fault::usage, "{} must be {}, got {}", misfit->option, misfit->must, misfit->got);
    return std::vector<ParameterSpec>();
  };
}

Descriptor functional(const Descriptor& layer, std::string name, OptionRule rule) {
  Descriptor d = layer;
  d.kind = OperationKind::transform;
  d.parameters = {};
  d.transform = {};
  d.torch = "torch.nn.functional." + name;
  d.name = std::move(name);
  if (rule) {
    d.shape = [rule, shape = layer.shape](ShapeContext& context) {
      if (const auto misfit = rule(context.attributes()))
        context.expects_option(fmt::format("{} to be {}", misfit->option, misfit->must), misfit->got);
      return shape(context);
    };
  }
  return d;
}

void add_both(Registry& registry, Descriptor layer, std::string transform, OptionRule rule) {
  layer.parameters = none_but(rule);
  layer.transform = transform;
  registry.add(functional(layer, std::move(transform), rule));
  registry.add(std::move(layer));
}

}  // namespace orrery
