#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_recurrent_cases(CaseMakers&) {}

}  // namespace orrery
