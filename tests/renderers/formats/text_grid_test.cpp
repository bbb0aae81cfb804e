#include "renderers/formats/text_grid.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/renderers/random_sketch.h"

namespace orrery {
namespace {

using layout::Sketch;

struct Made {
  Sketch sketch;
  std::vector<TextRoom> rooms;
  std::vector<int> labels;
  TextGrid grid;
};

Made made(Sketch sketch) {
  Made m{std::move(sketch), {}, {}, {}};
  for (const auto& box : m.sketch.boxes)
    m.rooms.push_back({static_cast<int>(box.frame ? box.title.width / 5 : box.size.width / 5),
                       static_cast<int>(box.size.height / 12)});
  for (const auto& net : m.sketch.nets) m.labels.push_back(static_cast<int>(net.label.width / 5));
  m.grid = text_grid(m.sketch, m.rooms, m.labels);
  return m;
}

bool holds(const Sketch& sketch, int frame, int box) {
  for (; box >= 0; box = sketch.boxes[static_cast<size_t>(box)].parent)
    if (box == frame) return true;
  return false;
}

bool share(const CellRect& a, const CellRect& b) {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

bool inside(const CellRect& r, Cell c) {
  return c.column >= r.left && c.column <= r.right && c.row >= r.top && c.row <= r.bottom;
}

std::string box_faults(const Made& m) {
  const int count = static_cast<int>(m.grid.boxes.size());
  for (int a = 1; a < count; ++a) {
    const CellRect& box = m.grid.boxes[static_cast<size_t>(a)];
    const TextRoom& room = m.rooms[static_cast<size_t>(a)];
    if (box.right - box.left < room.columns + 3 && !m.sketch.boxes[static_cast<size_t>(a)].frame)
      return fmt::format("box {} is too narrow for its text", a);
    if (box.bottom - box.top < room.lines + 1 && !m.sketch.boxes[static_cast<size_t>(a)].frame)
      return fmt::format("box {} is too low for its text", a);
    if (box.left < 0 || box.top < 0 || box.right >= m.grid.columns || box.bottom >= m.grid.rows)
      return fmt::format("box {} stands out of the page", a);
    const int parent = m.sketch.boxes[static_cast<size_t>(a)].parent;
    if (parent > 0) {
      const CellRect& frame = m.grid.boxes[static_cast<size_t>(parent)];
      if (box.left <= frame.left || box.right >= frame.right || box.top <= frame.top ||
          box.bottom >= frame.bottom)
        return fmt::format("box {} touches its frame {}", a, parent);
    }
    for (int b = a + 1; b < count; ++b)
      if (!holds(m.sketch, a, b) && share(box, m.grid.boxes[static_cast<size_t>(b)]))
        return fmt::format("boxes {} and {} share a cell", a, b);
  }
  return {};
}

/// What a value's line does in a cell: passes it upright, level, or turns.
struct Passing {
  bool upright = false, level = false;
};

std::map<std::pair<int, int>, Passing> cells_of(const std::vector<Cell>& path) {
  std::map<std::pair<int, int>, Passing> cells;
  for (size_t i = 1; i < path.size(); ++i) {
    const Cell a = path[i - 1], b = path[i];
    for (int row = std::min(a.row, b.row); row <= std::max(a.row, b.row); ++row)
      for (int column = std::min(a.column, b.column); column <= std::max(a.column, b.column); ++column) {
        Passing& passing = cells[{column, row}];
        if (a.row != b.row) passing.upright = true;
        if (a.column != b.column) passing.level = true;
      }
  }
  return cells;
}

std::string line_faults(const Made& m) {
  std::map<std::pair<int, int>, std::pair<size_t, Passing>> taken;
  for (size_t net = 0; net < m.grid.paths.size(); ++net) {
    std::map<std::pair<int, int>, Passing> own;
    for (size_t sink = 0; sink < m.grid.paths[net].size(); ++sink) {
      const auto& path = m.grid.paths[net][sink];
      const int source = m.sketch.nets[net].source, to = m.sketch.nets[net].sinks[sink].box;
      const std::string name = fmt::format("the line from {} to {}", source, to);
      for (size_t i = 1; i < path.size(); ++i)
        if (path[i].row != path[i - 1].row && path[i].column != path[i - 1].column) return name + " slants";
      const CellRect &begin = m.grid.boxes[static_cast<size_t>(source)],
                     &end = m.grid.boxes[static_cast<size_t>(to)];
      if (path.front().row != begin.bottom || !inside(begin, path.front()))
        return name + " does not begin below its box";
      if (!inside(end, path.back())) return name + " does not end at its box";
      for (const auto& [cell, passing] : cells_of(path)) {
        const Cell at{cell.first, cell.second};
        if (at == path.front() || at == path.back()) continue;
        for (size_t box = 1; box < m.grid.boxes.size(); ++box) {
          const bool frame = m.sketch.boxes[box].frame;
          const int index = static_cast<int>(box);
          if (frame && (holds(m.sketch, index, source) || holds(m.sketch, index, to))) continue;
          if (inside(m.grid.boxes[box], at)) return fmt::format("{} passes box {}", name, box);
        }
        Passing& mine = own[cell];
        mine.upright = mine.upright || passing.upright;
        mine.level = mine.level || passing.level;
      }
    }
    for (const auto& [cell, passing] : own) {
      const auto [at, is_new] = taken.try_emplace(cell, net, passing);
      const Passing& other = at->second.second;
      if (is_new || (passing.upright != passing.level && other.upright != other.level &&
                     passing.upright != other.upright))
        continue;
      return fmt::format("values {} and {} share cell {}, {}", at->second.first, net, cell.first,
                         cell.second);
    }
  }
  return {};
}

/// Every text has cells of its own: nothing is drawn on them.
std::string text_faults(const Made& m) {
  std::set<std::pair<int, int>> drawn;
  for (const auto& net : m.grid.paths)
    for (const auto& path : net)
      for (const auto& [cell, passing] : cells_of(path)) drawn.insert(cell);
  for (size_t box = 1; box < m.grid.boxes.size(); ++box) {
    const CellRect& r = m.grid.boxes[box];
    for (int row = r.top; row <= r.bottom; ++row) drawn.insert({r.left, row}), drawn.insert({r.right, row});
    if (m.sketch.boxes[box].frame) continue;
    for (int row = r.top; row <= r.bottom; ++row)
      for (int column = r.left; column <= r.right; ++column) drawn.insert({column, row});
  }
  const auto take = [&](Cell at, int columns) {
    for (int i = 0; i < columns; ++i)
      if (!drawn.insert({at.column + i, at.row}).second) return false;
    return true;
  };
  for (size_t box = 1; box < m.grid.boxes.size(); ++box)
    if (m.sketch.boxes[box].frame && m.rooms[box].columns > 0 &&
        !take(m.grid.titles[box], m.rooms[box].columns + 2))
      return fmt::format("something crosses the title of {}", box);
  for (size_t net = 0; net < m.labels.size(); ++net)
    if (!m.grid.paths[net].empty() && !take(m.grid.labels[net], m.labels[net]))
      return fmt::format("something crosses the label of value {}", net);
  return {};
}

std::string faults(const Made& m) {
  for (const auto& check : {box_faults, line_faults, text_faults})
    if (std::string fault = check(m); !fault.empty()) return fault;
  return {};
}

TEST(TextGridTest, KeepsItsPromisesForRandomNestedGraphs) {
  const unsigned seeds = std::getenv("ORRERY_TEST_FULL") ? 1000 : 100;
  for (unsigned seed = 0; seed < seeds; ++seed)
    ASSERT_EQ(faults(made(test::random_sketch(seed, {}))), "") << "seed " << seed;
}

TEST(TextGridTest, KeepsItsPromisesForRandomEntangledFrames) {
  const unsigned seeds = std::getenv("ORRERY_TEST_FULL") ? 1000 : 100;
  for (unsigned seed = 0; seed < seeds; ++seed)
    ASSERT_EQ(faults(made(test::random_sketch(seed, {.entangled = true}))), "") << "seed " << seed;
}

TEST(TextGridTest, DrawsAChainInTheMiddleOfItsBoxes) {
  Sketch sketch;
  sketch.boxes = {{.frame = true}, {.parent = 0}, {.parent = 0}};
  sketch.nets = {{.source = 1, .sinks = {{.box = 2}}}};
  const TextGrid grid = text_grid(sketch, {{0, 0}, {5, 1}, {9, 1}}, {0});
  EXPECT_EQ(grid.paths[0][0], (std::vector<Cell>{{6, 2}, {6, 4}}));
  EXPECT_EQ(grid.columns, 13);
  EXPECT_EQ(grid.rows, 7);
}

TEST(TextGridTest, HasNoCellsForNothing) {
  Sketch sketch;
  sketch.boxes = {{.frame = true}};
  const TextGrid grid = text_grid(sketch, {{0, 0}}, {});
  EXPECT_EQ(grid.columns, 0);
  EXPECT_EQ(grid.rows, 0);
}

}  // namespace
}  // namespace orrery
