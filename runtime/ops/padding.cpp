#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {

void add_padding(Registry&) {}

}  // namespace orrery
