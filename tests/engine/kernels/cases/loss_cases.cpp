#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_loss_cases(CaseMakers&) {}

}  // namespace orrery
