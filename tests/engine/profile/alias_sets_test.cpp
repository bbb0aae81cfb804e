#include "runtime/engine/profile/alias_sets.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;

TEST(AliasSetsTest, AViewAndWhatItIsOfLieTogether) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const auto fields = b.graph.input({{{"x", {{n, 2, 3}, DType::float32}, false}}, {}, "{}"}, b.next_line());
  const Value squares = b.transform("square", {fields[0]});
  const Value flat = b.transform("flatten", {squares}, {{"start_dim", std::int64_t{1}}});
  const Value loss = b.transform("sum", {b.transform("exp", {flat})});
  b.graph.use({Use::Kind::loss, loss, "loss"});
  b.graph.finalize();
  Executor executor(Engine::of(b.runtime), b.graph, {loss});
  AliasSets sets(b.graph);
  executor.set_sink(&sets);
  for (int i = 0; i < 2; ++i) executor.forward({{"x", at::ones({4, 2, 3})}}, kTrain);
  const auto found = sets.take();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].bytes, 4 * 2 * 3 * 4);
  EXPECT_THAT(found[0].values, ElementsAre("square", "flatten"));
}

}  // namespace
}  // namespace orrery
