#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_indexing_cases(CaseMakers&) {}

}  // namespace orrery
