#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace orrery {

/// Reads JSON from an untrusted file: UTF-8, no duplicate keys, nesting of at most 512, numbers within
/// range. Throws `Error(Fault::input_file)` beginning with `what`, which says whose text it is.
nlohmann::json parse_strict_json(std::string_view text, const std::string& what);

}  // namespace orrery
