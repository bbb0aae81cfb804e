#include "tests/bench/python.h"

#include <cstdlib>

#include "runtime/core/error.h"

namespace orrery::bench {

Command python() {
  const char* named = std::getenv("ORRERY_PYTHON");
  return {"/usr/bin/env", named ? named : "python3"};
}

Command python_with_torch() {
  Command command = python();
  try {
    output_of({command[0], command[1], "-c", "import torch"});
  } catch (const Error&) {
    throw Skipped("no PyTorch in " + command[1] +
                  ": ./dev setup --python installs one, or ORRERY_PYTHON names a Python that has it");
  }
  return command;
}

}  // namespace orrery::bench
