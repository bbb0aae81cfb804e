#pragma once

#include "renderers/diagram/diagram.h"

namespace orrery {

// The passes that a drawing of time has beside those of passes.h, in their order.

/// Fails with an `Error(Fault::usage)`, which says what to do, unless the graph has steps of time: ticks,
/// recurrent layers over sequences, or `orrery.scan`.
void require_time(const Diagram& diagram, const Graph& graph, TimeView view);

/// Puts what the script's ticks separate into frames, one a step, beside each other in one frame for each run
/// of equal steps. What is made before the first step and after the last stays outside, since it stands in
/// no other; where no two neighbours are equal, each step has its frame all the same.
/// Post: a value that another step reads is marked so, and has a name.
void frame_steps(Diagram& diagram, const Graph& graph);

/// Draws recurrent layers over sequences as their cells: one for each layer and direction, in each of the
/// first two steps and the last (in all of four or fewer), or in one step with loops.
void open_recurrent(Diagram& diagram, const Graph& graph, TimeView view);

/// Draws the body of `orrery.scan` in the same steps, or once with loops.
void open_scans(Diagram& diagram, const Graph& graph, TimeView view);

/// Of more than four equal steps, draws the first two and the last, and a gap for the others.
void skip_steps(Diagram& diagram);

/// Draws one of equal steps, with loops for what the next one reads. Fails where steps of ticks differ.
void roll_steps(Diagram& diagram);

}  // namespace orrery
