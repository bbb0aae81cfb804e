#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_sorting_cases(CaseMakers&) {}

}  // namespace orrery
