#pragma once

namespace orrery {

/// Version 2: values logged at steps, and names and steps of artifacts.
extern const char* const kSchemaVersion2;

}  // namespace orrery
