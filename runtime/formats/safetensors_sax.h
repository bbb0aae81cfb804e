#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/formats/safetensors_header.h"

namespace orrery {

/// Reads the JSON text of a safetensors header into `metadata` and `tensors` (in the order of the text)
/// and fills `index` with the names met. Knows the text's rules only; sizes and offsets are the caller's.
/// Returns what is wrong, nothing if all is well.
std::optional<std::string> read_safetensors_json(std::string_view json, SafetensorsHeader& header);

/// A tensor's name for messages: quoted, escaped, shortened when it is long.
std::string safetensors_name_text(std::string_view name);

}  // namespace orrery
