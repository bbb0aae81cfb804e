#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_comparison_cases(CaseMakers&) {}

}  // namespace orrery
