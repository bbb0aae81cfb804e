// Diagrams, in a process that has opened its fonts already.

#include <fmt/format.h>

#include "renderers/diagram/diagram.h"
#include "renderers/fonts.h"
#include "renderers/layout/layout.h"
#include "renderers/render.h"
#include "renderers/styles/box.h"
#include "tests/bench/networks.h"
#include "tests/bench/stopwatch.h"

namespace orrery::bench {
namespace {

std::function<Measured()> drawing(int nodes, const std::string& format) {
  return [nodes, format] {
    const auto graph = residual_net(nodes);
    return Measured{timed(15, [&] { render(*graph, {.format = format}); }), {}};
  };
}

Measured layout() {
  const auto graph = residual_net(1000);
  return {timed(7, [&] { layout_json(*graph, {}); }), {}};
}

void lay_out_each(const Graph& graph, Fonts& fonts) {
  layout::Sketch sketch = sketch_boxes(make_diagram(graph, {.fold = false}), Theme(), fonts);
  layout::lay_out(sketch);
}

Measured layout_of_many() {
  const auto graph = residual_net(20'000);
  Fonts fonts;
  return {timed(5, [&] { lay_out_each(*graph, fonts); }), {}};
}

// The same number of nodes in one graph and in graphs of 1,000: the ratio is 1 where cost grows linearly.
Measured growth(int nodes) {
  const auto one = residual_net(nodes), thousand = residual_net(1000);
  Fonts fonts;
  return interleaved(
      nodes > 20'000 ? 2 : 5, [&] { lay_out_each(*one, fonts); },
      [&] {
        for (int drawn = 0; drawn < nodes; drawn += 1000) lay_out_each(*thousand, fonts);
      });
}

Figure growth_figure(int nodes) {
  return {fmt::format("drawing.growth_{}", nodes),
          fmt::format("diagram and layout of {} nodes, against {} graphs of 1,000", nodes, nodes / 1000),
          kMilliseconds, [nodes] { return growth(nodes); }, 1.5};
}

}  // namespace

std::vector<Figure> drawing_figures() {
  return {
      {"drawing.pdf_100", "render of a graph of 100 nodes to PDF", kMilliseconds, drawing(100, "pdf"), 50},
      {"drawing.svg_100", "render of a graph of 100 nodes to SVG", kMilliseconds, drawing(100, "svg"), 50},
      {"drawing.png_100", "render of a graph of 100 nodes to PNG", kMilliseconds, drawing(100, "png"), 50},
      {"drawing.layout_1000", "diagram and layout of a graph of 1,000 nodes", kMilliseconds, layout},
      {"drawing.layout_20000", "diagram and layout of a graph of 20,000 nodes, each drawn", kMilliseconds,
       layout_of_many, 700},
      growth_figure(5000),
      growth_figure(20'000),
      growth_figure(50'000),
  };
}

}  // namespace orrery::bench
