#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/stages/piece.h"

namespace orrery {
namespace {

using testing::ElementsAre;

PieceLine line(int from, int to) { return {from, to, from, to}; }

/// A square of 20 with the stage of its own number.
Piece square(int stage) {
  Piece piece{.stages = {stage}};
  piece.drawing.shapes.push_back({PictureShape::Form::polygon, {{-10, -10}, {10, -10}, {10, 10}, {-10, 10}}});
  piece.tops[stage] = {-5, 5, -10};
  return piece;
}

Arranged arranged(int count, const std::vector<StageLine>& lines, const ArrangeOptions& options = {}) {
  std::vector<Piece> pieces;
  Stages stages{.lines = lines};
  for (int i = 0; i < count; ++i) pieces.push_back(square(i)), stages.stages.push_back({.box = i});
  return arrange(pieces, stages, options);
}

std::vector<int> sizes(const std::vector<Segment>& segments) {
  std::vector<int> result;
  for (const Segment& segment : segments) result.push_back(static_cast<int>(segment.pieces.size()));
  return result;
}

int count_of(const Picture& picture, PictureLine::Kind kind) {
  return static_cast<int>(std::count_if(picture.lines.begin(), picture.lines.end(),
                                        [&](const auto& one) { return one.kind == kind; }));
}

TEST(ArrangeTest, WhatNobodyFeedsStandsBeforeItsFirstReader) {
  EXPECT_THAT(order_pieces(4, {line(0, 2), line(2, 3), line(1, 3)}), ElementsAre(0, 2, 1, 3));
}

TEST(ArrangeTest, ACycleOfEntangledBlocksIsOrderedAllTheSame) {
  EXPECT_THAT(order_pieces(3, {line(0, 1), line(1, 2), line(2, 1)}), testing::UnorderedElementsAre(0, 1, 2));
}

TEST(ArrangeTest, SegmentsAreCutWhereOneValueIsOpen) {
  const std::vector<PieceLine> lines = {line(0, 1), line(1, 2), line(2, 3), line(1, 3), line(3, 4)};
  const std::vector<Segment> segments = cut_segments({0, 1, 2, 3, 4}, lines);
  EXPECT_THAT(sizes(segments), ElementsAre(1, 1, 2, 1));
  EXPECT_EQ(segments[0].source, -1);
  EXPECT_EQ(segments[2].source, 1);
}

TEST(ArrangeTest, NothingIsCutWhereTwoValuesAreOpen) {
  EXPECT_THAT(sizes(cut_segments({0, 1, 2, 3}, {line(0, 2), line(1, 2), line(0, 3), line(2, 3)})),
              ElementsAre(1, 3));
}

TEST(ArrangeTest, AChainStandsInOneLineWithStraightArrows) {
  const Arranged result = arranged(3, {{0, 1}, {1, 2}});
  EXPECT_EQ(result.origins[0].y, result.origins[2].y);
  ASSERT_EQ(result.picture.lines.size(), 2);
  EXPECT_THAT(result.picture.lines[0].points,
              ElementsAre(Point{result.origins[0].x + 10, result.origins[0].y},
                          Point{result.origins[1].x - 10, result.origins[1].y}));
}

TEST(ArrangeTest, ASkipGoesOverTheTops) {
  const Arranged result = arranged(4, {{0, 1}, {1, 2}, {2, 3}, {1, 3}});
  ASSERT_EQ(count_of(result.picture, PictureLine::Kind::skip), 1);
  for (const PictureLine& one : result.picture.lines)
    if (one.kind == PictureLine::Kind::skip) {
      EXPECT_LT(one.points[1].y, result.origins[2].y - 10);
    }
}

TEST(ArrangeTest, LongChainsStandInRowsOfAboutTheSameLength) {
  std::vector<StageLine> lines;
  for (int i = 0; i < 11; ++i) lines.push_back({i, i + 1});
  const Arranged pair = arranged(2, {{0, 1}});
  const double width = 4.5 * (pair.origins[1].x - pair.origins[0].x);
  const Arranged result = arranged(12, lines, {.width = width});
  EXPECT_LE(bounds_of(result.picture).width, width);
  EXPECT_EQ(count_of(result.picture, PictureLine::Kind::turn), 2);
  std::map<double, int> rows;
  for (Point origin : result.origins) ++rows[origin.y];
  for (const auto& [y, count] : rows) EXPECT_EQ(count, 4);
}

TEST(ArrangeTest, LongChainsThatFlowSouthStandInColumns) {
  std::vector<StageLine> lines;
  for (int i = 0; i < 11; ++i) lines.push_back({i, i + 1});
  const Arranged free = arranged(12, lines, {.direction = Direction::south, .width = 250});
  EXPECT_EQ(count_of(free.picture, PictureLine::Kind::turn), 0);
  EXPECT_EQ(free.origins[0].x, free.origins[11].x);
  const double height = 4.5 * (free.origins[1].y - free.origins[0].y);
  const Arranged result = arranged(12, lines, {.direction = Direction::south, .height = height});
  EXPECT_LE(bounds_of(result.picture).height, height);
  std::map<double, int> columns;
  for (Point origin : result.origins) ++columns[origin.x];
  EXPECT_EQ(columns.size(), 3);
  EXPECT_LT(result.origins[0].x, result.origins[11].x);
}

TEST(ArrangeTest, OtherDirectionsHaveNoRows) {
  std::vector<StageLine> lines;
  for (int i = 0; i < 11; ++i) lines.push_back({i, i + 1});
  const Arranged result = arranged(12, lines, {.direction = Direction::north, .width = 250, .height = 100});
  EXPECT_EQ(count_of(result.picture, PictureLine::Kind::turn), 0);
  EXPECT_EQ(result.origins[0].x, result.origins[11].x);
}

// 0 → 1 → … → 9, and nested skips as in a U-Net.
std::vector<StageLine> nested_skips() {
  std::vector<StageLine> lines;
  for (int i = 0; i < 9; ++i) lines.push_back({i, i + 1});
  for (int i = 1; i < 4; ++i) lines.push_back({i, 9 - i});
  return lines;
}

TEST(ArrangeTest, ANetOfNestedSkipsStaysInOnePieceWhereItFits) {
  const Arranged result = arranged(10, nested_skips(), {.width = 2000});
  for (Point origin : result.origins) EXPECT_EQ(origin.y, result.origins[0].y);
}

TEST(ArrangeTest, OneThatIsTooLongIsBrokenWhereOnlySkipsGoOn) {
  const Arranged result = arranged(10, nested_skips(), {.width = 180});
  EXPECT_GT(result.origins[9].y, result.origins[0].y);
  EXPECT_LE(bounds_of(result.picture).width, 180);
  EXPECT_EQ(count_of(result.picture, PictureLine::Kind::skip), 3);
}

// What two orthogonal lines share beside their ends.
bool cross(const PictureLine& a, const PictureLine& b) {
  for (size_t i = 1; i < a.points.size(); ++i)
    for (size_t k = 1; k < b.points.size(); ++k)
      if (spanned(a.points[i - 1], a.points[i])
              .grown(0.1)
              .overlaps(spanned(b.points[k - 1], b.points[k]).grown(0.1)))
        return true;
  return false;
}

TEST(ArrangeTest, NestedSkipsToOtherRowsDoNotCross) {
  const Arranged result = arranged(10, nested_skips(), {.width = 180});
  std::vector<PictureLine> skips;
  for (const PictureLine& line : result.picture.lines)
    if (line.kind == PictureLine::Kind::skip) skips.push_back(line);
  for (size_t i = 0; i < skips.size(); ++i)
    for (size_t k = 0; k < i; ++k) EXPECT_FALSE(cross(skips[i], skips[k])) << i << " and " << k;
}

TEST(ArrangeTest, SkipsFromOtherRowsArriveSideBySide) {
  std::vector<StageLine> lines;
  for (int i = 0; i < 9; ++i) lines.push_back({i, i + 1});
  for (int i = 1; i < 8; ++i) lines.push_back({i, 9});
  const Arranged result = arranged(10, lines, {.width = 180});
  std::vector<PictureLine> skips;
  std::set<double> ends;
  for (const PictureLine& line : result.picture.lines)
    if (line.kind == PictureLine::Kind::skip) skips.push_back(line), ends.insert(line.points.back().x);
  EXPECT_EQ(skips.size(), 7);
  EXPECT_EQ(ends.size(), 7);
  for (size_t i = 0; i < skips.size(); ++i)
    for (size_t k = 0; k < i; ++k) EXPECT_FALSE(cross(skips[i], skips[k])) << i << " and " << k;
}

PieceBlock block(int frame, int depth, std::vector<int> pieces) {
  return {.frame = frame, .depth = depth, .pieces = std::move(pieces), .size = {12, 8}};
}

TEST(ArrangeTest, BlocksAreToldUnderTheirPartOfARowInnerOnesAbove) {
  const Arranged result =
      arranged(4, {{0, 1}, {1, 2}, {2, 3}}, {.blocks = {block(7, 0, {1, 2, 3}), block(8, 1, {2, 3})}});
  ASSERT_EQ(result.picture.brackets.size(), 2);
  const PictureBracket &inner = result.picture.brackets[0], &outer = result.picture.brackets[1];
  EXPECT_EQ(inner.frame, 8);
  EXPECT_NEAR(inner.points[0].x, result.origins[2].x - 10, 1e-9);
  EXPECT_NEAR(outer.points[0].x, result.origins[1].x - 10, 1e-9);
  EXPECT_GT(outer.points[0].y, inner.points[1].y + 8);
}

TEST(ArrangeTest, ABlockThatSharesItsPartOfARowIsNotTold) {
  EXPECT_THAT(arranged(3, {{0, 1}, {1, 2}}, {.blocks = {block(7, 0, {0, 2})}}).picture.brackets,
              testing::IsEmpty());
}

TEST(ArrangeTest, ABlockInTwoRowsIsToldUnderBoth) {
  std::vector<StageLine> lines;
  for (int i = 0; i < 5; ++i) lines.push_back({i, i + 1});
  const Arranged pair = arranged(2, {{0, 1}});
  const double width = 3.5 * (pair.origins[1].x - pair.origins[0].x);
  const Arranged result = arranged(6, lines, {.width = width, .blocks = {block(7, 0, {1, 2, 3, 4})}});
  EXPECT_GT(result.origins[3].y, result.origins[2].y);
  EXPECT_EQ(result.picture.brackets.size(), 2);
}

TEST(ArrangeTest, ARayMeetsTheNearestSideOrMisses) {
  const Piece piece = square(0);
  EXPECT_EQ(first_hit(piece, {100, 0}, {50, 3}, {1, 0}), (Point{90, 3}));
  EXPECT_EQ(first_hit(piece, {100, 0}, {100, 50}, {0, -1}), (Point{100, 10}));
  EXPECT_FALSE(first_hit(piece, {100, 0}, {50, 11}, {1, 0}));
  EXPECT_FALSE(first_hit(piece, {100, 0}, {150, 3}, {1, 0}));
}

}  // namespace
}  // namespace orrery
