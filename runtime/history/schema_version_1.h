#pragma once

namespace orrery {

/// The first version of the history, drawn in `schema.h`. Never edited after a release.
extern const char* const kSchemaVersion1;

}  // namespace orrery
