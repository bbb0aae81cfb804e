#include <gtest/gtest.h>

#include "runtime/graph/invariants.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

TEST(InvariantsTest, AGraphThatTrainsNeedsAnInput) {
  Builder b;
  auto weight = std::make_shared<Parameter>();
  weight->shape = {4};
  const Value loss = b.transform("sum", {b.graph.constant(weight)});
  EXPECT_TRUE(invariants::one_input(b.graph).empty());
  b.graph.use({Use::Kind::loss, loss, ""});
  const auto findings = invariants::one_input(b.graph);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "no-input");
  EXPECT_EQ(findings[0].site, (SourceSite{"digits.lua", 1}));
}

TEST(InvariantsTest, AGraphWithoutOperationsIsEmpty) {
  Builder b;
  b.digits_input();
  ASSERT_EQ(invariants::not_empty(b.graph).size(), 1u);
  EXPECT_EQ(invariants::not_empty(b.graph)[0].code, "empty-graph");
  b.transform("relu", {b.graph.nodes()[0]->output()});
  EXPECT_TRUE(invariants::not_empty(b.graph).empty());
}

TEST(InvariantsTest, ANodeThatNothingReadsDanglesOnceSomethingIsMarked) {
  Builder b;
  const Value loss = b.digits_net();
  const Value extra = b.transform("tanh", {b.graph.nodes()[1]->output()});
  EXPECT_TRUE(invariants::no_dangling_node(b.graph).empty());
  b.graph.use({Use::Kind::loss, loss, ""});
  const auto findings = invariants::no_dangling_node(b.graph);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].path, "tanh");
  EXPECT_EQ(findings[0].site, extra.node->origin().site);
  b.graph.use({Use::Kind::output, extra, ""});
  EXPECT_TRUE(invariants::no_dangling_node(b.graph).empty());
}

}  // namespace
}  // namespace orrery
