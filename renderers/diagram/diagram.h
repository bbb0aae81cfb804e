#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "renderers/diagram/box_change.h"
#include "renderers/diagram/cues.h"
#include "renderers/diagram/overlay.h"
#include "renderers/geometry.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/graph_diff.h"

namespace orrery {

/// What is told of a finding beside the box that it is about.
struct FindingNote {
  bool error = true;
  std::string code;   ///< `shape-mismatch`
  std::string place;  ///< `O101 · train.lua:42`
  std::string path;   ///< of the node or block
  std::string text;   ///< `expects 512 input features, got 256 from flatten (train.lua:41)`
  bool operator==(const FindingNote&) const = default;
};

/// A box of a diagram: what it stands for and what is to be read on it. No places, no colours.
struct DiagramBox {
  enum class Kind {
    frame,      ///< an open block, holding others
    folded,     ///< a block drawn as one box
    operation,  ///< a layer or a transform
    input,      ///< a field of the input node
    label,      ///< a field of it that is the label
    constant,
    parameter,  ///< a constant that is trained
    output,     ///< a value marked as a result
    governor,   ///< an optimizer or a saver, which is no part of the data's flow
  };
  /// What a frame or box is in a drawing of time.
  enum class Time {
    none,
    line,  ///< a frame of steps beside each other, in their order
    step,  ///< a frame of what is computed in one step
    gap,   ///< a box for steps that are left out
  };
  static constexpr int kByKind = -1;   ///< has its kind's colours
  static constexpr int kNeutral = -2;  ///< has none, so that others stand out
  Kind kind = Kind::operation;
  int parent = -1;                   ///< the frame around; smaller than the own index; -1 for the root
  std::string path;                  ///< of the node or block; the input's path and field for a field
  std::string title;                 ///< `Conv2d`, or a block's title
  std::string note;                  ///< the node's name where it says something that the title does not
  std::string detail;                ///< telling options: `3×3, 16, pad 1`
  std::string tag;                   ///< words that a cue puts on it
  std::string cost;                  ///< `4.6 k parameters`; empty unless asked for
  std::string symbol;                ///< `+`: may be drawn instead of the title
  std::optional<Category> category;  ///< of an operation
  Direction direction = Direction::south;  ///< of a frame's contents
  std::vector<int> nodes;                  ///< ids of the nodes it stands for
  std::vector<std::string> before, after;  ///< operations told on it that have no box of their own
  std::vector<std::string> fused;          ///< their paths
  int tone = kByKind;          ///< which of the diagram's tones colours it, or one of the words below
  std::optional<double> heat;  ///< its amount of the overlay's quantity, 0 to 1 on the scale
  bool delta = false;          ///< that amount is a difference: 0.5 is none
  std::string amount;          ///< the same in words, where they are asked for
  /// For each layer and trained constant among the nodes, the id of the first node that has its weights.
  std::vector<int> layers;
  int structure = -1;   ///< equal for boxes of a diagram that compute the same; names do not matter
  bool shut = false;    ///< of a frame: a cue asks that it be folded
  int place = -1;       ///< among those beside it, where a cue orders them
  bool alone = false;   ///< of a block: a cue asks that it be drawn although it repeats others
  int repeat = 1;       ///< of a block: how many equal ones in a chain it stands for
  bool shared = false;  ///< of a repeated block: all have the same weights
  std::vector<std::string> members;  ///< paths of all that stand here where blocks are repeated; else empty
  std::vector<std::string> errors, warnings;       ///< codes of the findings about it
  std::vector<FindingNote> notes;                  ///< the same findings in words
  GraphDiff::Kind change = GraphDiff::Kind::same;  ///< in a diagram of two graphs
  std::vector<std::string> changes;                ///< what is otherwise: `kernel size 3 → 5`
  Time time = Time::none;
  std::vector<int> ticks = {};      ///< of a frame: ids of the nodes with which its steps begin
  bool below = false;               ///< stands below the box before it, though it does not read it
  bool hidden = false;              ///< a cue asks that it be left out
  std::string fill;                 ///< the colour that a user gave it, `#ffd0a0`
  std::vector<std::string> beside;  ///< lines of a note; of a frame under its title
  std::vector<Inset> insets;        ///< small plots below its texts
  bool mark = false;                ///< stands for one that is put aside, with that one's letter
  /// Letters of the governors that update or save what is inside; of a governor its own.
  std::vector<std::string> governed;
};

/// A box that is put aside: the drawing lists it, and has marks with its letter beside its neighbours.
struct Helper {
  std::string letter;
  DiagramBox box;
  std::string shape = {};  ///< of its first output
  int neighbours = 0;
};

/// One that reads a value.
struct DiagramReader {
  int box = -1;
  int port = 0;              ///< of a node: the input's number; of a folded block: in the order of reading
  int node = -1;             ///< id of the (first) node that reads; -1 for an output box
  int input = 0;             ///< which of its inputs
  int count = 1;             ///< of inputs that this line stands for (more than one only at a folded block)
  bool faulty = false;       ///< a finding is about this very input
  bool later = false;        ///< in a later step of time than the one in which the value is made
  std::string carried = {};  ///< what is handed on to that step: `h`
  std::string name = {};     ///< of the input, where an operation has several that mean different things
  GraphDiff::Kind change = GraphDiff::Kind::same;  ///< added or removed in a diagram of two graphs
};

/// A value with the box it comes from and those that read it.
struct DiagramValue {
  int source = -1;
  int output = 0;  ///< in the order of the source's outputs
  int node = -1;   ///< id of the node that makes it; -1 where several between two folded blocks are one line
  int node_output = 0;
  std::string label;                  ///< its shape, or empty
  std::string tag = {};               ///< words that the script gave it
  double amount = 0;                  ///< its size, where lines are as wide as that says; 0: not known
  std::optional<double> weight = {};  ///< its place between the smallest and the largest, 0 to 1
  std::vector<DiagramReader> readers;
};

/// Which two graphs a diagram compares, and in how many operations they differ.
struct DiffLegend {
  std::string before, after;
  int added = 0, removed = 0, changed = 0, same = 0;
};

/// What the width of lines tells.
enum class LineWidth { even, bytes, elements };

/// What the colours of boxes tell.
enum class ColourBy { kind, structure, device, dtype };

/// How a drawing shows time: not at all, all steps beside each other, or one of equal steps with loops.
enum class TimeView { none, unrolled, rolled };

/// What a drawing shows, before anything has a place. Value type.
struct Diagram {
  std::string title;
  std::vector<std::string> tones;  ///< what each tone means, where boxes are not coloured by their kind
  std::string no_tones;            ///< why no box has one, where colours were asked for
  std::optional<HeatLegend> heat;  ///< where they are coloured by a quantity
  std::vector<Helper> helpers;     ///< boxes that are put aside
  std::vector<DiagramBox> boxes;   ///< 0 is the root frame; parents before children; in order of construction
  std::optional<DiffLegend> diff;  ///< of a diagram of two graphs
  std::optional<HeatLegend> widths;  ///< where lines are as wide as what they carry is large
  std::vector<FindingNote> notes;    ///< findings about what is not drawn
  std::vector<DiagramValue> values;  ///< those that are read by a box other than the one they come from
};

struct DiagramOptions {
  int depth = -1;                             ///< blocks inside so many others are folded; -1: none
  std::vector<std::string> expand, collapse;  ///< patterns of blocks' paths, which go before `depth` and cues
  bool fold = true;                           ///< draw a chain of equal blocks once
  /// Not drawn, lines go on past them: paths, patterns, or `activations`, `constants`, `dropout`, `labels`,
  /// `losses`, `norms`, `outputs`.
  std::vector<std::string> hide;
  /// Put aside: paths, patterns, or `constants`, `labels`, `losses`, `parameters`.
  std::vector<std::string> aside = {};
  bool governors = false;  ///< optimizers with their schedules, and savers, with marks at what they are about
  bool fuse = false;       ///< tell activations, norms and dropout on their layer's box
  bool names = true;       ///< names that people gave
  bool shapes = true;      ///< label values whose shape differs from what their node was given
  bool all_shapes = false;                 ///< label all values
  bool dtypes = false;                     ///< label all values with their dtypes
  bool parameters = false;                 ///< count the parameters of layers and folded blocks
  Direction direction = Direction::south;  ///< of the root; blocks inherit it unless a cue says otherwise
  TimeView time = TimeView::none;
  ColourBy colour = ColourBy::kind;
  std::optional<Overlay> overlay = {};  ///< goes before `colour`
  Cues cues = {};                       ///< of a file; the script's own are the blocks'
  std::vector<Finding> findings = {};   ///< marked at the box that their path names or is inside of
  /// By path; of boxes that are not drawn nothing happens.
  std::map<std::string, BoxChange> changes = {};
  LineWidth line_width = LineWidth::even;
  std::int64_t batch = 1;  ///< size of the batch for the width of lines; other unknown sizes are 1
};

/// Describes a graph, finalized or not. Texts are made safe: no control characters, of limited length.
/// Fails with an `Error(Fault::usage)` on a cue's unknown direction, and on a pattern that fits no block.
Diagram make_diagram(const Graph& graph, const DiagramOptions& options);

/// `south`, `east`, `north` or `west`; an `Error(Fault::usage)` names them on anything else.
Direction direction_from_name(const std::string& name);

}  // namespace orrery
