#include "tests/engine/kernels/random_cases.h"

namespace orrery {

void add_attention_cases(CaseMakers&) {}

}  // namespace orrery
