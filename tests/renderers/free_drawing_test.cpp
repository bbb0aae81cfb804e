#include "renderers/free_drawing.h"

#include <gtest/gtest.h>

#include "renderers/styles/box.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/layout_checks.h"

namespace orrery {
namespace {

using test::Sketcher;

// So many operations behind each other; the last also reads what comes in where a skip is wanted.
std::unique_ptr<Graph> ribbon(int length, bool skip = false) {
  Sketcher s;
  const Value image = s.input({{"image", {4}}})[0];
  Value x = image;
  for (int i = 0; i < length; ++i) x = s.relu(x);
  if (skip) s.apply("add", {x, image});
  return std::move(s.graph);
}

class FreeDrawingTest : public ::testing::Test {
 protected:
  Size size(const Graph& graph, bool wrap, Direction direction = Direction::south) {
    const BoxDrawing drawing =
        free_drawing({theme_, fonts_, {}}, make_diagram(graph, {.direction = direction}), wrap);
    EXPECT_EQ(test::faults(drawing.sketch), "");
    return drawing.size;
  }

 private:
  Theme theme_;
  Fonts fonts_;
};

TEST_F(FreeDrawingTest, BreaksARibbonOfMoreThanTwoPages) {
  const Size whole = size(*ribbon(70), false), broken = size(*ribbon(70), true);
  EXPECT_GT(whole.height, 1680);
  EXPECT_LT(broken.height, whole.height / 3);
  EXPECT_GT(broken.width, broken.height / 2);
  EXPECT_LT(broken.width, broken.height * 2);
}

TEST_F(FreeDrawingTest, LeavesWhatTwoPagesHold) {
  const Size whole = size(*ribbon(45), false);
  EXPECT_LT(whole.height, 1680);
  EXPECT_EQ(size(*ribbon(45), true), whole);
}

TEST_F(FreeDrawingTest, BreaksRowsWhereTheDataFlowEast) {
  const Size whole = size(*ribbon(70), false, Direction::east);
  EXPECT_LT(size(*ribbon(70), true, Direction::east).width, whole.width / 3);
}

TEST_F(FreeDrawingTest, BreaksNothingThatALinePasses) {
  EXPECT_EQ(size(*ribbon(70, true), true), size(*ribbon(70, true), false));
}

}  // namespace
}  // namespace orrery
