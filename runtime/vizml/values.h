#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/attributes.h"

namespace orrery {

/// The classes of VizML's parameters: `int`, `float`, `bool`, `str`, `list`, `tuple`.
const std::vector<std::string>& vizml_classes();

/// The value of a parameter, which VizML keeps as the text of a Python literal: `(3, 3)`, `True`, `1e-05`,
/// `'mean'` or `mean`. monostate for `None` and an empty text; nothing for a text that is none of its class.
std::optional<AttributeValue> vizml_value(std::string_view text, std::string_view its_class);

/// The class that a value has in VizML's JSON, and its text there.
std::string vizml_class(const AttributeValue& value);
std::string vizml_text(const AttributeValue& value);

}  // namespace orrery
