#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_activation_cases(CaseMakers&) {}

}  // namespace orrery
