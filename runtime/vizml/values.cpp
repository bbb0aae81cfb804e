#include "runtime/vizml/values.h"

#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace orrery {
namespace {

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

template <class Number>
std::optional<Number> whole_text(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

// `'mean'` → `mean`
std::string without_quotes(std::string_view text) {
  const bool quoted =
      text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.front() == text.back();
  return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

// Without its brackets; nothing where they do not match.
std::optional<std::string_view> inside_brackets(std::string_view text) {
  const bool opened = text.starts_with('(') || text.starts_with('[');
  const bool closed = text.ends_with(')') || text.ends_with(']');
  if (!opened && !closed) return text;
  const char wanted = text.front() == '(' ? ')' : ']';
  if (!opened || text.size() < 2 || text.back() != wanted) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

// Integers while all of them are.
std::optional<AttributeValue> python_numbers(std::string_view text) {
  auto rest = inside_brackets(text);
  if (!rest) return std::nullopt;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  *rest = without_blanks(*rest);
  while (!rest->empty()) {
    const size_t comma = std::min(rest->find(','), rest->size());
    const std::string_view item = without_blanks(rest->substr(0, comma));
    const auto real = whole_text<double>(item);
    if (!real) return std::nullopt;
    if (const auto integer = whole_text<std::int64_t>(item)) integers.push_back(*integer);
    reals.push_back(*real);
    *rest = without_blanks(rest->substr(std::min(comma + 1, rest->size())));
  }
  if (integers.size() == reals.size()) return integers;
  return reals;
}

std::optional<AttributeValue> python_boolean(std::string_view text) {
  if (text == "True" || text == "true") return true;
  if (text == "False" || text == "false") return false;
  return std::nullopt;
}

struct ClassOfValue {
  std::string operator()(std::monostate) const { return "str"; }
  std::string operator()(bool) const { return "bool"; }
  std::string operator()(std::int64_t) const { return "int"; }
  std::string operator()(double) const { return "float"; }
  std::string operator()(const std::string&) const { return "str"; }
  std::string operator()(const std::vector<double>&) const { return "list"; }
  std::string operator()(const std::vector<std::int64_t>&) const { return "tuple"; }
  std::string operator()(const Shape&) const { return "tuple"; }
  std::string operator()(DType) const { return "str"; }
};

// The shortest text that reads back as the number; Python's floats have a point or an exponent.
std::string python_real(double real) {
  const std::string text = fmt::format("{}", real);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::vector<std::string> texts_of_reals(const std::vector<double>& reals) {
  std::vector<std::string> texts;
  for (const double real : reals) texts.push_back(python_real(real));
  return texts;
}

// A tuple of one needs its comma.
std::string text_of_tuple(const std::vector<std::int64_t>& numbers) {
  return fmt::format("({}{})", fmt::join(numbers, ", "), numbers.size() == 1 ? "," : "");
}

struct TextOfValue {
  std::string operator()(std::monostate) const { return "None"; }
  std::string operator()(bool flag) const { return flag ? "True" : "False"; }
  std::string operator()(std::int64_t integer) const { return std::to_string(integer); }
  std::string operator()(double real) const { return python_real(real); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const std::vector<double>& reals) const {
    return fmt::format("[{}]", fmt::join(texts_of_reals(reals), ", "));
  }
  std::string operator()(const std::vector<std::int64_t>& integers) const { return text_of_tuple(integers); }
  std::string operator()(const Shape& shape) const { return str(shape); }
  std::string operator()(DType dtype) const { return std::string(name(dtype)); }
};

}  // namespace

const std::vector<std::string>& vizml_classes() {
  static const std::vector<std::string> kClasses{"int", "float", "bool", "str", "list", "tuple"};
  return kClasses;
}

std::optional<AttributeValue> vizml_value(std::string_view text, std::string_view its_class) {
  text = without_blanks(text);
  if (text.empty() || text == "None") return std::monostate{};
  if (its_class == "bool") return python_boolean(text);
  if (its_class == "list" || its_class == "tuple") return python_numbers(text);
  if (its_class == "str") return without_quotes(text);
  if (its_class == "int") {
    const auto integer = whole_text<std::int64_t>(text);
    return integer ? std::optional<AttributeValue>(*integer) : std::nullopt;
  }
  const auto real = whole_text<double>(text);
  return real ? std::optional<AttributeValue>(*real) : std::nullopt;
}

std::string vizml_class(const AttributeValue& value) { return std::visit(ClassOfValue{}, value); }

std::string vizml_text(const AttributeValue& value) { return std::visit(TextOfValue{}, value); }

}  // namespace orrery
