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
  EXPECT_EQ(std::get<ParameterPtr>(entries[1]), conv->parameter("weight"));
  EXPECT_EQ(std::get<ParameterPtr>(entries[2]), conv->parameter("bias"));
  EXPECT_EQ(std::get<ParameterPtr>(entries[3]), linear->parameter("weight"));
  EXPECT_TRUE(b.runtime.draws.empty());
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
