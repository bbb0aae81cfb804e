#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_shape_cases(CaseMakers&) {}

}  // namespace orrery
