#include "runtime/codegen/cpp_form.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/codegen/sizes.h"

namespace orrery {

std::string CppNode::in(std::size_t port) const {
  if (linked(port)) return scope_.name(node_.inputs()[port]);
  const Port& declared = node_.descriptor()->inputs[port];
  if (!declared.takes_number()) return {};
  const AttributeValue& value = options().at(declared.name);
  return std::holds_alternative<std::monostate>(value) ? std::string() : cpp_value(value);
}

std::string CppNode::listed() const {
  std::vector<std::string> names;
  for (const Value& value : node_.inputs()) names.push_back(scope_.name(value));
  return cpp_list(names);
}

bool CppNode::is_port(const std::string& option) const {
  const auto& ports = node_.descriptor()->inputs;
  return std::ranges::find(ports, option, &Port::name) != ports.end();
}

bool CppNode::is_given(const Attribute& option) const {
  const AttributeValue& value = options().at(option.name);
  return !std::holds_alternative<std::monostate>(value) && value != option.value;
}

void CppNode::takes_only(const std::set<std::string>& known) const {
  for (const Attribute& option : node_.descriptor()->attributes)
    if (is_given(option) && !option.hint && !is_port(option.name) && !known.contains(option.name))
      cpp_refuse(fmt::format("{} = {}", option.name, str(options().at(option.name))));
}

std::string CppNode::size(const Dim& dim) const {
  if (dim.known()) return std::to_string(dim.value());
  const auto read = [&](const Value& value, int at) {
    return fmt::format("{}.size({})", scope_.name(value), at);
  };
  const auto text = size_text(dim, scope_.known, read);
  if (!text) cpp_refuse("a size that no value has");
  return *text;
}

std::string CppNode::sizes(const Shape& shape) const {
  std::vector<std::string> words;
  for (const Dim& dim : shape) words.push_back(size(dim));
  return cpp_list(words);
}

std::string CppNode::open_sizes(const Shape& shape) const {
  const auto unknown = std::ranges::count_if(shape, [](const Dim& dim) { return !dim.known(); });
  if (unknown != 1) return sizes(shape);
  std::vector<std::string> words;
  for (const Dim& dim : shape) words.push_back(dim.known() ? std::to_string(dim.value()) : "-1");
  return cpp_list(words);
}

}  // namespace orrery
