#include "runtime/codegen/lua_words.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace orrery {
namespace {

// Those of LuaJIT 2.1, `goto` among them: https://luajit.org/extensions.html
const std::set<std::string, std::less<>> kLuaKeywords = {
    "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
    "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};

constexpr std::int64_t kLargestExact = std::int64_t{1} << 53;

bool begins_lua_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_in_lua_name(char c) { return begins_lua_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Equal sizes are one number, and so is a list of one; an empty list stays a list.
std::string whole_numbers(const Attribute& attribute, const std::vector<std::int64_t>& all) {
  std::vector<std::string> items;
  for (const std::int64_t number : all) items.push_back(std::to_string(number));
  const bool equal = !items.empty() && std::ranges::count(items, items[0]) == std::ssize(items);
  const bool spreads = attribute.type == AttributeType::sizes && std::ssize(items) == attribute.count;
  const bool one = items.size() == 1 && attribute.type == AttributeType::integers && !attribute.or_integer;
  return equal && (spreads || one) ? items[0] : lua_list(items);
}

}  // namespace

bool is_lua_name(std::string_view text) {
  return !text.empty() && begins_lua_name(text[0]) && std::ranges::all_of(text, is_in_lua_name) &&
         !kLuaKeywords.contains(text);
}

std::string lua_name(std::string_view text) {
  std::string name(text);
  for (char& c : name)
    if (!is_in_lua_name(c)) c = '_';
  if (name.empty()) return "x";
  if (!begins_lua_name(name[0])) name.insert(0, "_");
  return kLuaKeywords.contains(name) ? name + "_" : name;
}

std::string lua_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else if (byte < 0x20 || byte == 0x7f)
      quoted += fmt::format("\\{:03}", byte);
    else
      quoted += c;
  }
  return quoted + '"';
}

std::string lua_key(std::string_view name) {
  return is_lua_name(name) ? std::string(name) : "[" + lua_text(name) + "]";
}

std::string lua_member(std::string_view name) {
  return is_lua_name(name) ? "." + std::string(name) : "[" + lua_text(name) + "]";
}

// The blank keeps `[[` from beginning a comment of several lines.
std::string lua_comment(std::string_view text) {
  std::string comment = "-- " + std::string(text);
  for (char& c : comment)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return comment;
}

std::string lua_number(double value) {
  if (std::isnan(value)) return "(0 / 0)";
  if (std::isinf(value)) return value > 0 ? "math.huge" : "-math.huge";
  return fmt::format("{}", value);
}

std::string lua_list(const std::vector<std::string>& items) {
  return items.empty() ? "{}" : fmt::format("{{ {} }}", fmt::join(items, ", "));
}

std::string lua_value(const Attribute& attribute, const AttributeValue& value,
                      const std::function<std::string(const Dim&)>& size) {
  struct Words {
    const Attribute& attribute;
    const std::function<std::string(const Dim&)>& size;
    std::string operator()(std::monostate) const { return "nil"; }
    std::string operator()(bool is) const { return is ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return lua_number(number); }
    std::string operator()(const std::string& text) const {
      return attribute.or_false && text.empty() ? "false" : lua_text(text);
    }
    std::string operator()(const std::vector<std::int64_t>& all) const {
      return whole_numbers(attribute, all);
    }
    std::string operator()(const std::vector<double>& all) const {
      std::vector<std::string> items;
      for (const double number : all) items.push_back(lua_number(number));
      return lua_list(items);
    }
    std::string operator()(const Shape& shape) const {
      std::vector<std::string> items;
      for (const Dim& dim : shape) items.push_back(dim.known() ? std::to_string(dim.value()) : size(dim));
      return lua_list(items);
    }
    std::string operator()(DType dtype) const { return lua_text(name(dtype)); }
  };
  return std::visit(Words{attribute, size}, value);
}

bool is_exact_in_lua(const AttributeValue& value) {
  const auto exact = [](std::int64_t number) { return std::abs(number) <= kLargestExact; };
  if (const auto* number = std::get_if<std::int64_t>(&value)) return exact(*number);
  if (const auto* all = std::get_if<std::vector<std::int64_t>>(&value))
    return std::ranges::all_of(*all, exact);
  if (const auto* shape = std::get_if<Shape>(&value))
    return std::ranges::all_of(*shape, [&](const Dim& dim) { return !dim.known() || exact(dim.value()); });
  return true;
}

std::string LuaNames::add(std::string_view wanted) {
  const std::string name = lua_name(wanted);
  std::string free = name;
  for (int n = 2; !taken_.insert(free).second; ++n) free = fmt::format("{}_{}", name, n);
  return free;
}

}  // namespace orrery
