#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace orrery {

struct Raster;

/// A small picture inside a box, of numbers or of dots.
struct Inset {
  enum class Kind {
    lines,  ///< heights at equal distances, on a scale from their least to their most
    bars,   ///< heights side by side, from nothing: a histogram
    image,  ///< dots
  };
  Kind kind = Kind::lines;
  std::string title;                        ///< above it
  std::string left, right;                  ///< below its ends
  std::vector<std::vector<double>> values;  ///< several lines, or one row of bars; NaN: nothing there
  std::shared_ptr<const Raster> dots;       ///< of an image
  std::optional<double> mark;               ///< where zero lies across it, from 0 to 1
};

/// What a user wants to see of one box in place of what it would show, or beside it.
struct BoxChange {
  std::optional<std::string> title, detail;  ///< an empty detail takes it away
  std::string note;                          ///< stands beside it, of a frame under its title
  std::string fill;                          ///< `#ffd0a0`; empty: as others
  std::vector<Inset> insets;                 ///< below its texts; not of a frame
};

}  // namespace orrery
