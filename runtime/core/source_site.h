#pragma once

#include <string>

namespace orrery {

/// A line of the user's script: where a node, layer, block or governor was made.
/// An empty file means that no script line is known (a C++ host, a loaded file).
struct SourceSite {
  std::string file;
  int line = 0;

  bool known() const { return !file.empty(); }

  /// `train.lua:42`; empty when unknown.
  std::string str() const { return known() ? file + ":" + std::to_string(line) : std::string(); }

  bool operator==(const SourceSite&) const = default;
};

/// Everything that is remembered about the statement that made something.
struct Origin {
  SourceSite site;
  /// The local variable that the statement assigns to, read from its text; for messages and
  /// drawings only, never part of a name.
  std::string label;
};

}  // namespace orrery
