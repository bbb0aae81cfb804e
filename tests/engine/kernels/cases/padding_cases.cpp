#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_padding_cases(CaseMakers&) {}

}  // namespace orrery
