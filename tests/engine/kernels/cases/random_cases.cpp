#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_random_cases(CaseMakers&) {}

}  // namespace orrery
