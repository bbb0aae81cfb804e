#pragma once

#include <functional>
#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"

namespace orrery {

// The passes that make a diagram, in the order of make_diagram. Each is pure: what it gives depends on its
// arguments alone. Between them a box follows its frame, and a frame's contents follow it at once.

/// Everything: each block open, each node a box, each value one that is there, read or not.
Diagram full_diagram(const Graph& graph, Direction direction);

/// Which frames `depth`, the cues and the patterns of `expand` and `collapse` fold: one entry per box. A path
/// without stars goes before patterns, expanding before collapsing, both before cues and depth; the frames
/// around one that is expanded are open. Fails on a pattern that fits no block.
std::vector<bool> folded_frames(const Diagram& diagram, const DiagramOptions& options);

/// Makes one box of each chosen frame and all that is inside.
void collapse(Diagram& diagram, const std::vector<bool>& frames);

/// Fails on a pattern to hide that fits nothing.
/// Pre: all blocks are open, so that what is inside of one that will be shut is known, too.
void check_hidden(const Diagram& diagram, const std::vector<std::string>& hidden);

/// Takes boxes away that a word, a path or a pattern names, and data that only they read; what read their
/// results reads what they have read. Boxes with findings or changes stay.
void hide(Diagram& diagram, const std::vector<std::string>& hidden);

/// Takes boxes that help many others out of the flow, by word, path or pattern: each line to or from one ends
/// in a small mark beside the neighbour, and the diagram lists them. Fails on a pattern that fits no box and
/// no node inside of one.
void put_aside(Diagram& diagram, const Graph& graph, const std::vector<std::string>& wanted);

/// Adds a box for each optimizer, which reads the loss that it follows, and for each saver, which reads the
/// computed values that it writes. Fails where there are none.
void add_governors(Diagram& diagram, const Graph& graph);

/// Gives each governor a letter, and marks the boxes that hold what it updates or saves; an open block where
/// all inside of it is. One that updates or saves everything needs none.
/// Pre: `add_governors`.
void mark_governed(Diagram& diagram, const Graph& graph);

/// Takes the marks away that the frame around bears, too.
void drop_inner_marks(Diagram& diagram);

/// Tells activations, norms and dropout on the box of the layer that alone feeds them, or alone reads them.
void fuse(Diagram& diagram);

/// Makes one block of each chain of equal ones beside each other that have no other readers, and where all
/// have either the same weights or each its own.
void fold_repeats(Diagram& diagram);

/// The nodes that the ids in a diagram mean: those of one graph, or of two behind each other.
using Nodes = std::vector<Node*>;
Nodes nodes_of(const Graph& graph);

/// Writes shapes beside values, and parameters on boxes, as the options ask.
void write_labels(Diagram& diagram, const Nodes& nodes, const DiagramOptions& options);

/// Chooses tones by what the boxes have in common: blocks of equal structure, the device, the results' dtype.
void colour(Diagram& diagram, const Graph& graph, ColourBy by);

/// Colours boxes by a quantity, and says what the colours mean. A box for several shows their sum (or the
/// largest) and from where to where they go; a block that is open shows what its own nodes cost, where nodes
/// by themselves are not known.
void add_overlay(Diagram& diagram, const Overlay& overlay);

/// Gives boxes the texts, colours, notes and plots that a user wants; paths that have no box count for
/// nothing.
void change_boxes(Diagram& diagram, const std::map<std::string, BoxChange>& changes);

/// Makes one line of several from one folded block to another, and says how many bytes they carry.
void bundle(Diagram& diagram, const Nodes& nodes);
/// The same with labels of one's own, told of each line the values (by their place in the diagram) that it
/// stands for. An empty label is none.
using BundleText = std::function<std::string(const std::vector<size_t>& values)>;
void bundle(Diagram& diagram, const BundleText& text);

/// Names the inputs of attention, recurrent layers and losses, where more than one is given.
void name_ports(Diagram& diagram, const Graph& graph);

/// Takes away the values that no other box reads.
void drop_unread(Diagram& diagram);

/// Measures the tensors that lines carry, before `bundle` adds them up. Unknown sizes count as 1, that of the
/// batch as `options.batch`.
void measure_lines(Diagram& diagram, const Nodes& nodes, const DiagramOptions& options);

/// Gives the lines that are left their places on a logarithmic scale, and says what their widths mean.
void weigh_lines(Diagram& diagram, const DiagramOptions& options);

}  // namespace orrery
