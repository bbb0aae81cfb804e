#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_arithmetic_cases(CaseMakers&) {}

}  // namespace orrery
