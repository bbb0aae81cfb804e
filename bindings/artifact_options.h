#pragma once

#include <string>
#include <vector>

#include "runtime/graph/attributes.h"
#include "runtime/history/records.h"

namespace orrery::lua {

/// The options of `manager:artifact` and `run:artifact`: name, kind, step.
const std::vector<Attribute>& artifact_options();
/// The record of a file that lies on the disk, with these options. Throws `Error` for what is no regular
/// file.
ArtifactRecord read_artifact(const std::string& path, const Attributes& options);

}  // namespace orrery::lua
