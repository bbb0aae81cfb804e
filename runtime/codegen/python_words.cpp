#include "runtime/codegen/python_words.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace orrery {
namespace {

// Python 3.13's keywords, https://docs.python.org/3/reference/lexical_analysis.html#keywords
const std::set<std::string, std::less<>> kKeywords = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string listed(const std::vector<std::string>& items) {
  return fmt::format("({}{})", fmt::join(items, ", "), items.size() == 1 ? "," : "");
}

template <class Number>
std::string numbers(const std::vector<Number>& values, bool one_for_all) {
  std::vector<std::string> items;
  for (const Number value : values) {
    if constexpr (std::is_integral_v<Number>)
      items.push_back(std::to_string(value));
    else
      items.push_back(python_number(value));
  }
  const bool equal = !items.empty() && std::ranges::count(items, items[0]) == std::ssize(items);
  return one_for_all && equal ? items[0] : listed(items);
}

}  // namespace

bool is_python_name(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); }) &&
         !kKeywords.contains(text);
}

std::string python_name(std::string_view text) {
  std::string name(text);
  for (char& c : name)
    if (!is_letter(c) && !is_digit(c)) c = '_';
  if (name.empty()) return "x";
  if (is_digit(name[0])) name.insert(0, "_");
  return kKeywords.contains(name) ? name + "_" : name;
}

std::string python_class_name(std::string_view text) {
  std::string name;
  bool begins = true;
  for (const char c : python_name(text)) {
    if (c != '_') name += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = c == '_';
  }
  if (name.empty() || is_digit(name[0])) name.insert(0, "Block");
  return kKeywords.contains(name) ? name + "_" : name;
}

std::string python_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (byte < 0x20 || byte == 0x7f)
      quoted += fmt::format("\\x{:02x}", byte);
    else
      quoted += c;
  }
  return quoted + '"';
}

std::string python_number(double value) {
  if (std::isnan(value)) return "float(\"nan\")";
  if (std::isinf(value)) return value > 0 ? "float(\"inf\")" : "float(\"-inf\")";
  return fmt::format("{}", value);
}

std::string python_value(const AttributeValue& value, bool one_for_all) {
  struct Words {
    bool one_for_all;
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool is) const { return is ? "True" : "False"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const {
      const std::string text = python_number(number);
      return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
    }
    std::string operator()(const std::string& text) const { return python_text(text); }
    std::string operator()(const std::vector<std::int64_t>& all) const { return numbers(all, one_for_all); }
    std::string operator()(const std::vector<double>& all) const { return numbers(all, one_for_all); }
    std::string operator()(const Shape& shape) const { return numbers(values(shape), false); }
    std::string operator()(DType dtype) const { return fmt::format("torch.{}", name(dtype)); }
  };
  return std::visit(Words{one_for_all}, value);
}

std::string PythonNames::add(std::string_view wanted) {
  const std::string name = python_name(wanted);
  std::string free = name;
  for (int n = 2; !taken_.insert(free).second; ++n) free = fmt::format("{}_{}", name, n);
  return free;
}

}  // namespace orrery
