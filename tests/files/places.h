#pragma once

#include <string>

namespace orrery {

/// A path below the folder of the sources: `in_source("data/china.jpg")`. The only place that knows the
/// folder's name, so that a clone elsewhere compiles all others to the same bits and ccache has them.
std::string in_source(const std::string& path);
/// The same below the build's folder.
std::string in_build(const std::string& path);

}  // namespace orrery
