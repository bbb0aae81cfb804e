#include "renderers/cairo_painter.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace orrery {
namespace {

constexpr Color kInk = rgb(0x102030);

/// The colours of an SVG's paths in their order: of the fill, else of the stroke.
std::vector<std::string> colours_of_paths(const std::function<void(Painter&)>& draw) {
  Fonts fonts;
  CairoPainter painter({.format = ImageFormat::svg, .size = {100, 100}}, fonts);
  draw(painter);
  const std::string svg = painter.finish();
  std::vector<std::string> colours;
  for (size_t at = svg.find("<path"); at != std::string::npos; at = svg.find("<path", at + 1)) {
    const size_t colour = svg.find("rgb(", at);
    colours.push_back(svg.substr(colour, svg.find(')', colour) + 1 - colour));
  }
  return colours;
}

void draw_line(Painter& painter, double y, const Color& color, double width = 1) {
  painter.draw(Outline::polyline({{0, y}, {100, y}}), {}, Stroke{color, width});
}

TEST(CairoPainterTest, WritesLinesOfOneColourAndTheirArrowsAsOnePathEach) {
  const auto colours = colours_of_paths([](Painter& painter) {
    for (const double y : {10, 20, 30}) {
      draw_line(painter, y, kInk);
      painter.draw(Outline::polygon({{0, y}, {5, y}, {5, y + 5}}), kInk, {});
    }
  });
  EXPECT_EQ(colours.size(), 2u);
}

TEST(CairoPainterTest, KeepsTheOrderOfColours) {
  const auto colours = colours_of_paths([](Painter& painter) {
    draw_line(painter, 10, rgb(0x000000));
    draw_line(painter, 10, rgb(0xffffff));
    draw_line(painter, 10, rgb(0x000000));
  });
  ASSERT_EQ(colours.size(), 3u);
  EXPECT_EQ(colours[0], colours[2]);
  EXPECT_NE(colours[0], colours[1]);
}

TEST(CairoPainterTest, WritesWhatIsKeptBeforeWhatLiesOnIt) {
  const auto colours = colours_of_paths([](Painter& painter) {
    draw_line(painter, 10, rgb(0x000000));
    painter.draw(Outline::rounded({0, 0, 50, 50}, 3), rgb(0xffffff), Stroke{rgb(0xff0000), 1});
  });
  ASSERT_GE(colours.size(), 2u);
  EXPECT_EQ(colours[0], colours_of_paths([](Painter& p) { draw_line(p, 10, rgb(0x000000)); })[0]);
}

TEST(CairoPainterTest, KeepsApartWhatWouldLookDifferentAsOnePath) {
  const std::vector<Point> corners = {{0, 0}, {50, 0}, {50, 50}, {0, 50}};
  const std::vector<Point> other_way = {{10, 10}, {10, 40}, {40, 40}, {40, 10}};  // would be a hole
  EXPECT_EQ(colours_of_paths([&](Painter& painter) {
              painter.draw(Outline::polygon(corners), kInk, {});
              painter.draw(Outline::polygon(other_way), kInk, {});
            }).size(),
            2u);
  EXPECT_EQ(colours_of_paths([&](Painter& painter) {
              painter.draw(Outline::polygon(corners), at_opacity(kInk, 0.5), {});
              painter.draw(Outline::polygon(corners), at_opacity(kInk, 0.5), {});
            }).size(),
            2u);
  EXPECT_EQ(colours_of_paths([](Painter& painter) {
              draw_line(painter, 10, kInk, 1);
              draw_line(painter, 20, kInk, 2);
            }).size(),
            2u);
}

}  // namespace
}  // namespace orrery
