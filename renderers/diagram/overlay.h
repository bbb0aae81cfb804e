#pragma once

#include <map>
#include <string>
#include <vector>

namespace orrery {

/// How an amount becomes a colour between the least and the most.
enum class HeatScale {
  linear,  ///< from 0 to the most
  log,     ///< from the least that is not 0 to the most
  rank,    ///< by its place among all
};

/// A quantity to be shown by colour: what was measured of a run, or what the graph itself tells.
struct Overlay {
  std::string title;     ///< `forward time, run-12`
  std::string unit;      ///< `s`, `B`, `FLOP`, `parameters`, `1`
  bool adds = true;      ///< several together have the sum; else (a peak, a norm) the largest
  bool own = false;      ///< blocks show what they cost without the blocks inside
  bool numbers = false;  ///< write the amounts on the boxes
  bool delta = false;    ///< amounts are differences: more or less than nothing
  HeatScale scale = HeatScale::linear;
  /// By path; the path of the whole graph is empty. Blocks are measured with all that is inside in `total`.
  std::map<std::string, double> nodes, blocks, total;
};

/// What the colours of an overlay mean, for its legend.
struct HeatLegend {
  struct Tick {
    double at;  ///< 0 to 1
    std::string text;
  };
  std::string title;
  std::vector<Tick> ticks;
  bool delta = false;  ///< of differences; none is in the middle
};

}  // namespace orrery
