#include "runtime/governors/optimizer_kinds.h"

#include <fmt/ranges.h>

#include "runtime/core/names.h"

namespace orrery {
namespace {

std::vector<OptimizerKind> make_optimizer_kinds() {
  std::vector<OptimizerKind> kinds = gradient_optimizers();
  std::vector<OptimizerKind> adaptive = adaptive_optimizers();
  kinds.insert(kinds.begin() + 1, adaptive.begin(), adaptive.end());
  return kinds;
}

}  // namespace

const std::vector<OptimizerKind>& optimizer_kinds() {
  static const std::vector<OptimizerKind> kinds = make_optimizer_kinds();
  return kinds;
}

const OptimizerKind& optimizer_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const OptimizerKind& kind : optimizer_kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  throw Error(Fault::usage, fmt::format("there is no optimizer '{}'{}", name, did_you_mean(name, names)), {},
              fmt::format("There are {}; schedules are in optim.lr_scheduler.", fmt::join(names, ", ")));
}

Attribute amount(std::string name, double value, std::string doc) {
  return {
      .name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .value = value, .min = 0};
}

Attribute switch_option(std::string name, bool value, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::boolean, .doc = std::move(doc), .value = value};
}

Attribute whole_number(std::string name, AttributeValue value, std::string doc) {
  return {.name = std::move(name), .doc = std::move(doc), .value = std::move(value), .min = 1};
}

Attribute pair_option(std::string name, AttributeValue value, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::reals,
          .doc = std::move(doc),
          .value = std::move(value),
          .min = 0,
          .count = 2};
}

Attribute learning_rate(double value) { return amount("lr", value, "learning rate"); }
Attribute weight_decay() {
  return amount("weight_decay", 0, "adds this times the parameter to its gradient");
}
Attribute maximize() { return switch_option("maximize", false, "makes the loss larger instead of smaller"); }

}  // namespace orrery
