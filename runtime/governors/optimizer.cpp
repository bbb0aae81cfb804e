#include "runtime/governors/optimizer.h"

#include <fmt/ranges.h>

#include "runtime/core/names.h"

namespace orrery {
namespace {

Attribute real(std::string name, double value, std::string doc) {
  return {
      .name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .value = value, .min = 0};
}

Attribute flag(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::boolean, .doc = std::move(doc), .value = false};
}

Attribute learning_rate() { return real("lr", 1e-3, "learning rate"); }
Attribute maximize() { return flag("maximize", "makes the loss larger instead of smaller"); }

std::vector<Attribute> adam_attributes(double weight_decay, std::string weight_decay_doc) {
  return {learning_rate(),
          {.name = "betas",
           .type = AttributeType::reals,
           .doc = "how slowly the means of gradient and squared gradient change",
           .value = std::vector<double>{0.9, 0.999},
           .min = 0,
           .max = 1,
           .below_max = true,
           .count = 2},
          real("eps", 1e-8, "added to the denominator"),
          real("weight_decay", weight_decay, std::move(weight_decay_doc)),
          flag("amsgrad", "divides by the largest mean of squared gradients so far"),
          maximize()};
}

int momentum_buffers(const Attributes& options) { return options.real("momentum") == 0 ? 0 : 1; }
int adam_moments(const Attributes& options) { return options.boolean("amsgrad") ? 3 : 2; }

OptimizerKind sgd() {
  return {"SGD",
          "Stochastic gradient descent, with momentum if asked for.",
          {learning_rate(),
           real("momentum", 0, "share of the last step that is kept"),
           {.name = "dampening",
            .type = AttributeType::real,
            .doc = "share of the gradient kept out of the momentum",
            .value = 0.0},
           real("weight_decay", 0, "adds this times the parameter to its gradient"),
           flag("nesterov", "looks ahead along the momentum"),
           maximize()},
          momentum_buffers};
}

std::vector<OptimizerKind> make_kinds() {
  return {sgd(),
          {"Adam", "Steps scaled by running means of the gradient and its square.",
           adam_attributes(0, "adds this times the parameter to its gradient"), adam_moments},
          {"AdamW", "Adam whose weight decay shrinks the parameters themselves.",
           adam_attributes(0.01, "shrinks each parameter by this times the learning rate"), adam_moments}};
}

// A rule between options, which a single option's bounds cannot say.
void check_options(const OptimizerKind& kind, const Attributes& options, const SourceSite& site) {
  if (kind.name != "SGD" || !options.boolean("nesterov")) return;
  if (options.real("momentum") > 0 && options.real("dampening") == 0) return;
  throw Error(
      Fault::usage,
      fmt::format(
          "SGD with nesterov needs a momentum above 0 and no dampening, got momentum {} and dampening {}",
          options.real("momentum"), options.real("dampening")),
      site);
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
  invariant(target.value && target.value.node->constant(), "an optimizer's target is no leaf");
  return target.value.node->constant();
}

}  // namespace

const std::vector<OptimizerKind>& optimizer_kinds() {
  static const std::vector<OptimizerKind> kinds = make_kinds();
  return kinds;
}

const OptimizerKind& optimizer_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const OptimizerKind& kind : optimizer_kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  throw Error(
      Fault::usage, fmt::format("there is no optimizer '{}'{}", name, did_you_mean(name, names)), {},
      fmt::format("There are {}; the learning rate is set by optimizer.lr = ….", fmt::join(names, ", ")));
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
      if (parameter->trainable) bytes += parameter->bytes() * optimizer_.state_tensors(group.options);
  return bytes;
}

}  // namespace orrery
