#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// A statement at this depth (four blanks each), parted as the formatter black parts it: one line where it
/// has at most 88 columns, else what stands in its last brackets on a line of its own, and where that is too
/// long, too, an item a line with a comma behind the last (https://black.readthedocs.io, "The Black code
/// style"). A statement without brackets at its end stays one line. Ends with a line break.
std::string python_statement(std::string_view statement, int depth);

}  // namespace orrery
