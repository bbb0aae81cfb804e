#pragma once

#include <vector>

#include "renderers/geometry.h"

namespace orrery::layout {

/// Distances kept by the layout, in points.
struct Spacing {
  double box = 14;    ///< between neighbouring boxes of one rank
  double lane = 7;    ///< between parallel lines
  double beside = 9;  ///< between a box and a line that passes it
  double rank = 15;   ///< least distance between two ranks: room for an arrow
  double arrow = 9;   ///< straight end of a line before a box
  double frame = 8;   ///< between a frame and what it holds
  double label = 3;   ///< around the text of a line
  double port = 8;    ///< between two lines that enter one side of a box
  double frames = 9;  ///< before a frame, from what stands before it in the flow: no arrow ends there
};

/// A box to be placed: a frame that holds others, or a leaf of a given size.
struct SketchBox {
  int parent = -1;  ///< its frame; smaller than its own index; -1 for the root frame (box 0) only
  bool frame = false;
  Direction direction = Direction::south;  ///< of a frame's contents
  Size size;                     ///< a leaf's given size (widened when it has many ports); a frame's result
  Size title;                    ///< room that a frame's title needs; zero for none
  int place = -1;                ///< those with one stand in its order where they are in one rank
  bool side_entry = true;        ///< a leaf that a line may enter from the side
  bool columns = false;          ///< a frame whose boxes stand beside each other in their order
  bool stretch = false;          ///< a leaf as long as the columns beside it
  bool below = false;            ///< stands behind the box before it in the flow, though it may not read it
  double before = 0, after = 0;  ///< a leaf's room across the flow for texts beside it, left and right of it

  Rect at;        ///< result
  Rect title_at;  ///< result: frames with a title; no line crosses it
};

/// A value read by a leaf.
struct Sink {
  enum class Way {
    layers,  ///< with the flow
    back,    ///< against it: a loop
    apart,   ///< from side to side, whatever flows; boxes are placed without it
  };
  int box = -1;
  int port = 0;  ///< the first port is the main one
  Way way = Way::layers;
  Size label = {};          ///< of a line that goes back or apart: room for its text; zero for none
  std::vector<Point> path;  ///< result: from the source's border to this box's border, orthogonal
  Rect label_at = {};       ///< result; without size where there is no room
};

/// A value: it leaves one leaf and goes to others.
struct Net {
  int source = -1;
  int output = 0;
  Size label;  ///< room for a text beside the line where it leaves; zero for none
  std::vector<Sink> sinks;
  Rect label_at;  ///< result
};

/// What is to be laid out, and after `lay_out` the layout. Value type.
struct Sketch {
  std::vector<SketchBox> boxes;
  std::vector<Net> nets;
  Spacing spacing;
};

}  // namespace orrery::layout
