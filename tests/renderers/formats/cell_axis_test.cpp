#include "renderers/formats/cell_axis.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(CellAxisTest, LetsThingsThatShareNoSlotShareACell) {
  CellAxis axis;
  const int a = axis.add(1, 0, 0), b = axis.add(2, 1, 1), c = axis.add(3, 0, 1);
  axis.solve(2, 1, false);
  EXPECT_EQ(axis.cell(a), axis.cell(b));
  EXPECT_EQ(axis.cell(c), axis.cell(a) + 1);
  EXPECT_EQ(axis.size(), axis.cell(c) + 1);
}

TEST(CellAxisTest, KeepsTheOrderOfPositions) {
  CellAxis axis;
  const int last = axis.add(9, 0, 0), first = axis.add(-4, 1, 1);
  axis.solve(2, 1, false);
  EXPECT_LE(axis.cell(first), axis.cell(last));
}

TEST(CellAxisTest, KeepsDistancesWhereNothingIsInTheWay) {
  CellAxis axis;
  const int a = axis.add(0, 0, 0), b = axis.add(7, 0, 0);
  axis.solve(1, 2, true);
  EXPECT_EQ(axis.cell(b) - axis.cell(a), 7);
}

TEST(CellAxisTest, MovesAllThatFollowsByAsMuchAsWasNeeded) {
  CellAxis axis;
  axis.add(0, 0, 0);
  const int b = axis.add(1, 0, 0), c = axis.add(6, 1, 1);
  axis.solve(2, 4, true);
  EXPECT_EQ(axis.cell(b), 4);
  EXPECT_EQ(axis.cell(c), 9);
}

TEST(CellAxisTest, KeepsApartWhatIsToldTo) {
  CellAxis axis;
  const int a = axis.add(0, 0, 0), b = axis.add(1, 1, 1);
  axis.keep_apart(a, b, 5);
  axis.solve(2, 1, true);
  EXPECT_EQ(axis.cell(b), 5);
}

TEST(CellAxisTest, LeavesRoomForWhatIsLong) {
  CellAxis axis;
  axis.add(0, 0, 0, 9);
  const int b = axis.add(1, 0, 0);
  axis.solve(1, 2, true);
  EXPECT_EQ(axis.cell(b), 11);
}

}  // namespace
}  // namespace orrery
