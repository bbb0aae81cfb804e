#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_reduction_cases(CaseMakers&) {}

}  // namespace orrery
