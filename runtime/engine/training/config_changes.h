#pragma once

#include <string>

namespace orrery {

/// What is different in a script's settings, both JSON objects: `lr = 0.1 then, 0.2 now; depth = 3 now`.
/// Texts that are none are given whole.
std::string config_changes(const std::string& then, const std::string& now);

}  // namespace orrery
