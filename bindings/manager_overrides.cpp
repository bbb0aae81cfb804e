#include "bindings/manager_overrides.h"

#include <algorithm>

#include "bindings/lua_args.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery::lua {
namespace {

const Attribute* find_option(const std::vector<Attribute>& attributes, const std::string& name) {
  const auto found = std::ranges::find(attributes, name, &Attribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

const ManagerGroup* find_group(const std::string& name) {
  const auto found = std::ranges::find(manager_groups(), name, &ManagerGroup::name);
  return found == manager_groups().end() ? nullptr : &*found;
}

[[noreturn]] void refuse_unknown(const std::string& key) {
  std::vector<std::string> names;
  for (const Attribute& attribute : manager_attributes()) names.push_back(attribute.name);
  for (const ManagerGroup& group : manager_groups()) {
    names.push_back(group.name);
    for (const Attribute& attribute : group.attributes) names.push_back(group.name + "." + attribute.name);
  }
  fail(Fault::usage, "the manager has no option --{}{}", key, did_you_mean(key, names));
}

void switch_group(const ManagerGroup& group, const std::string& value, Manager::Groups& groups) {
  check(value == "true" || value == "false", Fault::usage, "{} must be true or false, got '{}'", group.name,
        value);
  if (value == "false")
    groups.erase(group.name);
  else
    groups.try_emplace(group.name, group.attributes);
}

void apply_override(const Border::Override& each, Attributes& options, Manager::Groups& groups) {
  const size_t dot = each.key.find('.');
  const ManagerGroup* group = find_group(each.key.substr(0, dot));
  if (group && dot == std::string::npos) return switch_group(*group, each.value, groups);
  const std::string name = group ? each.key.substr(dot + 1) : each.key;
  const Attribute* known = find_option(group ? group->attributes : manager_attributes(), name);
  if (!known) refuse_unknown(each.key);
  Attribute option = *known;
  option.name = each.key;  // as messages name it
  Attributes& into = group ? groups.try_emplace(group->name, group->attributes).first->second : options;
  into.set(name, value_of_text(option, each.value));
}

}  // namespace

void apply_overrides(std::vector<Border::Override>& overrides, Attributes& options, Manager::Groups& groups) {
  for (Border::Override& each : overrides) {
    apply_override(each, options, groups);
    each.used = true;
  }
}

}  // namespace orrery::lua
