#pragma once

namespace orrery {

/// Version 4: costs of nodes, kernels and parts of the steps, single steps, what a run printed and what
/// happened in it, machines and projects.
extern const char* const kSchemaVersion4;

}  // namespace orrery
