#pragma once

#include <functional>
#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"
#include "renderers/painter.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// What stands under a drawing: what its colours and outlines mean, and a caption. Laid out once, in lines
/// that are no wider than the drawing unless one alone is.
class Legend {
 public:
  struct Wish {
    bool keys = false;    ///< explain the kinds of boxes where they have their kinds' colours
    std::string caption;  ///< in lines of the drawing's width
  };

  /// Tones and amounts are explained wherever there are some.
  Legend(const Diagram& diagram, const Theme& theme, TextMeasure& measure, const Wish& wish, double width);
  /// What it draws refers to it.
  Legend(const Legend&) = delete;
  Legend& operator=(const Legend&) = delete;
  /// Zero when there is nothing to say.
  Size size() const { return size_; }
  void draw(Painter& painter, Point at) const;

 private:
  struct Piece {
    Size size;
    std::function<void(Painter&, Point)> draw;
  };

  void add_roles(const Diagram& diagram);
  void add_diff(const DiffLegend& diff);
  void add_widths(const Diagram& diagram);
  void add_tones(const Diagram& diagram);
  void add_helpers(const Diagram& diagram);
  void add_heat(const HeatLegend& heat);
  void add_notes(const Diagram& diagram, double width);
  void add_caption(const std::string& caption, double width);
  void add_text(const std::string& text, Color color, double width);
  Piece key(const BoxLook& look, const std::string& text, bool stacked = false);
  void flow(std::vector<Piece> pieces, double width);

  const Theme& theme_;
  TextMeasure& measure_;
  std::vector<Piece> keys_;
  std::vector<std::pair<Point, Piece>> placed_;
  Size size_;
};

}  // namespace orrery
