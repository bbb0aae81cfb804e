#pragma once

#include "tests/bench/child.h"

namespace orrery::bench {

/// The Python that the environment's ORRERY_PYTHON names, else `python3`, found as a shell finds it.
Command python();

/// The same, known to have PyTorch. Throws Skipped, with how to get it, when it has not.
Command python_with_torch();

}  // namespace orrery::bench
