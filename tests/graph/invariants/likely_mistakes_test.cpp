#include <cmath>

#include <gtest/gtest.h>

#include "runtime/graph/invariants.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using Findings = std::vector<Finding>;

std::string codes(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) text += (text.empty() ? "" : " ") + finding.code;
  return text;
}

// Ten scores of the digits, and their labels.
struct Scores : Builder {
  Scores() {
    fields = digits_input();
    scores = apply(linear(64, 10), {transform("flatten", {fields[0]}, {{"start_dim", std::int64_t{1}}})});
  }
  Value softmax(const char* name, std::int64_t dim) { return transform(name, {scores}, {{"dim", dim}}); }
  void loss_of(const Value& made) { graph.use({Use::Kind::loss, made, ""}); }

  std::vector<Value> fields;
  Value scores;
};

TEST(SoftmaxTest, ThatSumsOverTheBatchIsSuspect) {
  Scores b;
  b.softmax("softmax", 1);
  b.softmax("log_softmax", -1);
  EXPECT_EQ(codes(invariants::softmax_over_classes(b.graph)), "");
  b.softmax("softmax", 0);
  b.softmax("log_softmax", -2);
  const Findings findings = invariants::softmax_over_classes(b.graph);
  EXPECT_EQ(codes(findings), "softmax-over-batch softmax-over-batch");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_EQ(findings[0].path, "softmax_2");
}

TEST(SoftmaxTest, OfASingleSampleMayTakeItsOnlyDimension) {
  Builder b;
  const Value one = b.graph.input({{{"x", {{4}, DType::float32}, false}}, {}, "{}"}, b.next_line())[0];
  b.transform("softmax", {one}, {{"dim", std::int64_t{0}}});
  EXPECT_EQ(codes(invariants::softmax_over_classes(b.graph)), "");
}

TEST(CrossEntropyTest, TakesScoresThatWentThroughNoSoftmax) {
  Scores b;
  b.apply("CrossEntropyLoss", {}, {b.scores, b.fields[1]});
  EXPECT_EQ(codes(invariants::cross_entropy_takes_scores(b.graph)), "");
  b.apply("CrossEntropyLoss", {}, {b.softmax("softmax", 1), b.fields[1]});
  b.apply("CrossEntropyLoss", {}, {b.softmax("log_softmax", 1), b.fields[1]});
  EXPECT_EQ(codes(invariants::cross_entropy_takes_scores(b.graph)),
            "softmax-before-cross-entropy softmax-before-cross-entropy");
}

TEST(NllLossTest, TakesLogarithmsOfProbabilities) {
  Scores b;
  b.apply("NLLLoss", {}, {b.softmax("log_softmax", 1), b.fields[1]});
  b.apply("NLLLoss", {}, {b.transform("log", {b.softmax("softmax", 1)}), b.fields[1]});
  EXPECT_EQ(codes(invariants::nll_takes_log_probabilities(b.graph)), "");
  b.apply("NLLLoss", {}, {b.softmax("softmax", 1), b.fields[1]});
  b.apply("NLLLoss", {}, {b.scores, b.fields[1]});
  EXPECT_EQ(codes(invariants::nll_takes_log_probabilities(b.graph)),
            "nll-without-log-softmax nll-without-log-softmax");
}

TEST(BinaryCrossEntropyTest, WithLogitsTakesScoresThatWentThroughNoSigmoid) {
  Scores b;
  const Value goal = b.transform("sigmoid", {b.scores});
  b.apply("BCEWithLogitsLoss", {}, {b.scores, goal});
  EXPECT_EQ(codes(invariants::logits_loss_takes_scores(b.graph)), "");
  b.apply("BCEWithLogitsLoss", {}, {b.transform("sigmoid", {b.scores}), goal});
  b.apply("BCEWithLogitsLoss", {}, {b.apply("Sigmoid", {}, {b.scores}), goal});
  const Findings findings = invariants::logits_loss_takes_scores(b.graph);
  ASSERT_EQ(codes(findings), "sigmoid-before-logits-loss sigmoid-before-logits-loss");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_EQ(findings[0].message,
            "bce_with_logits_loss_2 (BCEWithLogitsLoss) applies a sigmoid itself, and sigmoid_2 (sigmoid) is "
            "one already");
}

TEST(BinaryCrossEntropyTest, TakesProbabilities) {
  Scores b;
  const Value goal = b.transform("sigmoid", {b.scores});
  b.apply("BCELoss", {}, {b.transform("sigmoid", {b.scores}), goal});
  b.apply("BCELoss", {}, {b.transform("clamp", {b.scores}, {{"min", 0.0}, {"max", 1.0}}), goal});
  EXPECT_EQ(codes(invariants::bce_takes_probabilities(b.graph)), "");
  b.apply("BCELoss", {}, {b.scores, goal});
  const Findings findings = invariants::bce_takes_probabilities(b.graph);
  ASSERT_EQ(codes(findings), "bce-without-sigmoid");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_EQ(findings[0].message,
            "bce_loss_3 (BCELoss) takes probabilities between 0 and 1, and linear (Linear) gives any number");
}

TEST(DropoutTest, AtTheEndDropsPartsOfTheResult) {
  Scores b;
  const Value inside = b.apply("Dropout", {}, {b.scores});
  const Value more = b.apply(b.linear(10, 10), {inside});
  b.loss_of(b.apply("CrossEntropyLoss", {}, {more, b.fields[1]}));
  EXPECT_EQ(codes(invariants::no_dropout_at_the_end(b.graph)), "");
  b.apply("CrossEntropyLoss", {}, {b.apply("Dropout", {}, {more}), b.fields[1]});
  EXPECT_EQ(codes(invariants::no_dropout_at_the_end(b.graph)), "dropout-at-the-end");
}

TEST(DropoutTest, ThatIsAResultItselfIsAtTheEnd) {
  Scores b;
  const Value dropped = b.apply("Dropout", {}, {b.scores});
  EXPECT_EQ(codes(invariants::no_dropout_at_the_end(b.graph)), "");
  b.graph.use({Use::Kind::output, dropped, ""});
  EXPECT_EQ(codes(invariants::no_dropout_at_the_end(b.graph)), "dropout-at-the-end");
}

// A batch normalisation over images of that many samples and that size, in a graph with a loss.
Findings normalised(std::int64_t samples, std::int64_t size, bool trains = true) {
  Builder b;
  const Shape shape = {samples, 3, size, size};
  const Value x = b.graph.input({{{"x", {shape, DType::float32}, false}}, {}, "{}"}, b.next_line())[0];
  const Value y = b.apply("BatchNorm2d", {{"num_features", std::int64_t{3}}}, {x});
  if (trains) b.graph.use({Use::Kind::loss, b.transform("mean", {y}), ""});
  return invariants::several_values_per_channel(b.graph);
}

TEST(BatchNormTest, NeedsSeveralValuesPerChannelWhileTraining) {
  EXPECT_EQ(codes(normalised(1, 2)), "");
  EXPECT_EQ(codes(normalised(2, 1)), "");
  EXPECT_EQ(codes(normalised(1, 1, false)), "");
  ASSERT_EQ(codes(normalised(1, 1)), "batch-norm-one-value");
  EXPECT_EQ(normalised(1, 1)[0].severity, Severity::error);
}

TEST(BatchNormTest, FrozenGoesOnCountingUnlessItEvaluates) {
  Scores b;
  const LayerPtr norm = b.layer("BatchNorm2d", {{"num_features", std::int64_t{1}}});
  b.loss_of(b.transform("mean", {b.apply(norm, {b.fields[0]})}));
  EXPECT_EQ(codes(invariants::frozen_batch_norm_is_still(b.graph)), "");
  norm->set_trainable(false);
  EXPECT_EQ(codes(invariants::frozen_batch_norm_is_still(b.graph)), "frozen-batch-norm");
  norm->set_training(false);
  EXPECT_EQ(codes(invariants::frozen_batch_norm_is_still(b.graph)), "");
}

TEST(FieldTest, ThatNothingReadsIsTold) {
  Builder b;
  const auto fields = b.digits_input();
  const Value y = b.transform("relu", {fields[0]});
  EXPECT_EQ(codes(invariants::fields_are_read(b.graph)), "");
  b.graph.use({Use::Kind::output, y, ""});
  EXPECT_EQ(codes(invariants::fields_are_read(b.graph)), "field-unused");
  b.graph.use({Use::Kind::output, fields[1], ""});
  EXPECT_EQ(codes(invariants::fields_are_read(b.graph)), "");
}

TEST(LabelTest, ThatFeedsALayerIsSuspect) {
  Scores b;
  b.apply("CrossEntropyLoss", {}, {b.scores, b.fields[1]});
  EXPECT_EQ(codes(invariants::labels_are_no_data(b.graph)), "");
  const Value label =
      b.transform("unsqueeze", {b.transform("to", {b.fields[1]}, {{"dtype", DType::float32}})},
                  {{"dim", std::int64_t{1}}});
  b.apply(b.linear(1, 4), {label});
  const Findings findings = invariants::labels_are_no_data(b.graph);
  ASSERT_EQ(codes(findings), "label-as-data");
  EXPECT_EQ(findings[0].path, "linear_2");
}

TEST(LabelTest, ThatIsASequenceOfIntegersMayBeReadToo) {
  Builder b;
  const Dim n = Dim::symbol("N");
  const Value words = b.graph.input({{{"words", {{n, 4}, DType::int64}, true}}, {}, "{}"}, b.next_line())[0];
  b.apply(b.linear(4, 2), {b.transform("to", {words}, {{"dtype", DType::float32}})});
  EXPECT_EQ(codes(invariants::labels_are_no_data(b.graph)), "");
}

TEST(BlockTest, WithoutANodeIsEmpty) {
  Builder b;
  b.graph.begin_block("outer", b.next_line());
  b.graph.begin_block("inner", b.next_line());
  b.graph.end_block();
  b.graph.end_block();
  const Findings findings = invariants::blocks_hold_nodes(b.graph);
  ASSERT_EQ(codes(findings), "block-empty");
  EXPECT_EQ(findings[0].path, "outer/inner");
}

TEST(BlockTest, WhoseValuesLeaveItAndComeBackIsTold) {
  Builder b;
  const Value x = b.digits_input()[0];
  const Value first = b.transform("relu", {x});
  const Value between = b.transform("tanh", {first});
  const Value apart = b.transform("exp", {x});
  const Value last = b.transform("add", {between, apart});
  b.graph.group("around", {apart.node, last.node}, b.next_line());
  EXPECT_EQ(codes(invariants::blocks_are_closed(b.graph)), "");
  b.graph.group("torn", {first.node}, b.next_line());
  EXPECT_EQ(codes(invariants::blocks_are_closed(b.graph)), "");
}

TEST(BlockTest, TornByANodeOutsideNamesIt) {
  Builder b;
  const Value first = b.transform("relu", {b.digits_input()[0]});
  const Value between = b.transform("tanh", {first});
  const Value further = b.transform("neg", {between});
  const Value last = b.transform("exp", {further});
  b.graph.group("torn", {first.node, last.node}, b.next_line());
  const Findings findings = invariants::blocks_are_closed(b.graph);
  ASSERT_EQ(codes(findings), "block-left-and-entered");
  EXPECT_EQ(findings[0].remedy, "Take tanh into the block, or make two blocks.");
}

TEST(BlockTest, OfNothingButLayersWithParametersMayBeLeftAndEntered) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const Value first = b.apply(b.linear(64, 8), {x});
  const Value second = b.apply(b.linear(8, 4), {b.transform("relu", {first})});
  b.graph.group("layers", {first.node, second.node}, b.next_line());
  EXPECT_EQ(codes(invariants::blocks_are_closed(b.graph)), "");
}

TEST(BlockTest, OfALayerAndAnOperationThatItsValuesComeBackToIsTold) {
  Builder b;
  const Value x = b.transform("flatten", {b.digits_input()[0]}, {{"start_dim", std::int64_t{1}}});
  const Value first = b.apply(b.linear(64, 8), {x});
  const Value last = b.transform("exp", {b.transform("tanh", {first})});
  b.graph.group("torn", {first.node, last.node}, b.next_line());
  EXPECT_EQ(codes(invariants::blocks_are_closed(b.graph)), "block-left-and-entered");
}

TEST(ConstantTest, ThatHoldsNanIsTold) {
  Builder b;
  auto constant = std::make_shared<Parameter>();
  constant->shape = {2};
  constant->trainable = false;
  b.graph.constant(constant, b.next_line());
  EXPECT_EQ(codes(invariants::constants_are_numbers(b.graph)), "");
  constant->has_nan = true;
  EXPECT_EQ(codes(invariants::constants_are_numbers(b.graph)), "constant-nan");
  constant->has_nan = false;
  constant->init = Init::constant(std::nan(""));
  EXPECT_EQ(codes(invariants::constants_are_numbers(b.graph)), "constant-nan");
}

TEST(LevelTest, SilencesOrSharpensAWarningOfOneGraph) {
  Scores b;
  b.softmax("softmax", 0);
  EXPECT_EQ(codes(b.graph.levelled(check_graph(b.graph))), "softmax-over-batch");
  b.graph.set_level("softmax-over-batch", Graph::Level::off);
  EXPECT_EQ(codes(b.graph.levelled(check_graph(b.graph))), "");
  b.graph.set_level("softmax-over-batch", Graph::Level::error);
  EXPECT_EQ(codes(findings_of([&] { b.graph.finalize(); })), "softmax-over-batch");
}

}  // namespace
}  // namespace orrery
