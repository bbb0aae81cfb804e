#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_distance_cases(CaseMakers&) {}

}  // namespace orrery
