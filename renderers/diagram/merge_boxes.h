#pragma once

#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

/// Makes one box of several: box i goes into box `into[i]`, which stays (`into[k] == k`), or away with the
/// values that it makes (-1). The nodes, layers and findings of those that go in are added to the one that
/// stays, whose outputs are numbered anew in the order of the values; lines between them go away. REQUIRES:
/// the frame of what stays stays.
void merge_boxes(Diagram& diagram, const std::vector<int>& into);

/// Takes boxes away with the values that they make; a frame of which nothing is left goes away, too.
void take_away(Diagram& diagram, std::vector<bool> away);

/// Where the contents of each box end: one behind the last box inside.
std::vector<int> ends_of(const Diagram& diagram);

}  // namespace orrery
