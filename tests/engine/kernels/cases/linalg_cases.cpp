#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_linalg_cases(CaseMakers&) {}

}  // namespace orrery
