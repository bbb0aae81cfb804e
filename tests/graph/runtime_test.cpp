#include "runtime/graph/runtime.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

TEST(RuntimeTest, LogsSeedsAndDrawsInTheOrderOfConstruction) {
  Builder b;
  b.runtime.draws.seed(7);
  const LayerPtr conv = b.conv(1, 2);
  const LayerPtr linear = b.linear(2, 3);
  const auto entries = b.runtime.draws.take();
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_EQ(std::get<DrawLog::Seed>(entries[0]).seed, 7u);
  EXPECT_EQ(std::get<DrawLog::Fill>(entries[1]).parameter, conv->parameter("weight"));
  EXPECT_EQ(std::get<DrawLog::Fill>(entries[2]).parameter, conv->parameter("bias"));
  EXPECT_EQ(std::get<DrawLog::Fill>(entries[3]).parameter, linear->parameter("weight"));
  EXPECT_TRUE(b.runtime.draws.empty());
}

TEST(RuntimeTest, ALayerMayDrawInAnotherOrderThanItsParameters) {
  Builder b;
  const LayerPtr attention =
      b.layer("MultiheadAttention", {{"embed_dim", std::int64_t{4}}, {"num_heads", std::int64_t{2}}});
  std::vector<std::string> drawn;
  for (const DrawLog::Entry& entry : b.runtime.draws.take())
    drawn.push_back(std::get<DrawLog::Fill>(entry).parameter->name);
  EXPECT_EQ(drawn, (std::vector<std::string>{"out_proj.weight", "out_proj.bias", "in_proj_weight",
                                             "in_proj_bias", "out_proj.bias"}));
  EXPECT_EQ(attention->parameter("out_proj.bias")->init, Init::zeros());
}

TEST(RuntimeTest, OtherFirstValuesAreDrawnAfterTheFirstOnes) {
  Builder b;
  const LayerPtr linear = b.linear(2, 3);
  b.runtime.draws.initialise(linear->parameter("weight"), Init::normal(0, 2));
  const auto entries = b.runtime.draws.take();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(std::get<DrawLog::Fill>(entries[0]).init.kind, Init::Kind::uniform);
  EXPECT_EQ(std::get<DrawLog::Fill>(entries[2]).init, Init::normal(0, 2));
  EXPECT_EQ(linear->parameter("weight")->init, Init::normal(0, 2));
}

TEST(RuntimeTest, AReplayedTraceHandsOutTheSameLayers) {
  Builder b;
  LayerTrace trace;
  b.runtime.push_trace(&trace);
  const LayerPtr first = b.conv(1, 2);
  b.runtime.pop_trace();
  trace.replay = true;
  b.runtime.push_trace(&trace);
  EXPECT_EQ(b.conv(1, 2), first);
  EXPECT_THROW(b.conv(1, 2), Error);
  trace.next = 0;
  EXPECT_THROW(b.linear(1, 2), Error);
  EXPECT_THROW(b.conv(1, 3), Error);
  b.runtime.pop_trace();
}

TEST(RuntimeTest, AnOuterTraceRecordsWhatAnInnerOneMakes) {
  Builder b;
  LayerTrace outer, inner;
  b.runtime.push_trace(&outer);
  b.runtime.push_trace(&inner);
  b.conv(1, 2);
  b.runtime.pop_trace();
  b.runtime.pop_trace();
  EXPECT_EQ(outer.layers.size(), 1u);
  EXPECT_EQ(inner.layers.size(), 1u);
}

}  // namespace
}  // namespace orrery
