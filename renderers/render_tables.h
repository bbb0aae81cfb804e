#pragma once

#include <string>

#include "renderers/styles/tables.h"

namespace orrery {

/// Draws the tables of a database and returns the file's bytes, the same for the same diagram; `format` is
/// `pdf`, `svg` or `png`, `dpi` the dots per inch of a PNG. Fails with an `Error(Fault::usage)` on others.
std::string render_tables(const TableDiagram& diagram, const std::string& format, double dpi);

}  // namespace orrery
