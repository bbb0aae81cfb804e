#include "renderers/stages/feature_map.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

using Kind = FeatureMap::Kind;

Shape shape(const std::vector<Dim>& extents) {
  Shape result{Dim::symbol("N")};
  result.insert(result.end(), extents.begin(), extents.end());
  return result;
}

TEST(FeatureMapTest, TheNumberOfExtentsTellsTheKind) {
  EXPECT_EQ(feature_map({}, false).kind, Kind::none);
  EXPECT_EQ(feature_map(shape({}), false).kind, Kind::none);
  EXPECT_EQ(feature_map(shape({10}), false).kind, Kind::vector);
  EXPECT_EQ(feature_map(shape({8, 100}), false).kind, Kind::sequence);
  EXPECT_EQ(feature_map(shape({8, 20, 30}), false).kind, Kind::image);
  EXPECT_EQ(feature_map(shape({8, 10, 20, 30}), false).kind, Kind::solid);
  EXPECT_EQ(feature_map(shape({8, 10, 20, 30, 2}), false).kind, Kind::none);
}

TEST(FeatureMapTest, ExtentsAreNamedFromTheLastOneBackwards) {
  const FeatureMap map = feature_map(shape({8, 10, 20, 30}), false);
  EXPECT_EQ(map.width(), 30);
  EXPECT_EQ(map.height(), 20);
  EXPECT_EQ(map.depth(), 10);
  EXPECT_EQ(feature_map(shape({8, 5}), false).height(), 1);
}

TEST(FeatureMapTest, ChannelsStandFirstUnlessTheyStandLast) {
  EXPECT_EQ(map_text(feature_map(shape({6, 28, 20}), false)), "6 @ 28×20");
  EXPECT_EQ(map_text(feature_map(shape({100, 64}), true)), "64 @ 100");
  EXPECT_EQ(map_text(feature_map(shape({10}), true)), "10");
  EXPECT_EQ(map_text(feature_map({}, false)), "");
}

TEST(FeatureMapTest, WhatOnlyTheDataTellHasNoSizeButAText) {
  const FeatureMap map = feature_map(shape({Dim::symbol("T"), 64}), true);
  EXPECT_EQ(map.width(), 0);
  EXPECT_EQ(map_text(map), "64 @ T");
}

}  // namespace
}  // namespace orrery
