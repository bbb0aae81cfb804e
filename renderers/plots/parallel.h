#pragma once

#include "renderers/plots/plot.h"

namespace orrery::plots {

/// An axis of parallel coordinates: numbers, or, where there are `categories`, their places from 0.
struct Coordinate {
  Axis axis;
  std::vector<std::string> categories;
};

/// A run, as a line from axis to axis.
struct Course {
  std::string name;
  std::vector<double> values;  ///< one a coordinate; NaN or infinity: it has none
  bool done = true;            ///< it came to its end; others are dashed
};

/// Parallel coordinates (Inselberg, "The plane with parallel coordinates", 1985): what was chosen, and last
/// what came of it, which colours the lines. It has no places: the layout makes them.
struct ParallelFigure {
  std::string title;
  std::string caption;                  ///< small, under the figure
  std::vector<Coordinate> coordinates;  ///< two or more; the last one has numbers
  std::vector<Course> courses;
  int best = -1;                       ///< the course that is set off; −1: none
  bool rising = false;                 ///< more is better: the dark end of the colours
  double width_mm = 0, height_mm = 0;  ///< of the page; 0: as the axes need
};

/// Where lines meet on a number or category, they are spread by what came of them. What has no value at an
/// axis passes below it. Fails with an `Error(Fault::usage)` when a course has not one value for each
/// coordinate, a category that is not there, or the page is too small.
Plot lay_out(const ParallelFigure& figure, const PlotTheme& theme, TextMeasure& measure);

/// The file's bytes, the same for the same figure; see `draw_plot`.
std::string draw_parallel(const ParallelFigure& figure, const std::string& format, double dpi);

/// The marks of the figure as JSON.
std::string parallel_json(const ParallelFigure& figure);

}  // namespace orrery::plots
