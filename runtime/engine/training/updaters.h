#pragma once

#include <memory>
#include <string>

#include "runtime/engine/training/updater.h"

namespace orrery {

/// What executes the optimizer of a name, without parameters yet. REQUIRES: optimizer_kinds() has the name.
std::unique_ptr<Updater> make_updater(const std::string& kind);

}  // namespace orrery
