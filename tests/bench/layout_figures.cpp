// How well layouts read, against Graphviz's dot: counts and lengths, the same on every machine.

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "renderers/fonts.h"
#include "renderers/layout/layout.h"
#include "renderers/styles/box.h"
#include "tests/bench/dot_layout.h"
#include "tests/bench/figure.h"
#include "tests/renderers/random_sketch.h"
#include "tests/renderers/zoo_graphs.h"

namespace orrery::bench {
namespace {

/// Deep nets that dot takes minutes for are left out.
constexpr size_t kMostNodes = 300;

struct Pair {
  test::LayoutQuality own, dot;
};

// What dot does not place in the same way is left out: texts, titles, turns of direction.
void make_bare(layout::Sketch& sketch) {
  for (layout::SketchBox& box : sketch.boxes) box.title = {}, box.direction = Direction::south;
  for (layout::Net& net : sketch.nets) net.label = {};
}

void drop_frames(layout::Sketch& sketch) {
  std::vector<int> now(sketch.boxes.size(), 0);
  std::vector<layout::SketchBox> boxes{sketch.boxes[0]};
  for (size_t i = 1; i < sketch.boxes.size(); ++i) {
    if (sketch.boxes[i].frame) continue;
    now[i] = static_cast<int>(boxes.size());
    boxes.push_back(sketch.boxes[i]);
    boxes.back().parent = 0;
  }
  sketch.boxes = std::move(boxes);
  for (layout::Net& net : sketch.nets) {
    net.source = now[static_cast<size_t>(net.source)];
    for (layout::Sink& sink : net.sinks) sink.box = now[static_cast<size_t>(sink.box)];
  }
}

Pair pair_of(layout::Sketch sketch, bool flat) {
  make_bare(sketch);
  if (flat) drop_frames(sketch);
  const test::LayoutQuality dot = quality_by_dot(sketch);
  layout::lay_out(sketch);
  return {test::quality_of(sketch), dot};
}

std::vector<Pair> pairs_of_zoo(bool flat) {
  Fonts fonts;
  std::vector<Pair> pairs;
  for (const auto& [name, graph] : test::zoo_graphs()) {
    if (graph->nodes().size() > kMostNodes) continue;
    pairs.push_back(pair_of(sketch_boxes(make_diagram(*graph, {.fold = false}), Theme(), fonts), flat));
  }
  if (pairs.empty()) throw Skipped("needs the program, which makes the models");
  return pairs;
}

// Several figures read the same layouts.
const std::vector<Pair>& pairs(bool flat) {
  static std::map<bool, std::vector<Pair>> made;
  if (!made.contains(flat)) made[flat] = pairs_of_zoo(flat);
  return made[flat];
}

Measured crossings_of_random() {
  double own = 0, dot = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Pair pair = pair_of(test::random_sketch(seed, {}), true);
    own += static_cast<double>(pair.own.crossings), dot += static_cast<double>(pair.dot.crossings);
  }
  return {{{own}}, Times{{dot}}};
}

using Quantity = double (*)(const test::LayoutQuality&);

Measured sums(bool flat, Quantity quantity) {
  double own = 0, dot = 0;
  for (const Pair& pair : pairs(flat)) own += quantity(pair.own), dot += quantity(pair.dot);
  return {{{own}}, Times{{dot}}};
}

// One more crossing than none is no bad drawing: both sides have one more.
Measured worst_crossings() {
  const auto more = [](const Pair& pair) {
    return static_cast<double>(pair.own.crossings + 1) / static_cast<double>(pair.dot.crossings + 1);
  };
  const auto& all = pairs(true);
  const auto worst = std::max_element(all.begin(), all.end(),
                                      [&](const Pair& a, const Pair& b) { return more(a) < more(b); });
  return {{{static_cast<double>(worst->own.crossings + 1)}},
          Times{{static_cast<double>(worst->dot.crossings + 1)}}};
}

}  // namespace

std::vector<Figure> layout_figures() {
  const Unit places{"places", 1}, points{"pt", 1}, area{"pt²", 1};
  std::vector<Figure> figures;
  const auto add = [&](const char* name, const char* what, const Unit& unit, Quantity quantity,
                       std::optional<double> at_most = {}) {
    for (const bool flat : {true, false})
      figures.push_back(
          {fmt::format("layout.{}_{}", name, flat ? "flat" : "nested"),
           fmt::format("{} of the zoo's models {} blocks, against dot", what, flat ? "without" : "with"),
           unit, [=] { return sums(flat, quantity); }, flat ? at_most : std::nullopt});
  };
  add(
      "crossings", "places where lines cross", places,
      [](const test::LayoutQuality& q) { return static_cast<double>(q.crossings); }, 1.05);
  figures.push_back({"layout.crossings_flat_most",
                     "the same (and one more) of the model with which Orrery compares worst", places,
                     worst_crossings, 1.5});
  figures.push_back({"layout.crossings_random", "places where lines of 300 random graphs cross, against dot",
                     places, crossings_of_random, 1.05});
  add("bends", "corners of lines", places,
      [](const test::LayoutQuality& q) { return static_cast<double>(q.bends); });
  add("length", "length of lines", points, [](const test::LayoutQuality& q) { return q.length; });
  add("area", "area", area, [](const test::LayoutQuality& q) { return q.area; });
  return figures;
}

}  // namespace orrery::bench
