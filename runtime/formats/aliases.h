#pragma once

#include <map>
#include <string>

namespace orrery {

/// Which keys of a saved file stand for a tensor stored under another key: tied tensors are stored once.
using Aliases = std::map<std::string, std::string>;

/// Where the metadata of a safetensors file keeps them: a JSON object, alias → the key that is stored.
inline constexpr const char* kAliasesKey = "orrery.aliases";

std::string aliases_to_json(const Aliases& aliases);
/// Throws `Error(Fault::input_file)` beginning with `what` when it is no object of texts.
Aliases aliases_from_json(const std::string& json, const std::string& what);

}  // namespace orrery
