#pragma once

#include "runtime/graph/descriptor.h"

namespace orrery {

/// The operations that Orrery brings along, family by family; read-only and shared by all threads.
const Registry& operations();

}  // namespace orrery
