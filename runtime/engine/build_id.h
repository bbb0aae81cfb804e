#pragma once

#include <string>

namespace orrery {

/// What the linker wrote into the engine's library to tell this build from any other (the ELF note
/// NT_GNU_BUILD_ID), as hexadecimal digits; empty where it wrote nothing.
std::string engine_build_id();

}  // namespace orrery
