#pragma once

#include <string>
#include <vector>

#include "tests/bench/figure.h"

namespace orrery::bench {

/// What the command line asks for.
struct Options {
  std::vector<Figure> figures;  ///< the chosen ones, in the order of all_figures()
  std::string json;             ///< a file for the report; empty: none
  bool check = false;           ///< exit code 1 when one falls short
  bool list = false;            ///< only names and what they are
  bool help = false;
};

inline constexpr const char* kUsage =
    "Usage: orrery_bench [NAME…] [--json FILE] [--check] [--list]\n\n"
    "Measures figures and prints a line of each: name, median, unit, bound, met or short, then the minimum.\n"
    "NAME is a figure or its family (`start.check`, `start`); without one all are measured.\n\n"
    "  --json FILE  writes the report into a file\n"
    "  --check      exits with 1 when a figure falls short of its bound\n"
    "  --list       lists the figures and measures nothing\n";

/// Throws an Error(Fault::usage), with the nearest known name, for what does not exist.
Options read_options(const std::vector<std::string>& arguments);

}  // namespace orrery::bench
