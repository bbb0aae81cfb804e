#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {

void add_recurrent(Registry&) {}

}  // namespace orrery
