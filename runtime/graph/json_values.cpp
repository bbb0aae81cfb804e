#include "runtime/graph/json_values.h"

#include <algorithm>
#include <cmath>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {
namespace {

using nlohmann::json;

json json_of(const Dim& dim) { return dim.known() ? json(dim.value()) : json(dim.str()); }

Dim dim_from_json(const json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  check(value.is_string(), Fault::input_file, "a dimension must be an integer or an expression, got {}",
        value.dump());
  return parse_dim(value.get_ref<const std::string&>());
}

struct ToJson {
  json operator()(std::monostate) const { return nullptr; }
  json operator()(DType dtype) const { return std::string(name(dtype)); }
  json operator()(const Shape& shape) const { return orrery::json_of(shape); }
  // JSON has no number for NaN and infinity.
  json operator()(double real) const {
    if (std::isnan(real)) return "nan";
    if (std::isinf(real)) return real > 0 ? "inf" : "-inf";
    return real;
  }
  json operator()(const std::vector<double>& reals) const {
    json list = json::array();
    for (const double real : reals) list.push_back((*this)(real));
    return list;
  }
  template <class T>
  json operator()(const T& value) const {
    return value;
  }
};

bool is_real(const Attribute& attribute) {
  return attribute.type == AttributeType::real || attribute.type == AttributeType::number;
}

std::optional<double> real_from_json(const json& value) {
  if (value == "inf") return HUGE_VAL;
  if (value == "-inf") return -HUGE_VAL;
  if (value == "nan") return std::nan("");
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::vector<double> reals_from_json(const json& list, const std::string& option) {
  std::vector<double> reals;
  for (const json& value : list) {
    const auto real = real_from_json(value);
    check(real.has_value(), Fault::input_file, "option {} has the value {}", option, list.dump());
    reals.push_back(*real);
  }
  return reals;
}

// `checked` widens, spreads and refuses; this only picks the variant's member.
AttributeValue value_from_json(const json& value, const Attribute& attribute) {
  if (value.is_null()) return std::monostate{};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string() && attribute.type == AttributeType::dtype) {
    auto dtype = dtype_from_name(value.get_ref<const std::string&>());
    check(dtype.has_value(), Fault::input_file, "'{}' is not a dtype", value.get_ref<const std::string&>());
    return *dtype;
  }
  if (const auto real = is_real(attribute) ? real_from_json(value) : std::nullopt) return *real;
  if (value.is_string()) return value.get<std::string>();
  check(value.is_array(), Fault::input_file, "option {} has the value {}", attribute.name, value.dump());
  if (attribute.type == AttributeType::shape || attribute.type == AttributeType::tensor)
    return shape_from_json(value);
  if (attribute.type == AttributeType::reals) return reals_from_json(value, attribute.name);
  return value.get<std::vector<std::int64_t>>();
}

}  // namespace

json json_of(const Shape& shape) {
  json list = json::array();
  for (const Dim& dim : shape) list.push_back(json_of(dim));
  return list;
}

json json_of(const AttributeValue& value) { return std::visit(ToJson{}, value); }

json json_of(const Attributes& attributes, const std::vector<Attribute>& schema) {
  json object = json::object();
  for (const Attribute& attribute : schema)
    if (attributes.at(attribute.name) != attribute.value)
      object[attribute.name] = json_of(attributes.at(attribute.name));
  return object;
}

Shape shape_from_json(const json& value) {
  check(value.is_array(), Fault::input_file, "a shape must be a list, got {}", value.dump());
  check(value.size() <= 64, Fault::input_file, "a shape has {} dimensions; at most 64 are allowed",
        value.size());
  Shape shape;
  for (const json& dim : value) shape.push_back(dim_from_json(dim));
  return shape;
}

Attributes attributes_from_json(const json& object, const std::vector<Attribute>& schema) {
  std::vector<Attributes::Entry> given;
  for (const auto& [key, value] : object.items()) {
    auto found =
        std::find_if(schema.begin(), schema.end(), [&](const Attribute& a) { return a.name == key; });
    check(found != schema.end(), Fault::input_file, "unknown option '{}'", key);
    given.push_back({key, value_from_json(value, *found)});
  }
  return checked_attributes(schema, given);
}

}  // namespace orrery
