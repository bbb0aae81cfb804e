#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_normalization_cases(CaseMakers&) {}

}  // namespace orrery
