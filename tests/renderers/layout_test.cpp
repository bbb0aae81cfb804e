#include "renderers/layout/layout.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/renderers/layout_checks.h"
#include "tests/renderers/random_sketch.h"

namespace orrery {
namespace {

using layout::Net;
using layout::Sketch;
using layout::SketchBox;

/// A sketch of leaves of equal size in the root frame, with one net for each list of sinks.
Sketch flat(int leaves, const std::vector<std::pair<int, std::vector<int>>>& nets,
            Direction direction = Direction::south) {
  Sketch sketch;
  sketch.boxes.push_back({.frame = true, .direction = direction});
  for (int i = 0; i < leaves; ++i) sketch.boxes.push_back({.parent = 0, .size = {60, 20}});
  std::vector<int> ports(static_cast<size_t>(leaves) + 1, 0);
  for (const auto& [source, sinks] : nets) {
    Net net{.source = source};
    for (int sink : sinks) net.sinks.push_back({.box = sink, .port = ports[static_cast<size_t>(sink)]++});
    sketch.nets.push_back(net);
  }
  layout::lay_out(sketch);
  return sketch;
}

constexpr unsigned kRandomGraphs = 1000;  // of each kind

TEST(LayoutTest, DrawsAChainAsOneStraightLine) {
  const Sketch sketch = flat(5, {{1, {2}}, {2, {3}}, {3, {4}}, {4, {5}}});
  for (const Net& net : sketch.nets) EXPECT_EQ(net.sinks[0].path.size(), 2u);
  for (size_t i = 2; i < sketch.boxes.size(); ++i) {
    EXPECT_EQ(sketch.boxes[i].at.middle().x, sketch.boxes[1].at.middle().x);
    EXPECT_GE(sketch.boxes[i].at.y, sketch.boxes[i - 1].at.bottom() + sketch.spacing.rank);
  }
}

TEST(LayoutTest, LeadsASkipBesideTheBoxesIntoTheSideOfItsReader) {
  const Sketch sketch = flat(4, {{1, {2, 4}}, {2, {3}}, {3, {4}}});
  const auto& skip = sketch.nets[0].sinks[1].path;
  EXPECT_EQ(skip.back(), (Point{sketch.boxes[4].at.right(), sketch.boxes[4].at.middle().y}));
  EXPECT_EQ(skip.size(), 5u);
  EXPECT_GE(skip[2].x, sketch.boxes[2].at.right() + sketch.spacing.beside);
  EXPECT_EQ(sketch.boxes[4].at.middle().x, sketch.boxes[1].at.middle().x);
}

TEST(LayoutTest, LaysEqualBranchesOnBothSidesOfTheMiddleOne) {
  const Sketch sketch = flat(5, {{1, {2, 3, 4}}, {2, {5}}, {3, {5}}, {4, {5}}});
  const double middle = sketch.boxes[1].at.middle().x;
  EXPECT_LT(sketch.boxes[2].at.right(), sketch.boxes[3].at.x);
  EXPECT_DOUBLE_EQ(sketch.boxes[3].at.middle().x, middle);
  EXPECT_LT(sketch.boxes[3].at.right(), sketch.boxes[4].at.x);
  EXPECT_DOUBLE_EQ(sketch.boxes[5].at.middle().x, middle);
}

TEST(LayoutTest, PutsASourceNextToItsReaderNotAtTheTop) {
  const Sketch sketch = flat(5, {{1, {2}}, {2, {3}}, {3, {5}}, {4, {5}}});
  EXPECT_GT(sketch.boxes[4].at.y, sketch.boxes[2].at.bottom());
  EXPECT_GT(sketch.boxes[4].at.x, sketch.boxes[3].at.right());
}

TEST(LayoutTest, FlowsInEachDirection) {
  const Sketch east = flat(2, {{1, {2}}}, Direction::east), north = flat(2, {{1, {2}}}, Direction::north),
               west = flat(2, {{1, {2}}}, Direction::west);
  EXPECT_GT(east.boxes[2].at.x, east.boxes[1].at.right());
  EXPECT_LT(north.boxes[2].at.bottom(), north.boxes[1].at.y);
  EXPECT_LT(west.boxes[2].at.right(), west.boxes[1].at.x);
  EXPECT_EQ(west.nets[0].sinks[0].path.front(), (Point{west.boxes[1].at.x, west.boxes[1].at.middle().y}));
}

TEST(LayoutTest, ReadsOneValueTwiceThroughTwoPorts) {
  const Sketch sketch = flat(2, {{1, {2, 2}}});
  const auto& sinks = sketch.nets[0].sinks;
  EXPECT_EQ(sinks[0].path.size(), 2u);
  EXPECT_GT(sinks[1].path.back().x, sinks[0].path.back().x);
}

TEST(LayoutTest, CrossesNothingWhereNothingNeedsTo) {
  // The order of construction would cross: 2 feeds 5, 3 feeds 4.
  const Sketch sketch = flat(6, {{1, {2, 3}}, {2, {5}}, {3, {4}}, {4, {6}}, {5, {6}}});
  const bool left = sketch.boxes[2].at.x < sketch.boxes[3].at.x;
  EXPECT_EQ(sketch.boxes[5].at.x < sketch.boxes[4].at.x, left);
}

TEST(LayoutTest, KeepsAFramesTitleClearOfTheLinesThatEnterIt) {
  Sketch sketch;
  sketch.boxes = {{.frame = true},
                  {.parent = 0, .size = {60, 20}},
                  {.parent = 0, .frame = true, .title = {300, 12}},
                  {.parent = 2, .size = {60, 20}}};
  sketch.nets = {{.source = 1, .sinks = {{.box = 3}}}};
  layout::lay_out(sketch);
  const double line = sketch.nets[0].sinks[0].path[0].x;
  EXPECT_TRUE(line <= sketch.boxes[2].title_at.x || line >= sketch.boxes[2].title_at.right());
  EXPECT_TRUE(sketch.boxes[2].at.contains(sketch.boxes[2].title_at));
  EXPECT_EQ(sketch.nets[0].sinks[0].path.size(), 2u);
}

TEST(LayoutTest, TurnsTheSecondOfTwoValuesThatChangePlaces) {
  // 1 and 2 stand above 3 and 4 and feed both, so that their lines would lie on each other.
  const Sketch sketch = flat(4, {{1, {4, 3}}, {2, {3, 4}}});
  EXPECT_EQ(test::faults(sketch), "");
}

TEST(LayoutTest, LaysOutNothingAndASingleBox) {
  EXPECT_EQ(flat(0, {}).boxes[0].size.height, 2 * layout::Spacing().frame);
  const Sketch one = flat(1, {});
  EXPECT_EQ(one.boxes[1].at.width, 60);
  EXPECT_TRUE(one.boxes[0].at.contains(one.boxes[1].at));
}

TEST(LayoutTest, LaysOutPartsThatNothingConnects) {
  const Sketch sketch = flat(7, {{1, {2}}, {2, {3}}, {4, {5}}});
  EXPECT_EQ(test::faults(sketch), "");
  EXPECT_EQ(sketch.boxes[6].at.y, sketch.boxes[7].at.y);
}

TEST(LayoutTest, LeadsManySkipsOfADenseBlockBesideItsBoxes) {
  std::vector<std::pair<int, std::vector<int>>> nets;
  for (int i = 1; i < 24; ++i) {
    nets.push_back({i, {}});
    for (int sink = i + 1; sink <= 24; ++sink) nets.back().second.push_back(sink);
  }
  for (const Direction direction : {Direction::south, Direction::east, Direction::north, Direction::west})
    EXPECT_EQ(test::faults(flat(24, nets, direction)), "");
}

TEST(LayoutTest, WidensALeafForManyPorts) {
  std::vector<std::pair<int, std::vector<int>>> nets;
  for (int i = 1; i <= 40; ++i) nets.push_back({i, {41}});
  const Sketch sketch = flat(41, nets);
  EXPECT_GT(sketch.boxes[41].at.width, 200);
  EXPECT_EQ(test::faults(sketch), "");
}

TEST(LayoutTest, LaysOutFramesThatReadEachOther) {
  Sketch sketch;
  sketch.boxes = {{.frame = true}, {.parent = 0, .frame = true}, {.parent = 0, .frame = true}};
  for (int i = 0; i < 6; ++i) sketch.boxes.push_back({.parent = 1 + i % 2, .size = {60, 20}});
  for (int i = 3; i < 8; ++i) sketch.nets.push_back({.source = i, .sinks = {{.box = i + 1}}});
  layout::lay_out(sketch);
  EXPECT_EQ(test::faults(sketch), "");
}

TEST(LayoutTest, LaysOutFramesTwoHundredDeep) {
  Sketch sketch;
  sketch.boxes = {{.frame = true}, {.parent = 0, .size = {60, 20}}};
  int parent = 0;
  for (int i = 0; i < 200; ++i) {
    sketch.boxes.push_back({.parent = parent, .frame = true, .title = {30, 10}});
    parent = static_cast<int>(sketch.boxes.size()) - 1;
  }
  sketch.boxes.push_back({.parent = parent, .size = {60, 20}});
  sketch.nets = {{.source = 1, .sinks = {{.box = static_cast<int>(sketch.boxes.size()) - 1}}}};
  layout::lay_out(sketch);
  EXPECT_EQ(sketch.nets[0].sinks[0].path.size(), 2u);
  EXPECT_EQ(test::faults(sketch), "");
}

TEST(LayoutTest, LaysOutAChainOfTenThousand) {
  std::vector<std::pair<int, std::vector<int>>> nets;
  for (int i = 1; i < 10000; ++i) nets.push_back({i, {i + 1}});
  const Sketch sketch = flat(10000, nets);
  EXPECT_EQ(sketch.boxes[1].at.middle().x, sketch.boxes[10000].at.middle().x);
}

// A leaf, two frames behind each other, and two leaves that read the second beside each other: each at its
// least distance, so that a larger one is not kept.
TEST(LayoutTest, StandsAsNearAsTheSpacingTellsAndNoNearer) {
  Sketch sketch;
  sketch.boxes = {{.frame = true},
                  {.parent = 0, .size = {60, 20}},
                  {.parent = 0, .frame = true},
                  {.parent = 0, .frame = true},
                  {.parent = 2, .size = {60, 20}},
                  {.parent = 3, .size = {60, 20}},
                  {.parent = 0, .size = {60, 20}},
                  {.parent = 0, .size = {60, 20}}};
  sketch.nets = {{.source = 1, .sinks = {{.box = 4}}},
                 {.source = 4, .sinks = {{.box = 5}}},
                 {.source = 5, .sinks = {{.box = 6}, {.box = 7}}}};
  for (const Direction direction : {Direction::south, Direction::east, Direction::north, Direction::west}) {
    for (int frame : {0, 2, 3}) sketch.boxes[static_cast<size_t>(frame)].direction = direction;
    layout::lay_out(sketch);
    const auto faults_with = [&](double layout::Spacing::*distance) {
      Sketch wider = sketch;
      wider.spacing.*distance += 0.1;
      return test::faults(wider);
    };
    EXPECT_EQ(test::faults(sketch), "");
    EXPECT_EQ(faults_with(&layout::Spacing::frames), "boxes 1 and 2 are too near to each other");
    EXPECT_EQ(faults_with(&layout::Spacing::rank), "boxes 3 and 6 are too near to each other");
    EXPECT_EQ(faults_with(&layout::Spacing::box), "boxes 6 and 7 are too near to each other");
  }
}

// The promises of layout.h, over graphs of every kind.
TEST(LayoutTest, KeepsItsPromisesForRandomNestedGraphs) {
  for (unsigned seed = 0; seed < kRandomGraphs; ++seed) {
    Sketch sketch = test::random_sketch(seed, {});
    layout::lay_out(sketch);
    ASSERT_EQ(test::faults(sketch), "") << "seed " << seed;
  }
}

TEST(LayoutTest, KeepsItsPromisesForRandomDirections) {
  for (unsigned seed = 0; seed < kRandomGraphs; ++seed) {
    Sketch sketch = test::random_sketch(seed, {.any_direction = true});
    layout::lay_out(sketch);
    ASSERT_EQ(test::faults(sketch), "") << "seed " << seed;
  }
}

TEST(LayoutTest, KeepsItsPromisesForRandomEntangledFrames) {
  for (unsigned seed = 0; seed < kRandomGraphs; ++seed) {
    Sketch sketch = test::random_sketch(seed, {.entangled = true});
    layout::lay_out(sketch);
    ASSERT_EQ(test::faults(sketch), "") << "seed " << seed;
  }
}

/// A chain in the root frame, broken where it is longer than the room.
Sketch chain(int length, Size room, Direction direction = Direction::south) {
  Sketch sketch;
  sketch.boxes.push_back({.frame = true, .direction = direction});
  for (int i = 1; i <= length; ++i) {
    sketch.boxes.push_back({.parent = 0, .size = {60, 20}});
    if (i > 1) sketch.nets.push_back({.source = i - 1, .sinks = {{.box = i}}});
  }
  layout::lay_out(sketch, {room});
  return sketch;
}

layout::Room room_for(unsigned seed) {
  return {{100.0 + 40 * (seed % 10), 80.0 + 60 * (seed % 7)}, seed % 3 ? 1 : 0.4};
}

TEST(LayoutTest, BreaksAChainIntoColumnsThatBeginLevel) {
  const Sketch sketch = chain(12, {0, 200});
  EXPECT_LE(sketch.boxes[0].size.height, 200);
  EXPECT_EQ(sketch.boxes[1].at.y, sketch.boxes[5].at.y);
  EXPECT_EQ(sketch.boxes[1].at.y, sketch.boxes[9].at.y);
  EXPECT_GT(sketch.boxes[5].at.x, sketch.boxes[4].at.right());
  EXPECT_EQ(sketch.nets[3].sinks[0].path.size(), 6u);
  EXPECT_EQ(test::faults(sketch), "");
}

TEST(LayoutTest, BreaksAChainThatFlowsSidewaysIntoRows) {
  const Sketch sketch = chain(12, {360, 0}, Direction::east);
  EXPECT_LE(sketch.boxes[0].size.width, 360);
  EXPECT_EQ(sketch.boxes[1].at.x, sketch.boxes[5].at.x);
  EXPECT_GT(sketch.boxes[5].at.y, sketch.boxes[4].at.bottom());
  EXPECT_EQ(test::faults(sketch), "");
}

TEST(LayoutTest, BreaksNoChainThatIsShortEnough) {
  const double height = chain(5, {}).boxes[0].size.height;
  EXPECT_EQ(chain(5, {0, height}).boxes[5].at.x, chain(5, {}).boxes[1].at.x);
  EXPECT_GT(chain(5, {0, height - 1}).boxes[5].at.x, chain(5, {}).boxes[1].at.x);
  EXPECT_EQ(chain(5, {1, 0}).boxes[5].at.x, chain(5, {}).boxes[1].at.x);
}

TEST(LayoutTest, LeadsASkipRoundAColumnBesideTheLineThatGoesOn) {
  Sketch sketch;
  sketch.boxes.push_back({.frame = true});
  for (int i = 1; i <= 6; ++i) sketch.boxes.push_back({.parent = 0, .size = {60, 20}});
  for (int i = 1; i < 6; ++i) sketch.nets.push_back({.source = i, .sinks = {{.box = i + 1}}});
  sketch.nets[0].sinks.push_back({.box = 6, .port = 1});
  layout::lay_out(sketch, {{0, 150}});
  EXPECT_GT(sketch.boxes[6].at.x, sketch.boxes[1].at.right());
  EXPECT_EQ(test::faults(sketch), "");
}

TEST(LayoutTest, KeepsItsPromisesForRandomGraphsBrokenIntoColumns) {
  for (unsigned seed = 0; seed < kRandomGraphs; ++seed)
    for (const bool any_direction : {false, true}) {
      Sketch sketch = test::random_sketch(seed, {.any_direction = any_direction});
      layout::lay_out(sketch, room_for(seed));
      ASSERT_EQ(test::faults(sketch), "") << "seed " << seed << (any_direction ? ", any direction" : "");
    }
}

TEST(LayoutTest, KeepsItsPromisesForRandomEntangledFramesBrokenIntoColumns) {
  for (unsigned seed = 0; seed < kRandomGraphs; ++seed) {
    Sketch sketch = test::random_sketch(seed, {.entangled = true});
    layout::lay_out(sketch, room_for(seed));
    ASSERT_EQ(test::faults(sketch), "") << "seed " << seed;
  }
}

TEST(LayoutTest, GivesTheSameLayoutTwice) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Sketch a = test::random_sketch(seed, {}), b = a;
    layout::lay_out(a);
    layout::lay_out(b);
    for (size_t i = 0; i < a.boxes.size(); ++i) ASSERT_EQ(a.boxes[i].at.middle(), b.boxes[i].at.middle());
    for (size_t net = 0; net < a.nets.size(); ++net)
      for (size_t sink = 0; sink < a.nets[net].sinks.size(); ++sink)
        ASSERT_EQ(a.nets[net].sinks[sink].path, b.nets[net].sinks[sink].path);
  }
}

}  // namespace
}  // namespace orrery
