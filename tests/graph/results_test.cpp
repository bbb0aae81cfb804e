#include "runtime/graph/results.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

using Scores = Result::Scores;

TEST(ResultsTest, AreWhatOnlyLossesRead) {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.use({Use::Kind::loss, loss, "loss"});
  const auto results = results_of(b.graph);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].name, "linear");
  EXPECT_EQ(results[0].value, loss.node->inputs()[0]);
  EXPECT_EQ(results[0].scores, Scores::logits);
}

TEST(ResultsTest, WhatOnlyMetricsReadIsNone) {
  Builder b;
  const Value loss = b.digits_net(), logits = loss.node->inputs()[0];
  const Value likely = b.transform("softmax", {logits}, {{"dim", std::int64_t{1}}});
  b.graph.use({Use::Kind::loss, loss, "loss"});
  EXPECT_EQ(results_of(b.graph).size(), 1u);
  EXPECT_EQ(results_of(b.graph)[0].value, likely);
  const Value largest = b.transform("relu", {b.transform("abs", {likely})});
  b.graph.use({Use::Kind::metric, largest, "largest"});
  b.graph.use({Use::Kind::metric, likely, "likely"});
  b.graph.use({Use::Kind::metric, logits, "logits"});
  ASSERT_EQ(results_of(b.graph).size(), 1u);
  EXPECT_EQ(results_of(b.graph)[0].value, logits);
  EXPECT_EQ(results_of(b.graph)[0].scores, Scores::logits);
}

TEST(ResultsTest, WhatMetricsReadCountsWhereSomethingElseReadsItToo) {
  Builder b;
  const Value loss = b.digits_net(), logits = loss.node->inputs()[0];
  b.graph.use({Use::Kind::loss, loss, "loss"});
  const Value half = b.transform("abs", {logits}), own = b.transform("relu", {half});
  b.graph.use({Use::Kind::metric, half, "half"});
  ASSERT_EQ(results_of(b.graph).size(), 1u);
  EXPECT_EQ(results_of(b.graph)[0].value, own);
}

TEST(ResultsTest, MetricsAloneReadResultsWhereNothingIsTrained) {
  Builder b;
  const auto fields = b.digits_input();
  const Value x = b.transform("flatten", {fields[0]}, {{"start_dim", std::int64_t{1}}});
  b.graph.use({Use::Kind::metric, x, "x"});
  ASSERT_EQ(results_of(b.graph).size(), 1u);
  EXPECT_EQ(results_of(b.graph)[0].value, x);
}

TEST(ResultsTest, MarkedOutputsAreTheResults) {
  Builder b;
  const Value loss = b.digits_net();
  b.graph.use({Use::Kind::output, loss, "cost"});
  const auto results = results_of(b.graph);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].name, "cost");
  EXPECT_EQ(results[0].scores, Scores::none);
}

TEST(ResultsTest, WhatNeedsALabelIsNone) {
  Builder b;
  const auto fields = b.digits_input();
  const Value x = b.transform("flatten", {fields[0]}, {{"start_dim", std::int64_t{1}}});
  b.transform("add", {b.transform("mean", {x}), b.transform("sum", {b.transform("abs", {fields[1]})})});
  EXPECT_TRUE(results_of(b.graph).empty());
  const Value plain = b.transform("relu", {x});
  ASSERT_EQ(results_of(b.graph).size(), 1u);
  EXPECT_EQ(results_of(b.graph)[0].value, plain);
}

TEST(ResultsTest, ScoresAreToldByTheLastOperationAndTheLoss) {
  Builder b;
  const auto fields = b.digits_input();
  const Value x = b.transform("flatten", {fields[0]}, {{"start_dim", std::int64_t{1}}});
  const Value likely = b.transform("softmax", {x}, {{"dim", std::int64_t{1}}});
  const Value logs = b.transform("log_softmax", {x}, {{"dim", std::int64_t{1}}});
  const Value learned = b.apply(b.linear(64, 10), {x});
  b.apply("NLLLoss", {}, {learned, fields[1]});
  EXPECT_EQ(result_of(b.graph, likely).scores, Scores::probabilities);
  EXPECT_EQ(result_of(b.graph, logs).scores, Scores::log_probabilities);
  EXPECT_EQ(result_of(b.graph, learned).scores, Scores::log_probabilities);
  EXPECT_EQ(result_of(b.graph, x).scores, Scores::none);
  EXPECT_EQ(result_of(b.graph, fields[0]).name, "image");
}

TEST(ResultsTest, WithoutALossScoresAreAsManyAsClasses) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const Value x = b.graph.input({{{"x", {{n, 4}, DType::float32}, false}}, {"cat", "dog"}, "{}"})[0];
  EXPECT_EQ(result_of(b.graph, b.apply(b.linear(4, 2), {x})).scores, Scores::logits);
  EXPECT_EQ(result_of(b.graph, b.apply(b.linear(4, 3), {x})).scores, Scores::none);
}

TEST(ResultsTest, FieldsThatAreNeededAreThoseThatAreRead) {
  Builder b;
  const Value loss = b.digits_net();
  EXPECT_EQ(fields_needed(b.graph, {loss}), (std::vector<bool>{true, true}));
  EXPECT_EQ(fields_needed(b.graph, {loss.node->inputs()[0]}), (std::vector<bool>{true, false}));
  EXPECT_EQ(fields_needed(b.graph, {}), (std::vector<bool>{false, false}));
}

}  // namespace
}  // namespace orrery
