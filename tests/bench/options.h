#pragma once

#include <string>
#include <vector>

#include "tests/bench/figure.h"
#include "tests/bench/peers.h"

namespace orrery::bench {

/// What the command line asks for.
struct Options {
  std::vector<Figure> figures;  ///< the chosen ones of all_figures(), with `peers` of figures_beside_peers()
  std::vector<Workload> workloads;  ///< with `peers`: the chosen ones, in the order of all_workloads()
  std::string json;                 ///< a file for the report; empty: none
  PeerOptions peer_options;
  bool peers = false;  ///< workloads against PyTorch, and the figures beside them
  bool check = false;  ///< exit code 1 when one falls short
  bool list = false;   ///< only names and what they are
  bool help = false;
};

inline constexpr const char* kUsage =
    "Usage: orrery_bench [NAME…] [--json FILE] [--check] [--list]\n"
    "       orrery_bench --peers [--compile] [--engine NAME] [WORKLOAD…] [--json FILE] [--check] [--list]\n\n"
    "Measures figures and prints a line of each: name, median, unit, bound, met or short, then the minimum.\n"
    "NAME is a figure or its family (`start.check`, `start`); without one all are measured.\n\n"
    "  --json FILE    writes the report into a file\n"
    "  --check        exits with 1 when a figure falls short of its bound\n"
    "  --list         lists the figures and measures nothing\n"
    "  --peers        trains the same nets in Orrery and in PyTorch, and prints how many times faster Orrery "
    "is,\n"
    "                 then the figures of the family `plan`; needs a Python that has PyTorch "
    "(ORRERY_PYTHON,\n"
    "                 or python3)\n"
    "  --compile      also against torch.compile, which takes long\n"
    "  --engine NAME  gives Orrery's managers this `engine`\n";

/// Throws an Error(Fault::usage), with the nearest known name, for what does not exist.
Options read_options(const std::vector<std::string>& arguments);

}  // namespace orrery::bench
