#include <algorithm>

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

TEST(InvariantsTest, AConstantThatALayerComputesWithDoesNotDangle) {
  Builder b;
  const Value image = b.digits_input()[0];
  const LayerPtr norm = b.layer("BatchNorm2d", {{"num_features", std::int64_t{1}}});
  b.graph.constant(norm->parameter("running_mean"), {}, "mean");
  const Value own = b.graph.constant(std::make_shared<Parameter>(*norm->parameter("running_mean")), {});
  b.graph.use({Use::Kind::output, b.apply(norm, {image}), ""});
  const auto findings = invariants::no_dangling_node(b.graph);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].path, own.node->path());
}

TEST(InvariantsTest, ALossThatNothingReadsBelongsToAnOptimizer) {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.use({Use::Kind::output, b.graph.nodes()[1]->output(), ""});
  const auto findings = invariants::no_dangling_node(b.graph);
  const auto found = std::ranges::find(findings, loss.node->path(), &Finding::path);
  ASSERT_NE(found, findings.end());
  EXPECT_EQ(found->remedy,
            "Give it to the optimizer, { loss = … }, mark it with g:output(value), or take the line out.");
}

TEST(InvariantsTest, ATrainedGraphKnowsItsSizes) {
  Builder b;
  const Value loss = b.digits_net();
  const Value found = b.transform("nonzero", {b.graph.nodes()[0]->output()});
  const Value again = b.transform("nonzero", {found});
  EXPECT_EQ(str(found.shape()), "(K, 4)");
  EXPECT_EQ(str(again.shape()), "(K_2, 2)");
  EXPECT_TRUE(invariants::sizes_known(b.graph).empty());
  b.graph.use({Use::Kind::loss, loss, ""});
  const auto findings = invariants::sizes_known(b.graph);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].code, "data-dependent-shape");
  EXPECT_EQ(findings[0].path, "nonzero");
  EXPECT_EQ(findings[0].got, "(K, 4)");
}

// A loss of `scores` scores where the data's labels have ten classes.
std::vector<Finding> of_ten_classes(std::int64_t scores, std::vector<Attributes::Entry> options = {},
                                    const std::string& loss = "CrossEntropyLoss") {
  Builder b;
  const Dim n = Dim::symbol("N");
  const std::vector<std::string> classes(10, "digit");
  const std::vector<Value> fields = b.graph.input(
      {{{"image", {{n, 64}, DType::float32}, false}, {"label", {{n}, DType::int64}, true}}, classes, "{}"});
  const Value logits = b.apply(b.linear(64, scores), {fields[0]});
  b.apply(loss, std::move(options), {logits, fields[1]});
  return invariants::scores_fit_classes(b.graph);
}

TEST(InvariantsTest, ALossGetsAScoreForEachClassOfTheData) {
  for (const char* loss : {"CrossEntropyLoss", "NLLLoss"}) {
    EXPECT_TRUE(of_ten_classes(10, {}, loss).empty());
    const auto fewer = of_ten_classes(9, {}, loss), more = of_ten_classes(11, {}, loss);
    ASSERT_EQ(fewer.size(), 1u);
    EXPECT_EQ(fewer[0].code, "scores-too-few");
    EXPECT_EQ(fewer[0].severity, Severity::error);
    ASSERT_EQ(more.size(), 1u);
    EXPECT_EQ(more[0].code, "scores-too-many");
    EXPECT_EQ(more[0].severity, Severity::warning);
  }
  EXPECT_EQ(of_ten_classes(8)[0].str(),
            "digits.lua:5: cross_entropy_loss (CrossEntropyLoss) expects scores for the 10 classes of "
            "input.label, got 8 from linear (digits.lua:3)\n  Give the layer in front of it 10 outputs.");
}

TEST(InvariantsTest, TheLastClassNeedsNoScoreWhenItIsTheIgnoredOne) {
  EXPECT_TRUE(of_ten_classes(9, {{"ignore_index", std::int64_t{9}}}).empty());
  EXPECT_EQ(of_ten_classes(8, {{"ignore_index", std::int64_t{9}}}).size(), 1u);
  EXPECT_EQ(of_ten_classes(9, {{"ignore_index", std::int64_t{0}}}).size(), 1u);
}

TEST(InvariantsTest, ScoresFitWhenTheDataTellNoClasses) {
  Builder b;
  b.digits_net();
  EXPECT_TRUE(invariants::scores_fit_classes(b.graph).empty());
}

}  // namespace
}  // namespace orrery
