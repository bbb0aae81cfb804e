#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_convolution_cases(CaseMakers&) {}

}  // namespace orrery
