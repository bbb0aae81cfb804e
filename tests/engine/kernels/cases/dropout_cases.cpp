#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_dropout_cases(CaseMakers&) {}

}  // namespace orrery
