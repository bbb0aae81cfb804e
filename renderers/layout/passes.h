#pragma once

#include "renderers/layout/interior.h"
#include "renderers/layout/layout.h"

namespace orrery::layout {

// The passes of the layout in their order, each in the file of its name. All are deterministic, none
// draws, and none looks at anything but its arguments.

/// Cuts the sketch up: an edge between distant boxes becomes a link in each frame that it passes,
/// joined at ports of the frames' borders. One link per frame, value, and end.
/// Post: each interior has its items (boxes in the order of the sketch, then ports) and links.
Plan split(const Sketch& sketch);

/// Finds the main line of the whole drawing: a longest path over its leaves, through the middle of equally
/// long branches. Post: the links that it takes are marked.
void mark_main(Plan& plan, const Sketch& sketch);

/// Gives items the sizes of their boxes and the places of their ports.
/// Pre: all frames inside this one are laid out.
void take_sizes(Interior& in, Sketch& sketch, const Plan& plan);

/// Longest-path ranks; what depends on sources only is drawn near to its reader, and so are several boxes
/// that read one value and have room, so that one line passes instead of one each. Cycles (entangled blocks)
/// are opened: their last link is marked backward. Post: a forward link goes to a higher rank; in-ports are
/// in the first rank, out-ports in the last.
void rank(Interior& in);

/// Replaces links by chains with one bend in each rank that they pass.
/// Post: every hop joins neighbouring ranks.
void thread(Interior& in, const Spacing& spacing);

/// Finds the frame's main line: the drawing's where it passes here, else a longest path.
/// Post: `spine` has an item of each rank; where no line runs, an axis.
void find_spine(Interior& in);

/// Reduces crossings: sweeps that draw items to the mean or median of their neighbours, with transposition,
/// from the order of construction and, while lines still cross, from others; the best order seen is kept, but
/// for lines past the main one, which change to the side where no boxes are, and for boxes that have a place,
/// which stand in the order of their places. Post: `rows` and `order` agree.
void order(Interior& in);

/// Lets the outermost secondary lines of a leaf enter it from the side, and spreads the others over
/// its start.
/// Post: each link has its side and offset; a link that enters from the side ends at a bend next to the leaf.
void enter(Interior& in, const Sketch& sketch);

/// Places items across: the main line is straight, so is every long line where no other is in the
/// way, and all else stands as near to the main line as its order allows.
/// Post: neighbours of a row keep their distance.
void align(Interior& in, const Spacing& spacing);

/// Collects the runs of every channel and gives those that are not straight a lane, so that no two
/// values share a line and crossings are few.
void assign_lanes(Interior& in, const Sketch& sketch);

/// Places ranks along, with room for lanes, labels and arrows between them.
void space(Interior& in, const Sketch& sketch);

/// Writes the paths of the links and the places of labels.
void route(Interior& in, const Sketch& sketch);

/// Breaks a frame that is longer than the room allows into columns side by side (rows below each
/// other where it flows sideways), before ranks that few lines lead to; these go on from the foot of a column
/// through the gutter to the head of the next. The columns are as narrow in sum as can be. Nothing is broken
/// where lines go against the flow. Post: `length` is that of the longest column.
void wrap(Interior& in, const Sketch& sketch, const Room& room);

/// Puts border and title around the contents and turns them into the frame's direction. Where the
/// direction differs from that of the frame around, lines are led round the contents.
/// Post: the frame's size, its children's places relative to it, and its ports are set.
void enclose(Interior& in, Sketch& sketch, Direction outer);

/// Moves everything to its place on the page and joins the pieces of each path.
void assemble(Sketch& sketch, const Plan& plan);

/// Leads the lines that go apart from the layers from side to side: each a shortest orthogonal way with few
/// bends and crossings, through no box, title or label, and on no other line.
/// Post: each has a path.
void route_apart(Sketch& sketch);

/// Finds places for the texts of lines that have none yet, beside them and on nothing else.
void place_labels(Sketch& sketch);

}  // namespace orrery::layout
