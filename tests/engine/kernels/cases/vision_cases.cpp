#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_vision_cases(CaseMakers&) {}

}  // namespace orrery
