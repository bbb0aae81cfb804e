#pragma once

#include "runtime/graph/init.h"
#include "runtime/graph/parameter.h"

namespace orrery {

/// Gives a parameter the values that `init` describes, in place when it has data, else on the CPU. Draws from
/// the process's generator as torch.nn.init does, number for number, in a dtype that may not be the
/// parameter's any more. Inside a turn only.
void initialise(Parameter& parameter, const Init& init, DType dtype);

/// Gives a parameter the values that a file tells (`Parameter::first`), which have that dtype. REQUIRES: it
/// has no data. Throws what reading them throws.
void initialise_from_file(Parameter& parameter, DType dtype);

}  // namespace orrery
