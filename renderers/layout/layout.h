#pragma once

#include <cstddef>

#include "renderers/layout/sketch.h"

namespace orrery::layout {

/// How long frames may be before they are broken.
struct Room {
  Size size;  ///< its height is for frames that flow south or north, its width for others; 0: any length
  double share = 1;   ///< of it, that a frame inside the root may take at most
  size_t lines = 24;  ///< that may be led round a column from where it is broken; each takes a lane
};

/// Lays a sketch out: a layered drawing (Sugiyama, Tagawa, Toda 1981) of each frame by itself, from the
/// inside to the outside, with orthogonal lines whose horizontal parts run in channels between ranks.
/// Frames that are longer than the room allows are broken into columns or rows.
///
/// REQUIRES: box 0 is a frame, parents come before their children, nets join leaves. The boxes need not
/// form an acyclic graph.
/// Post: no two boxes overlap unless one holds the other; no line passes through a box other than the
/// frames it leaves and enters; lines of different values never lie on each other.
/// Time is near-linear in boxes, nets and ranks passed. Deterministic.
void lay_out(Sketch& sketch, const Room& room = {});

}  // namespace orrery::layout
