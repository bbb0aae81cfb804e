#include "runtime/graph/attributes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {

Attributes::Attributes(const std::vector<Attribute>& schema) {
  entries_.reserve(schema.size());
  for (const Attribute& attribute : schema) entries_.push_back({attribute.name, attribute.value});
}

const AttributeValue& Attributes::at(const std::string& name) const {
  auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  invariant(found != entries_.end(), ("there is no option '" + name + "'").c_str());
  return found->value;
}

void Attributes::overlay(const Attributes& others) {
  for (const Entry& entry : others.entries_)
    if (others.has(entry.name)) set(entry.name, entry.value);
}

void Attributes::set(const std::string& name, AttributeValue value) {
  auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  invariant(found != entries_.end(), ("there is no option '" + name + "'").c_str());
  found->value = std::move(value);
}

template <class T>
const T& Attributes::get(const std::string& name) const {
  const T* value = std::get_if<T>(&at(name));
  invariant(value, ("option '" + name + "' has no value of the type asked for").c_str());
  return *value;
}

bool Attributes::has(const std::string& name) const {
  return !std::holds_alternative<std::monostate>(at(name));
}
bool Attributes::boolean(const std::string& name) const { return get<bool>(name); }
std::int64_t Attributes::integer(const std::string& name) const { return get<std::int64_t>(name); }
const std::string& Attributes::text(const std::string& name) const { return get<std::string>(name); }
bool Attributes::is_text(const std::string& name) const {
  return std::holds_alternative<std::string>(at(name));
}
bool Attributes::is_integer(const std::string& name) const {
  return std::holds_alternative<std::int64_t>(at(name));
}
const Shape& Attributes::shape(const std::string& name) const { return get<Shape>(name); }
DType Attributes::dtype(const std::string& name) const { return get<DType>(name); }

double Attributes::real(const std::string& name) const {
  return is_integer(name) ? static_cast<double>(integer(name)) : get<double>(name);
}

const std::vector<std::int64_t>& Attributes::integers(const std::string& name) const {
  return get<std::vector<std::int64_t>>(name);
}

const std::vector<double>& Attributes::reals(const std::string& name) const {
  return get<std::vector<double>>(name);
}

namespace {

[[noreturn]] void refuse(const Attribute& attribute, const AttributeValue& given,
                         const std::string& hint = {}) {
  fail(Fault::usage, "{} must be {}, got {}{}", attribute.name, describe(attribute), str(given), hint);
}

bool in_range(const Attribute& attribute, double number) {
  if (std::isnan(number)) return attribute.or_nan;
  if (attribute.min && (attribute.above_min ? number <= *attribute.min : number < *attribute.min))
    return false;
  return !attribute.max || (attribute.below_max ? number < *attribute.max : number <= *attribute.max);
}

// The integer that a value stands for. Lua has one number type, so 3.0 counts; beyond 2^53 a double
// no longer tells neighbours apart.
std::optional<std::int64_t> as_integer(const AttributeValue& value) {
  if (auto integer = std::get_if<std::int64_t>(&value)) return *integer;
  auto real = std::get_if<double>(&value);
  if (!real || !(std::abs(*real) <= 0x1p53) || std::trunc(*real) != *real) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::optional<double> as_real(const AttributeValue& value) {
  if (auto real = std::get_if<double>(&value)) return *real;
  auto integer = std::get_if<std::int64_t>(&value);
  return integer ? std::optional<double>(static_cast<double>(*integer)) : std::nullopt;
}

// A list in whatever form it was read; nothing when it is none, or an entry is no integer.
std::optional<std::vector<std::int64_t>> as_integers(const AttributeValue& value) {
  if (auto list = std::get_if<std::vector<std::int64_t>>(&value)) return *list;
  if (auto shape = std::get_if<Shape>(&value))
    return known(*shape) ? std::optional(values(*shape)) : std::nullopt;
  auto reals = std::get_if<std::vector<double>>(&value);
  if (!reals) return std::nullopt;
  std::vector<std::int64_t> list;
  for (double real : *reals) {
    auto integer = as_integer(real);
    if (!integer) return std::nullopt;
    list.push_back(*integer);
  }
  return list;
}

bool all_in_range(const Attribute& attribute, const auto& numbers) {
  return std::all_of(numbers.begin(), numbers.end(),
                     [&](auto number) { return in_range(attribute, static_cast<double>(number)); });
}

AttributeValue checked_several(const Attribute& attribute, const AttributeValue& value) {
  const auto list = std::get_if<std::string>(&value);
  if (!list) refuse(attribute, value);
  std::string kept;
  for (const std::string& word : listed_words(*list)) {
    if (std::ranges::find(attribute.choices, word) == attribute.choices.end())
      refuse(attribute, word, did_you_mean(word, attribute.choices));
    kept += (kept.empty() ? "" : ",") + word;
  }
  return kept;
}

AttributeValue checked_text(const Attribute& attribute, const AttributeValue& value) {
  if (attribute.several) return checked_several(attribute, value);
  const auto& choices = attribute.choices;
  if (attribute.or_false && value == AttributeValue(false)) return "";
  if (auto digits = as_integer(value); digits && choices.empty()) return std::to_string(*digits);
  auto text = std::get_if<std::string>(&value);
  if (!text) refuse(attribute, value);
  if (choices.empty() || std::find(choices.begin(), choices.end(), *text) != choices.end()) return *text;
  refuse(attribute, value, did_you_mean(*text, choices));
}

// The dtypes that an option may name.
std::vector<std::string> dtype_names(const Attribute& attribute) {
  if (!attribute.choices.empty()) return attribute.choices;
  std::vector<std::string> names;
  names.reserve(kDTypeCount);
  for (int i = 0; i < kDTypeCount; ++i) names.emplace_back(name(static_cast<DType>(i)));
  return names;
}

AttributeValue checked_dtype(const Attribute& attribute, const AttributeValue& value) {
  std::optional<DType> dtype;
  auto text = std::get_if<std::string>(&value);
  if (text) dtype = dtype_from_name(*text);
  if (auto given = std::get_if<DType>(&value)) dtype = *given;
  const std::vector<std::string> names = dtype_names(attribute);
  if (dtype && std::find(names.begin(), names.end(), name(*dtype)) != names.end()) return *dtype;
  refuse(attribute, value, text ? did_you_mean(*text, names) : "");
}

AttributeValue checked_integer(const Attribute& attribute, const AttributeValue& value) {
  auto integer = as_integer(value);
  const bool* flag = attribute.or_boolean ? std::get_if<bool>(&value) : nullptr;
  if (flag) integer = *flag ? 1 : 0;
  if (!integer || !in_range(attribute, static_cast<double>(*integer))) refuse(attribute, value);
  return *integer;
}

AttributeValue checked_real(const Attribute& attribute, const AttributeValue& value) {
  auto real = as_real(value);
  if (!real || !in_range(attribute, *real)) refuse(attribute, value);
  if (attribute.type == AttributeType::real) return *real;
  if (auto integer = as_integer(value)) return *integer;
  return *real;
}

AttributeValue checked_integers(const Attribute& attribute, const AttributeValue& value) {
  const bool sizes = attribute.type == AttributeType::sizes;
  if (auto single = as_integer(value)) {
    if (!in_range(attribute, static_cast<double>(*single))) refuse(attribute, value);
    if (attribute.or_integer) return *single;
    return std::vector<std::int64_t>(sizes ? attribute.count : 1, *single);
  }
  auto list = as_integers(value);
  if (!list || !all_in_range(attribute, *list)) refuse(attribute, value);
  if (sizes && list->size() == 1) return std::vector<std::int64_t>(attribute.count, list->front());
  if (sizes && static_cast<int>(list->size()) != attribute.count) refuse(attribute, value);
  return *list;
}

AttributeValue checked_reals(const Attribute& attribute, const AttributeValue& value) {
  std::vector<double> list;
  const bool any_count = attribute.count == 0;
  if (auto single = as_real(value); single && any_count) {
    list = {*single};
  } else if (auto reals = std::get_if<std::vector<double>>(&value)) {
    list = *reals;
  } else if (auto integers = as_integers(value)) {
    list.assign(integers->begin(), integers->end());
  } else {
    refuse(attribute, value);
  }
  const bool counted = any_count ? !list.empty() : static_cast<int>(list.size()) == attribute.count;
  if (!counted || !all_in_range(attribute, list)) refuse(attribute, value);
  return list;
}

AttributeValue checked_shape(const Attribute& attribute, const AttributeValue& value) {
  Shape shape;
  if (auto given = std::get_if<Shape>(&value)) {
    shape = *given;
  } else if (auto single = as_integer(value)) {
    shape = {Dim(*single)};
  } else if (auto integers = as_integers(value)) {
    shape = shape_of(*integers);
  } else {
    refuse(attribute, value);
  }
  for (const Dim& d : shape)
    if (d.known() && !in_range(attribute, static_cast<double>(d.value()))) refuse(attribute, value);
  return shape;
}

bool is_word_instead(const Attribute& attribute, const AttributeValue& value) {
  auto text = std::get_if<std::string>(&value);
  return text &&
         std::find(attribute.or_text.begin(), attribute.or_text.end(), *text) != attribute.or_text.end();
}

}  // namespace

AttributeValue checked(const Attribute& attribute, AttributeValue value) {
  if (std::holds_alternative<std::monostate>(value)) {
    check(!attribute.required, Fault::usage, "{} is required: {}", attribute.name, describe(attribute));
    return attribute.value;
  }
  if (is_word_instead(attribute, value)) return value;
  switch (attribute.type) {
    case AttributeType::boolean:
      if (!std::holds_alternative<bool>(value)) refuse(attribute, value);
      return value;
    case AttributeType::integer: return checked_integer(attribute, value);
    case AttributeType::real:
    case AttributeType::number: return checked_real(attribute, value);
    case AttributeType::text: return checked_text(attribute, value);
    case AttributeType::sizes:
    case AttributeType::integers: return checked_integers(attribute, value);
    case AttributeType::reals: return checked_reals(attribute, value);
    case AttributeType::shape: return checked_shape(attribute, value);
    case AttributeType::dtype: return checked_dtype(attribute, value);
    case AttributeType::tensor:
      if (!std::holds_alternative<Shape>(value)) refuse(attribute, value);
      return value;
  }
  invariant(false, "an option has an unknown type");
  return value;
}

namespace {

void require_known(const std::vector<Attribute>& schema, const std::string& wanted) {
  std::vector<std::string> names;
  names.reserve(schema.size());
  for (const Attribute& attribute : schema) names.push_back(attribute.name);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return;
  if (names.empty()) fail(Fault::usage, "unknown option '{}': there are none", wanted);
  const std::string hint = did_you_mean(wanted, names);
  if (!hint.empty()) fail(Fault::usage, "unknown option '{}'{}", wanted, hint);
  fail(Fault::usage, "unknown option '{}' (known: {})", wanted, fmt::join(names, ", "));
}

}  // namespace

Attributes checked_attributes(const std::vector<Attribute>& schema,
                              const std::vector<Attributes::Entry>& given) {
  for (const auto& entry : given) {
    require_known(schema, entry.name);
    const auto times =
        std::count_if(given.begin(), given.end(), [&](const auto& e) { return e.name == entry.name; });
    check(times == 1, Fault::usage, "{} is given twice", entry.name);
  }
  Attributes attributes(schema);
  for (const Attribute& attribute : schema) {
    auto found =
        std::find_if(given.begin(), given.end(), [&](const auto& e) { return e.name == attribute.name; });
    attributes.set(attribute.name,
                   checked(attribute, found == given.end() ? AttributeValue() : found->value));
  }
  return attributes;
}

namespace {

// The shortest text that reads back as the same number.
std::string text_of(double real) {
  if (std::isnan(real)) return "nan";
  if (std::isinf(real)) return real < 0 ? "-inf" : "inf";
  return fmt::format("{}", real);
}

struct ToText {
  std::string operator()(std::monostate) const { return "nil"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return text_of(value); }
  std::string operator()(const std::string& value) const { return "\"" + value + "\""; }
  std::string operator()(const std::vector<std::int64_t>& list) const {
    return fmt::format("{{{}}}", fmt::join(list, ", "));
  }
  std::string operator()(DType dtype) const { return fmt::format("\"{}\"", name(dtype)); }
  std::string operator()(const std::vector<double>& list) const {
    std::vector<std::string> parts;
    parts.reserve(list.size());
    for (double real : list) parts.push_back(text_of(real));
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  std::string operator()(const Shape& shape) const {
    std::vector<std::string> parts;
    for (const Dim& d : shape) parts.push_back(d.str());
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
};

std::string quoted_list(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += "'" + words[i] + "'";
  }
  return text;
}

// ` ≥ 1`, ` > 0`, ` between 0 and 1`; empty without bounds.
std::string range(const Attribute& a) {
  if (a.min && a.max && !a.above_min && !a.below_max)
    return fmt::format(" between {} and {}", text_of(*a.min), text_of(*a.max));
  std::string text;
  if (a.min) text = fmt::format(" {} {}", a.above_min ? ">" : "≥", text_of(*a.min));
  if (a.max) text += fmt::format("{} {} {}", a.min ? " and" : "", a.below_max ? "<" : "≤", text_of(*a.max));
  return text;
}

std::string kind_in_words(const Attribute& a) {
  switch (a.type) {
    case AttributeType::boolean: return "true or false";
    case AttributeType::integer:
      return (a.or_boolean ? "true, false or an integer" : "an integer") + range(a);
    case AttributeType::real:
    case AttributeType::number: return "a number" + range(a);
    case AttributeType::text:
      if (a.several) return "a list of " + quoted_list(a.choices);
      return (a.choices.empty() ? "a text" : quoted_list(a.choices)) + (a.or_false ? " or false" : "");
    case AttributeType::sizes:
      return a.count == 1 ? "an integer" + range(a)
                          : fmt::format("an integer or {} integers{}", a.count, range(a));
    case AttributeType::integers:
      return (a.or_integer ? "an integer or a list of integers" : "a list of integers") + range(a);
    case AttributeType::reals:
      return a.count == 0 ? "a number or a list of numbers" + range(a)
                          : fmt::format("{} numbers{}", a.count, range(a));
    case AttributeType::shape: return "a list of sizes" + range(a);
    case AttributeType::dtype:
      return a.choices.empty() ? "a dtype such as 'float32' or 'int64'" : quoted_list(a.choices);
    case AttributeType::tensor: return "a tensor or a list of numbers";
  }
  return {};
}

}  // namespace

std::vector<Attribute> options_at_call(const std::vector<Attribute>& schema) {
  std::vector<Attribute> options;
  for (const Attribute& attribute : schema) {
    if (!attribute.at_call) continue;
    options.push_back(attribute);
    options.back().value = {};
  }
  return options;
}

std::vector<std::string> listed_words(const std::string& list) {
  std::vector<std::string> words(1);
  for (const char letter : list) {
    if (letter == ',')
      words.emplace_back();
    else if (letter != ' ')
      words.back() += letter;
  }
  if (words.size() == 1 && words.front().empty()) words.clear();
  return words;
}

std::string str(const AttributeValue& value) { return std::visit(ToText(), value); }

std::string describe(const Attribute& attribute) {
  if (attribute.or_text.empty()) return kind_in_words(attribute);
  return kind_in_words(attribute) + ", or " + quoted_list(attribute.or_text);
}

}  // namespace orrery
