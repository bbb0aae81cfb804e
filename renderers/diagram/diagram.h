#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "renderers/geometry.h"
#include "runtime/graph/graph.h"

namespace orrery {

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
  };
  Kind kind = Kind::operation;
  int parent = -1;                   ///< the frame around; smaller than the own index; -1 for the root
  std::string path;                  ///< of the node or block; the input's path and field for a field
  std::string title;                 ///< `Conv2d`, or a block's title
  std::string note;                  ///< the node's name where it says something that the title does not
  std::string detail;                ///< telling options: `3×3, 16, pad 1`
  std::string cost;                  ///< `4.6 k parameters`; empty unless asked for
  std::string symbol;                ///< `+`: may be drawn instead of the title
  std::optional<Category> category;  ///< of an operation
  Direction direction = Direction::south;     ///< of a frame's contents
  std::vector<int> nodes;                     ///< ids of the nodes it stands for
  std::vector<std::string> errors, warnings;  ///< codes of the findings about it
};

/// One that reads a value.
struct DiagramReader {
  int box = -1;
  int port = 0;         ///< of a node: the input's number; of a folded block: in the order of reading
  int node = -1;        ///< id of the (first) node that reads; -1 for an output box
  int input = 0;        ///< which of its inputs
  int count = 1;        ///< of inputs that this line stands for (more than one only for a folded block)
  bool faulty = false;  ///< a finding is about this very input
};

/// A value with the box it comes from and those that read it.
struct DiagramValue {
  int source = -1;
  int output = 0;  ///< in the order of the source's outputs
  int node = -1;   ///< id of the node that makes it
  int node_output = 0;
  std::string label;  ///< its shape, or empty
  std::vector<DiagramReader> readers;
};

/// What a drawing shows, before anything has a place. Value type.
struct Diagram {
  std::string title;
  std::vector<DiagramBox> boxes;  ///< 0 is the root frame; parents before children; in order of construction
  std::vector<DiagramValue> values;  ///< those that are read by a box other than the one they come from
};

struct DiagramOptions {
  int depth = -1;           ///< blocks inside so many others are folded; -1: none
  bool shapes = true;       ///< label values whose shape differs from what their node was given
  bool all_shapes = false;  ///< label all values
  bool parameters = false;  ///< count the parameters of layers and folded blocks
  Direction direction = Direction::south;  ///< of the root; blocks inherit it unless a cue says otherwise
  std::vector<Finding> findings;           ///< marked at the box that their path names or is inside of
};

/// Describes a graph, finalized or not. Texts are made safe: no control characters, of limited length.
/// Fails with an `Error(Fault::usage)` on a cue's unknown direction.
Diagram make_diagram(const Graph& graph, const DiagramOptions& options);

/// `south`, `east`, `north` or `west`; an `Error(Fault::usage)` names them on anything else.
Direction direction_from_name(const std::string& name);

}  // namespace orrery
