#include "runtime/formats/aliases.h"

#include <nlohmann/json.hpp>

#include "runtime/core/error.h"

namespace orrery {

std::string aliases_to_json(const Aliases& aliases) { return nlohmann::json(aliases).dump(); }

Aliases aliases_from_json(const std::string& text, const std::string& what) {
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  check(parsed.is_object(), Fault::input_file, "{}: '{}' in its metadata is not a JSON object", what,
        kAliasesKey);
  Aliases aliases;
  for (const auto& [alias, key] : parsed.items()) {
    check(key.is_string(), Fault::input_file, "{}: '{}' in its metadata names no key for '{}'", what,
          kAliasesKey, alias);
    aliases[alias] = key.get<std::string>();
  }
  return aliases;
}

}  // namespace orrery
