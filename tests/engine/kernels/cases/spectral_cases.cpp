#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_spectral_cases(CaseMakers&) {}

}  // namespace orrery
