#pragma once

#include <string>
#include <vector>

namespace orrery {

/// A form that a drawing can be written in.
struct Format {
  enum class Kind {
    picture,      ///< a style drawn by a painter
    description,  ///< the diagram for others to draw, or for a terminal; of no style
  };
  const char* name;
  std::vector<std::string> endings;  ///< of files; the first is given to files that have no name yet
  Kind kind;
};

/// `pdf`, `svg`, `png`, `tikz`, `html`, `json`, `dot`, `mermaid`, `text`.
const std::vector<Format>& formats();

/// The format of a file with this ending (`tex`); null for none.
const Format* format_of_ending(const std::string& ending);

}  // namespace orrery
