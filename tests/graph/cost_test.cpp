#include "runtime/graph/cost.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

struct CostTest : ::testing::Test {
  CostTest() {
    const Dim n = Dim::symbol("N");
    x = b.graph.input({{{"x", {{n, 6}, DType::float32}, false}, {"i", {{n}, DType::int64}, false}}, {}, "{}"},
                      b.next_line());
  }
  std::int64_t moved(const Value& value) const {
    return bytes_moved_of(*value.node).evaluate({{"N", 10}}).value();
  }

  Builder b;
  std::vector<Value> x;
};

TEST_F(CostTest, InputsWeightsAndResultsAreMovedOnce) {
  EXPECT_EQ(moved(b.apply(b.linear(6, 4), {x[0]})), (10 * 6 + 4 * 6 + 4 + 10 * 4) * 4);
  EXPECT_EQ(moved(b.transform("relu", {x[0]})), 2 * 10 * 6 * 4);
}

TEST_F(CostTest, AViewMovesNothing) {
  const Value view = b.transform("transpose", {x[0]}, {{"dim0", std::int64_t{0}}, {"dim1", std::int64_t{1}}});
  EXPECT_TRUE(is_view(*view.node));
  EXPECT_EQ(moved(view), 0);
  EXPECT_EQ(moved(x[0]), 0);
}

TEST_F(CostTest, OfATableOnlyTheRowsThatAreLookedUpAreRead) {
  const Value rows = b.apply(
      "Embedding", {{"num_embeddings", std::int64_t{100000}}, {"embedding_dim", std::int64_t{3}}}, {x[1]});
  EXPECT_EQ(moved(rows), 10 * 8 + 2 * 10 * 3 * 4);
}

TEST_F(CostTest, WhatIsPickedIsReadAndNoMore) {
  const Value picked = b.transform("index_select", {x[0], x[1]}, {{"dim", std::int64_t{0}}});
  EXPECT_EQ(moved(picked), 2 * 10 * 6 * 4 + 10 * 8);
}

}  // namespace
}  // namespace orrery
