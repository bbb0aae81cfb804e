#pragma once

#include "renderers/layout/sketch.h"

namespace orrery::layout {

/// Lays a sketch out: a layered drawing (Sugiyama, Tagawa, Toda 1981) of each frame by itself, from the
/// inside to the outside, with orthogonal lines whose horizontal parts run in channels between ranks.
/// Long frames are broken into columns or rows where the sketch's room asks for it.
///
/// REQUIRES: box 0 is a frame, parents come before their children, nets join leaves. The boxes need not
/// form an acyclic graph.
/// Post: no two boxes overlap unless one holds the other; no line passes through a box other than the
/// frames it leaves and enters; lines of different values never lie on each other.
/// Time is near-linear in boxes, nets and ranks passed. Deterministic.
void lay_out(Sketch& sketch);

}  // namespace orrery::layout
