#pragma once

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Makes one box of each chain of three or more operations that have not changed and that nothing beside the
/// chain reads or feeds; the neighbours of a change stay.
void contract_unchanged(Diagram& diagram);

}  // namespace orrery
