#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_matrix_cases(CaseMakers&) {}

}  // namespace orrery
