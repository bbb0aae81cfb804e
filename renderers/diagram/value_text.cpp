#include "renderers/diagram/value_text.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace orrery {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string dim_text(const Dim& dim, bool alone) {
  const std::string text = replaced(dim.str(), "*", "·");
  return alone || text.find(' ') == std::string::npos ? text : "(" + text + ")";
}

// A hyphen is too short for a minus.
std::string minus(const std::string& number) {
  return number.starts_with('-') ? std::string("−").append(number, 1) : number;
}

std::string sizes_text(const std::vector<std::int64_t>& sizes) {
  std::string text;
  for (std::int64_t size : sizes) text += (text.empty() ? "" : "×") + minus(std::to_string(size));
  return text;
}

bool all_equal(const std::vector<std::int64_t>& sizes) {
  return std::all_of(sizes.begin(), sizes.end(), [&](std::int64_t size) { return size == sizes[0]; });
}

/// Options that are plain from the shapes at the lines, or do not bear on what is computed.
const std::set<std::string, std::less<>>& plain_from_shapes() {
  static const std::set<std::string, std::less<>> names = {
      "in_channels", "num_features", "in_features",  "normalized_shape", "dtype",
      "device",      "inplace",      "size_average", "reduce",           "source"};
  return names;
}

/// Options whose value says enough.
const std::set<std::string, std::less<>>& known_by_value() {
  static const std::set<std::string, std::less<>> names = {
      "kernel_size", "out_channels", "out_features", "output_size", "shape", "size", "dims", "dim1"};
  return names;
}

std::string short_name(const std::string& name) {
  static const std::map<std::string, std::string, std::less<>> names = {
      {"padding", "pad"},          {"dim0", "dims"},          {"num_embeddings", "of"},
      {"negative_slope", "slope"}, {"start_dim", "from dim"}, {"end_dim", "to dim"}};
  const auto at = names.find(name);
  return at == names.end() ? replaced(name, "_", " ") : at->second;
}

std::string numbers_text(const std::vector<double>& numbers) {
  std::string text;
  for (double number : numbers) text += (text.empty() ? "" : ", ") + minus(fmt::format("{:g}", number));
  return text;
}

std::string value_text(const AttributeValue& value, bool as_sizes) {
  if (const auto* number = std::get_if<double>(&value)) return minus(fmt::format("{:g}", *number));
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) return numbers_text(*numbers);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* shape = std::get_if<Shape>(&value)) return shape_text(*shape);
  if (const auto* sizes = std::get_if<std::vector<std::int64_t>>(&value)) {
    if (as_sizes) return sizes_text(*sizes);
    return sizes->empty() ? "" : all_equal(*sizes) ? std::to_string((*sizes)[0]) : sizes_text(*sizes);
  }
  return minus(str(value));
}

constexpr const char* kKernel = "kernel_size";  // comes first, as papers have it

bool is_telling(const Node& node, const Attribute& attribute) {
  const AttributeValue& value = node.attributes().at(attribute.name);
  if (plain_from_shapes().contains(attribute.name) || std::holds_alternative<std::monostate>(value))
    return false;
  const Category category = node.descriptor()->category;
  if (attribute.name == "stride" && category == Category::pooling && node.attributes().has(kKernel))
    return value != node.attributes().at(kKernel);
  if (attribute.name == "p" && category == Category::dropout) return true;
  return attribute.required || value != attribute.value;
}

}  // namespace

std::string shape_text(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const Dim& dim : shape) text += (text.empty() ? "" : "×") + dim_text(dim, shape.size() == 1);
  return text;
}

std::string option_text(const Attribute& attribute, const AttributeValue& value) {
  if (const auto* flag = std::get_if<bool>(&value))
    return std::string(*flag ? "" : "no ").append(short_name(attribute.name));
  // `dims` are axes in `permute`, and sizes in `repeat`.
  const bool axes = attribute.name == "dims" && attribute.type == AttributeType::integers;
  if (known_by_value().contains(attribute.name) && !axes) return value_text(value, true);
  if (attribute.type == AttributeType::integers) {
    const auto* list = std::get_if<std::vector<std::int64_t>>(&value);
    std::string text;
    for (size_t i = 0; list && i < list->size(); ++i)
      text.append(i ? "," : "").append(minus(std::to_string((*list)[i])));
    return fmt::format("{} {}", short_name(attribute.name), list ? text : str(value));
  }
  return fmt::format("{} {}", short_name(attribute.name), value_text(value, false));
}

std::string option_text(const Node& node) {
  if (!node.descriptor()) return {};
  std::string text;
  const auto add = [&](const Attribute& attribute) {
    if (!is_telling(node, attribute)) return;
    const std::string option = option_text(attribute, node.attributes().at(attribute.name));
    if (!option.empty()) text += (text.empty() ? "" : ", ") + option;
  };
  const auto& attributes = node.descriptor()->attributes;
  for (const Attribute& attribute : attributes)
    if (attribute.name == kKernel) add(attribute);
  for (const Attribute& attribute : attributes)
    if (attribute.name != kKernel) add(attribute);
  return text;
}

std::string count_text(double count) {
  static constexpr const char* kUnits[] = {"", " k", " M", " G", " T"};
  int unit = 0;
  while (count >= 999.5 && unit < 4) count /= 1000, ++unit;
  if (unit == 0) return fmt::format("{:.0f}", count);
  return fmt::format("{:.{}f}{}", count, count < 9.995 ? 2 : count < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string amount_text(double amount, const std::string& unit) {
  if (unit == "1") return fmt::format("{:.3g}", amount);
  if (unit == "s" && amount < 0.9995) {
    static constexpr const char* kParts[] = {"ms", "µs", "ns"};
    int part = 0;
    amount *= 1e3;
    while (amount < 0.9995 && amount > 0 && part < 2) amount *= 1e3, ++part;
    return fmt::format("{:.3g} {}", amount, amount > 0 ? kParts[part] : "s");
  }
  const std::string count = count_text(amount);
  if (unit == "s") return fmt::format("{:.3g} s", amount);
  return count + (count.find(' ') == std::string::npos && !unit.empty() ? " " : "") + unit;
}

}  // namespace orrery
