// Diagrams, in a process that has opened its fonts already.

#include "renderers/diagram/diagram.h"
#include "renderers/render.h"
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

}  // namespace

std::vector<Figure> drawing_figures() {
  return {
      {"drawing.pdf_100", "render of a graph of 100 nodes to PDF", kMilliseconds, drawing(100, "pdf"), 50},
      {"drawing.svg_100", "render of a graph of 100 nodes to SVG", kMilliseconds, drawing(100, "svg"), 50},
      {"drawing.png_100", "render of a graph of 100 nodes to PNG", kMilliseconds, drawing(100, "png"), 50},
      {"drawing.layout_1000", "diagram and layout of a graph of 1,000 nodes", kMilliseconds, layout},
  };
}

}  // namespace orrery::bench
