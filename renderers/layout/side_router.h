#pragma once

#include <vector>

#include "renderers/layout/sketch.h"

namespace orrery::layout {

/// Finds the way of one line from a side of its source to a side of its sink, over the lines of a grid that
/// follows the boxes in a part of the page: A* over length, bends and crossings (after Wybrow, Marriott and
/// Stuckey, "Orthogonal Connector Routing", 2009).
class SideRouter {
 public:
  /// `part`: where the line may run. Lines that have paths already are kept clear of.
  SideRouter(const Sketch& sketch, const Net& net, int sink, const Rect& part);
  /// Empty where there is none.
  std::vector<Point> find();

 private:
  /// A way out of a box, or into one: on its border, and where the line is free to turn.
  struct End {
    Point border, turn;
    double cost;
    bool level = true;
    bool fork = false;  ///< leaves another line of the value
    Point origin = {};  ///< where that line leaves the box
  };
  struct Segment {
    Point from, to;
  };

  bool holds(int frame, int box) const;
  void collect(const Rect& part);
  void collect_lines(const Rect& part);
  void make_grid(const Rect& part);
  void add_forks(const Net& net);
  void add_start_below();
  std::vector<double> levels(const SketchBox& box, const SketchBox& other) const;
  std::vector<End> ends_of(int index, int other, double straight, double toward) const;
  /// What a straight piece costs beside its length; negative: it must not be.
  double price(Point a, Point b) const;
  bool blocked(Point a, Point b) const;
  size_t column(double x) const;
  size_t row(double y) const;

  const Sketch& sketch_;
  int source_, sink_;
  std::vector<Rect> walls_;  ///< not to be entered
  std::vector<Segment> lines_;
  std::vector<double> borders_x_, borders_y_;  ///< of frames around an end: crossed, but not run along
  std::vector<End> starts_, goals_;
  std::vector<double> xs_, ys_;
};

}  // namespace orrery::layout
