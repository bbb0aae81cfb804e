#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_pooling_cases(CaseMakers&) {}

}  // namespace orrery
