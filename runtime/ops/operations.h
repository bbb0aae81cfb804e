#pragma once

#include "runtime/graph/descriptor.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// The operations that Orrery brings along, family by family; read-only and shared by all threads.
const Registry& operations();

/// The same and those made at run time for this runtime, which owns the table.
Registry& operations(Runtime& runtime);

}  // namespace orrery
