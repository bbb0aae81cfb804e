#include "runtime/governors/optimizer.h"

#include <fmt/ranges.h>

#include "runtime/core/names.h"

namespace orrery {
namespace {

void check_options(const OptimizerKind& kind, const Attributes& options, const SourceSite& site) {
  const std::string conflict = kind.conflict ? kind.conflict(options) : "";
  if (!conflict.empty()) throw Error(Fault::usage, kind.name + " " + conflict, site);
}

const Attribute& option_of(const OptimizerKind& kind, const std::string& name) {
  std::vector<std::string> names;
  for (const Attribute& attribute : kind.attributes) {
    if (attribute.name == name) return attribute;
    names.push_back(attribute.name);
  }
  fail(Fault::usage, "{} has no option '{}'{}", kind.name, name, did_you_mean(name, names));
}

ParameterPtr parameter_of(const Target& target) {
  if (target.parameter) return target.parameter;
  invariant(target.value && target.value.leaf(), "an optimizer's target is no leaf");
  return target.value.leaf();
}

bool holds_data(const Value& value) { return value && (value.node->constant() || value.node->input_spec()); }

}  // namespace

std::int64_t StateTensor::bytes(const Parameter& parameter) const {
  if (extent == Extent::number) return element_size(DType::float32);
  const size_t dims = parameter.shape.size();
  const bool smaller = extent != Extent::parameter;
  const std::int64_t share =
      smaller ? parameter.shape[dims - (extent == Extent::column ? 1 : 2)].value() : std::int64_t{1};
  return share == 0 ? 0 : parameter.bytes() / share;
}

Optimizer::Optimizer(const OptimizerKind& optimizer, std::vector<ParameterGroup> groups, Value loss,
                     Origin origin)
    : Governor(std::move(origin)), optimizer_(optimizer), groups_(std::move(groups)), loss_(loss) {
  size_t targets = 0;
  for (const ParameterGroup& group : groups_) {
    check_options(optimizer_, group.options, this->origin().site);
    targets += group.targets.size();
  }
  if (targets == 0)
    throw Error(Fault::usage, optimizer_.name + " got no parameters to update", this->origin().site);
  if (optimizer_.evaluates && groups_.size() > 1)
    throw Error(Fault::usage,
                fmt::format("{} takes one group of parameters, got {}", optimizer_.name, groups_.size()),
                this->origin().site);
  check_targets();
  for (const ParameterGroup& group : groups_)
    for (const Target& target : group.targets)
      if (target.value) target.value.node->graph().train(target.value);
}

// Values are traced to their parameters by the graph's checks.
void Optimizer::check_targets() const {
  for (const ParameterGroup& group : groups_)
    for (const auto& [parameter, value] : group.targets) {
      if (optimizer_.dims == 0 || (!parameter && !holds_data(value))) continue;
      const Shape& shape = parameter ? parameter->shape : value.shape();
      if (shape.size() == optimizer_.dims) continue;
      throw Error(Fault::usage,
                  fmt::format("{} updates tensors of {} dimensions, got {} of shape {}", optimizer_.name,
                              optimizer_.dims, parameter ? parameter->name : value.node->name(), str(shape)),
                  origin().site, "Give the others to an optimizer of their own, such as AdamW.");
    }
}

Attributes Optimizer::changed(size_t group, const std::string& name, const AttributeValue& value) const {
  const Attribute& attribute = option_of(optimizer_, name);
  check(!std::holds_alternative<std::monostate>(value), Fault::usage, "{} must be {}, got nil", name,
        describe(attribute));
  Attributes options = groups_.at(group).options;
  options.set(name, checked(attribute, value));
  check_options(optimizer_, options, {});
  return options;
}

void Optimizer::take(size_t group, const std::string& name, Attributes options) {
  if (execution_) execution_->set_option(group, name, options.at(name));
  groups_.at(group).options = std::move(options);
}

void Optimizer::set_option(size_t group, const std::string& name, const AttributeValue& value) {
  take(group, name, changed(group, name, value));
}

// What does not fit one group changes none.
void Optimizer::set_option(const std::string& name, const AttributeValue& value) {
  std::vector<Attributes> all;
  for (size_t group = 0; group < groups_.size(); ++group) all.push_back(changed(group, name, value));
  for (size_t group = 0; group < groups_.size(); ++group) take(group, name, std::move(all[group]));
}

std::vector<ParameterPtr> Optimizer::parameters(const ParameterGroup& group) {
  std::vector<ParameterPtr> parameters;
  for (const Target& target : group.targets) parameters.push_back(parameter_of(target));
  return parameters;
}

std::vector<ParameterPtr> Optimizer::parameters() const {
  std::vector<ParameterPtr> all;
  for (const ParameterGroup& group : groups_) {
    const std::vector<ParameterPtr> own = parameters(group);
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::int64_t Optimizer::state_bytes() const {
  std::int64_t bytes = 0;
  for (const ParameterGroup& group : groups_)
    for (const ParameterPtr& parameter : parameters(group))
      if (parameter->trainable)
        for (const StateTensor& state : optimizer_.states(group.options, parameter->shape.size()))
          bytes += state.bytes(*parameter);
  return bytes;
}

}  // namespace orrery
