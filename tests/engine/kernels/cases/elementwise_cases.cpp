#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_elementwise_cases(CaseMakers&) {}

}  // namespace orrery
