#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_sparse_cases(CaseMakers&) {}

}  // namespace orrery
