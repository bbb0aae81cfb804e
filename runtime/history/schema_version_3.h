#pragma once

namespace orrery {

/// Version 3: the numbers of threads that steps were found fastest with, and why a run has so many.
extern const char* const kSchemaVersion3;

}  // namespace orrery
