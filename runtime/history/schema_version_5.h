#pragma once

namespace orrery {

/// Version 5: which nodes have a part of the time of a pass that computes several.
extern const char* const kSchemaVersion5;

}  // namespace orrery
