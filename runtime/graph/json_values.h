#pragma once

#include <nlohmann/json.hpp>

#include "runtime/graph/attributes.h"

namespace orrery {

/// Dimensions, options and their JSON forms. Included by .cpp files only.
nlohmann::json json_of(const Shape& shape);
nlohmann::json json_of(const AttributeValue& value);
/// Only the options that differ from their defaults.
nlohmann::json json_of(const Attributes& attributes, const std::vector<Attribute>& schema);

Shape shape_from_json(const nlohmann::json& value);
/// Complete and checked.
Attributes attributes_from_json(const nlohmann::json& object, const std::vector<Attribute>& schema);

}  // namespace orrery
