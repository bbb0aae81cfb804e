#pragma once

#include <string>
#include <vector>

#include "renderers/layout/sketch.h"
#include "renderers/painter.h"

namespace orrery {

/// A table of a database, as it is to be read on a diagram.
struct TableBox {
  struct Reference {
    std::string column;
    int table = -1;  ///< that it refers to
  };
  std::string name;
  int group = -1;                     ///< of the diagram's groups; −1: none
  std::vector<std::string> keys;      ///< columns that tell rows apart
  std::vector<Reference> references;  ///< columns that refer to rows of tables; one may be a key, too
  std::vector<std::string> others;    ///< all other columns
};

/// Tables and how they refer to each other. Value type.
struct TableDiagram {
  std::vector<std::string> groups;  ///< titles of frames around tables
  std::vector<TableBox> tables;
  Direction direction = Direction::east;  ///< from what is referred to
};

/// The sizes of everything, for the layout: box 0 is the page, then come the groups, then the tables. A net
/// is a table that others refer to.
layout::Sketch sketch_tables(const TableDiagram& diagram, TextMeasure& measure);

/// Draws tables at the places of their laid-out sketch. Each has its keys in bold, what refers to others in
/// blue, and below them the names of other columns; arrows point to what is referred to. A table that refers
/// to itself has no line for that.
void draw_tables(const TableDiagram& diagram, const layout::Sketch& sketch, TextMeasure& measure,
                 Painter& painter);

}  // namespace orrery
