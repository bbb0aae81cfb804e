#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_linear_cases(CaseMakers&) {}

}  // namespace orrery
