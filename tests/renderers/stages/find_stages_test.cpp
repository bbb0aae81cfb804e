#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/stages/stages.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using testing::ElementsAre;

Stages stages_of(const Graph& graph, int depth = -1) {
  return find_stages(make_diagram(graph, {.depth = depth}), graph);
}

std::vector<std::string> captions(const Stages& stages) {
  std::vector<std::string> list;
  for (const Stage& stage : stages.stages) list.push_back(stage.caption);
  return list;
}

TEST(FindStagesTest, BandsAndFlattenBelongToTheStageBefore) {
  const Stages stages = stages_of(*test::digits());
  EXPECT_THAT(captions(stages),
              ElementsAre("", "", "3×3 conv", "2×2 max pool", "linear", "CrossEntropyLoss"));
  EXPECT_EQ(stages.stages[2].bands.size(), 1);
  EXPECT_EQ(stages.stages[3].after.size(), 1);
  EXPECT_EQ(map_text(stages.stages[4].from), "256");
  EXPECT_THAT(stages.stages[2].kernel, ElementsAre(3, 3));
}

TEST(FindStagesTest, ABandWhoseInputOthersReadStandsByItself) {
  test::Sketcher s;
  const Value x = s.conv(s.input({{"image", {3, 8, 8}}})[0], 3, 4, 3, 1);
  s.apply("add", {s.relu(x), x});
  const Stages stages = stages_of(*s.graph);
  EXPECT_TRUE(stages.stages[1].bands.empty());
  EXPECT_EQ(stages.stages[2].kind, Stage::Kind::band);
  EXPECT_EQ(stages.stages[3].kind, Stage::Kind::symbol);
}

TEST(FindStagesTest, AFoldedBlockIsOneStageWithItsLastMap) {
  const auto graph = test::resnet18();
  const Stages stages = stages_of(*graph, 0);
  ASSERT_EQ(stages.stages[1].kind, Stage::Kind::folded);
  EXPECT_EQ(map_text(stages.stages[1].map), "64 @ 56×56");
}

TEST(FindStagesTest, TheInputsOfAStageKeepTheirOrder) {
  const Stages stages = stages_of(*test::inception());
  std::vector<double> channels;
  for (const StageLine& line : stages.lines)
    if (line.to == 8) channels.push_back(stages.stages[line.from].map.channels);
  ASSERT_EQ(stages.stages[8].kind, Stage::Kind::joined);
  EXPECT_THAT(channels, ElementsAre(64, 128, 32, 32));
}

TEST(FindStagesTest, AConvolutionTellsThatThereIsNoBatch) {
  test::Sketcher s;
  const Value image = s.apply("select", {s.input({{"image", {3, 16, 16}}})[0]},
                              {{"dim", std::int64_t{0}}, {"index", std::int64_t{0}}});
  s.relu(s.conv(image, 3, 8, 3, 1));
  const Stages stages = stages_of(*s.graph);
  EXPECT_EQ(map_text(stages.stages[0].map), "3 @ 16×16");
  EXPECT_EQ(map_text(stages.stages.back().map), "8 @ 16×16");
}

TEST(FindStagesTest, WhatWasFusedToALayerStandsAmongItsNotes) {
  const auto graph = test::digits();
  const Stages stages = find_stages(make_diagram(*graph, {.fuse = true}), *graph);
  EXPECT_TRUE(stages.stages[2].bands.empty());
  EXPECT_THAT(stages.stages[2].notes, ElementsAre("ReLU"));
  EXPECT_THAT(stages.stages[2].kernel, ElementsAre(3, 3));
}

TEST(FindStagesTest, CaptionsTellWhatTheShapesDoNot) {
  test::Sketcher s;
  Value x = s.conv(s.input({{"image", {4, 16, 16}}})[0], 4, 4, 3, 1, 2);
  s.layer("Conv2d",
          {{"in_channels", std::int64_t{4}},
           {"out_channels", std::int64_t{8}},
           {"kernel_size", std::vector<std::int64_t>{3, 5}},
           {"dilation", std::vector<std::int64_t>{1, 1}},
           {"groups", std::int64_t{2}}},
          {x});
  EXPECT_THAT(captions(stages_of(*s.graph)), ElementsAre("", "3×3 conv, stride 2", "3×5 conv, 2 groups"));
}

}  // namespace
}  // namespace orrery
