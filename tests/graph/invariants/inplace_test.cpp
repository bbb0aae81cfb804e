// `inplace-overwrites`. What PyTorch does with each of these graphs was tried with PyTorch 2.11.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/graph/invariants.h"
#include "tests/graph/loop_builder.h"

namespace orrery {
namespace {

constexpr std::int64_t kOne = 1;

class InplaceTest : public testing::Test {
 protected:
  InplaceTest() : x_(b_.apply(b_.conv(1, 4), {b_.digits_input()[0]})) {}

  Value inplace(const std::string& layer, Value input, std::vector<Attributes::Entry> options = {}) {
    options.push_back({"inplace", true});
    return b_.apply(layer, std::move(options), {input});
  }
  Value transform(const std::string& name, std::vector<Value> inputs,
                  std::vector<Attributes::Entry> options = {}) {
    return b_.transform(name, std::move(inputs), std::move(options));
  }
  void train(Value value) { b_.graph.use({Use::Kind::loss, transform("sum", {value}), ""}); }

  std::vector<Finding> found() { return invariants::nothing_needed_is_overwritten(b_.graph); }

  Builder b_;
  Value x_;
};

TEST_F(InplaceTest, PassesInAChain) {
  train(inplace("Hardtanh", inplace("ReLU6", inplace("Dropout", x_))));
  EXPECT_TRUE(found().empty());
}

TEST_F(InplaceTest, IsRefusedForWhatAnotherNodeReads) {
  const Value y = inplace("ReLU", x_);
  train(transform("add", {x_, y}));
  const auto findings = found();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "inplace-overwrites");
  EXPECT_EQ(findings[0].severity, Severity::error);
  EXPECT_EQ(findings[0].path, "relu");
  EXPECT_EQ(
      findings[0].str(),
      "digits.lua:6: relu (ReLU) with inplace writes over its input from conv2d (digits.lua:4), which add "
      "(add, digits.lua:7) reads, too\n  Leave inplace out.");
}

TEST_F(InplaceTest, OfFalseIsNone) {
  const Value y = b_.apply("ReLU", {{"inplace", false}}, {x_});
  train(transform("add", {x_, y}));
  EXPECT_TRUE(found().empty());
}

TEST_F(InplaceTest, TheOrderOfLinesDoesNotCount) {
  const Value before = transform("mul", {x_, x_});
  train(transform("add", {before, inplace("ReLU", x_)}));
  ASSERT_EQ(found().size(), 1u);
}

TEST_F(InplaceTest, TwoCannotWriteOverOneInput) {
  train(transform("add", {inplace("ReLU6", x_), inplace("Hardtanh", x_)}));
  EXPECT_EQ(found().size(), 2u);
}

TEST_F(InplaceTest, WhatWasWrittenOverMayBeReadByMany) {
  const Value y = inplace("ReLU", x_);
  train(transform("add", {y, transform("mul", {y, y})}));
  EXPECT_TRUE(found().empty());
}

TEST_F(InplaceTest, IsRefusedForOutputsAndMetrics) {
  train(inplace("ReLU", x_));
  b_.graph.use({Use::Kind::output, x_, ""});
  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].got, "which is an output of the graph, too");
  Builder other;
  const Value x = other.apply(other.conv(1, 4), {other.digits_input()[0]});
  other.apply("ReLU", {{"inplace", true}}, {x});
  other.graph.use({Use::Kind::metric, x, "mean"});
  const auto findings = invariants::nothing_needed_is_overwritten(other.graph);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].got, "which a metric reads, too");
}

TEST_F(InplaceTest, AViewWritesOverWhatItViews) {
  const Value view = transform("transpose", {x_}, {{"dim0", kOne}, {"dim1", std::int64_t{2}}});
  const Value y = inplace("ReLU", view);
  EXPECT_TRUE(found().empty());
  train(transform("add", {transform("sum", {x_}), transform("sum", {y})}));
  ASSERT_EQ(found().size(), 1u);
  EXPECT_NE(found()[0].message.find("its input from transpose (digits.lua:5), in memory from conv2d "
                                    "(digits.lua:4), which sum (sum, digits.lua:8) reads, too"),
            std::string::npos)
      << found()[0].message;
  EXPECT_EQ(found()[0].remedy, "Leave inplace out, or let it write over a copy: x:clone().");
}

TEST_F(InplaceTest, ItsRemedyIsACopyOfAView) {
  const Value view = transform("clone", {transform("flatten", {x_})});
  train(transform("add", {transform("sum", {x_}), inplace("ReLU", view)}));
  EXPECT_TRUE(found().empty());
}

TEST_F(InplaceTest, WhatReadsOnlyTheShapeMayReadIt) {
  const Value other = transform("ones_like", {x_});
  Value total = inplace("ReLU6", x_);
  for (const Value& value :
       {transform("zeros_like", {x_}), transform("full_like", {x_}, {{"fill_value", 2.0}}),
        transform("rand_like", {x_}), transform("randn_like", {x_}), transform("view_as", {other, x_}),
        transform("reshape_as", {other, x_}), transform("expand_as", {other, x_}),
        transform("type_as", {other, x_})})
    total = transform("add", {total, value});
  train(total);
  EXPECT_TRUE(found().empty());
  transform("view_as", {x_, other});
  EXPECT_TRUE(found().empty());
  b_.graph.use({Use::Kind::output, transform("neg", {transform("view_as", {x_, other})}), ""});
  EXPECT_EQ(found().size(), 1u);
}

TEST_F(InplaceTest, AnotherViewIsWrittenOverWhereItIsRead) {
  const Value rows = transform("flatten", {x_}, {{"start_dim", kOne}});
  const Value y = transform("flatten", {inplace("ReLU", x_)}, {{"start_dim", kOne}});
  EXPECT_TRUE(found().empty());
  train(transform("add", {rows, y}));
  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].got, "which add (add, digits.lua:9) reads, too");
}

TEST_F(InplaceTest, AConvertedValueIsACopy) {
  const Value copy = transform("to", {x_}, {{"dtype", DType::float64}});
  train(transform("add", {transform("sum", {x_}), transform("sum", {inplace("ReLU", copy)})}));
  EXPECT_TRUE(found().empty());
}

TEST_F(InplaceTest, IsRefusedWhereTheBackwardPassReadsTheOutput) {
  train(inplace("ReLU6", transform("sigmoid", {x_})));
  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].got, "which the backward pass of sigmoid needs");
}

TEST_F(InplaceTest, IsRefusedForTheOutputOfAttention) {
  train(inplace("ReLU6", transform("scaled_dot_product_attention", {x_, x_, x_})));
  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].got, "which the backward pass of attention needs");
}

TEST_F(InplaceTest, WithoutAGradientNoBackwardPassReads) {
  inplace("ReLU6", transform("sigmoid", {x_}));
  EXPECT_TRUE(found().empty());
  for (const LayerPtr& layer : b_.graph.layers())
    for (const ParameterPtr& parameter : layer->parameters()) parameter->trainable = false;
  b_.graph.update_gradients();
  b_.graph.use({Use::Kind::loss, x_, ""});
  EXPECT_EQ(found().size(), 0u);
}

TEST_F(InplaceTest, SomeReadTheirOutputOnlyInPlace) {
  train(inplace("ReLU6", inplace("ELU", x_)));
  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].got, "which the backward pass of elu needs");
}

TEST_F(InplaceTest, OutOfPlaceTheyReadTheirInput) {
  train(inplace("ReLU6", b_.apply("ELU", {}, {x_})));
  EXPECT_TRUE(found().empty());
}

TEST_F(InplaceTest, ADropoutWritesOnlyWhereItDrops) {
  const LayerPtr none = b_.layer("Dropout", {{"p", 0.0}, {"inplace", true}});
  const LayerPtr still = b_.layer("Dropout", {{"inplace", true}});
  still->set_training(false);
  train(transform("add", {transform("add", {b_.apply(none, {x_}), b_.apply(still, {x_})}), x_}));
  EXPECT_TRUE(found().empty());
  still->set_training(true);
  EXPECT_EQ(found().size(), 1u);
}

TEST_F(InplaceTest, ADropoutThatDropsGivesMemoryOfItsOwn) {
  train(inplace("ReLU", b_.apply("Dropout", {}, {transform("sigmoid", {x_})})));
  EXPECT_TRUE(found().empty());
}

TEST_F(InplaceTest, IsRefusedForTensorsThatOutlastAStep) {
  for (const bool trained : {true, false}) {
    Builder b;
    auto tensor = std::make_shared<Parameter>();
    tensor->name = "scale";
    tensor->shape = {4};
    tensor->trainable = trained;
    b.apply("ReLU", {{"inplace", true}}, {b.graph.constant(tensor, b.next_line())});
    const auto findings = invariants::nothing_needed_is_overwritten(b.graph);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].got, "which every step begins with");
  }
}

TEST_F(InplaceTest, AFieldOfTheDataMayBeWrittenOverByItsOneReader) {
  Builder b;
  const Value image = b.digits_input()[0];
  const Value y = b.apply("ReLU", {{"inplace", true}}, {image});
  EXPECT_TRUE(invariants::nothing_needed_is_overwritten(b.graph).empty());
  b.transform("add", {image, y});
  ASSERT_EQ(invariants::nothing_needed_is_overwritten(b.graph).size(), 1u);
  EXPECT_NE(invariants::nothing_needed_is_overwritten(b.graph)[0].message.find("from input.image"),
            std::string::npos);
}

// PyTorch's loop: `for row in rows: carry, y = body(carry, row)`, with `rows[i]` for each row.
class InplaceInLoopsTest : public testing::Test, protected SequenceBuilder {
 protected:
  InplaceInLoopsTest()
      : initial_(apply(linear(4, 4), {h})),
        rows_(apply(linear(4, 4), {x})),
        outer_(apply(linear(4, 4), {h})),
        loop_(*this, {initial_, rows_}) {}

  Value inplace(const std::string& layer, Value input) { return apply(layer, {{"inplace", true}}, {input}); }
  // The next carry, of one that was written over.
  Value next_of(Value carry) {
    return apply(linear(4, 4), {transform("add", {inplace("LeakyReLU", carry), loop_[1]})});
  }
  // Trains with all that the loop gives.
  void end(Value next, Value stacked) {
    Value total;
    for (const Value& value : loop_.end({next, stacked})) {
      const Value sum = transform("sum", {value});
      total = total ? transform("add", {total, sum}) : sum;
    }
    graph.use({Use::Kind::loss, total, ""});
  }

  std::string got() {
    const auto findings = invariants::nothing_needed_is_overwritten(graph);
    EXPECT_LE(findings.size(), 1u);
    return findings.empty() ? "" : findings[0].got;
  }

  Value initial_, rows_, outer_;
  LoopBuilder loop_;
};

TEST_F(InplaceInLoopsTest, ACarryMayBeWrittenOver) {
  const Value next = next_of(loop_[0]);
  end(next, transform("sum", {next}));
  EXPECT_EQ(got(), "");
}

TEST_F(InplaceInLoopsTest, TheFirstTurnWritesOverTheFirstCarry) {
  const Value next = next_of(loop_[0]);
  end(next, transform("sum", {next}));
  graph.use({Use::Kind::output, transform("neg", {initial_}), ""});
  EXPECT_THAT(got(), testing::HasSubstr("which neg (neg, "));
}

TEST_F(InplaceInLoopsTest, ACarryThatIsReadBesidesIsRefused) {
  const Value next = next_of(loop_[0]);
  end(next, transform("neg", {loop_[0]}));
  EXPECT_THAT(got(), testing::HasSubstr("which scan/neg (neg, "));
}

TEST_F(InplaceInLoopsTest, TheNextTurnWritesOverWhatIsStacked) {
  const Value next = next_of(loop_[0]);
  end(next, next);
  EXPECT_THAT(got(), testing::AllOf(testing::HasSubstr("which scan/end (scan_end, "),
                                    testing::HasSubstr(") stacks, too")));
}

TEST_F(InplaceInLoopsTest, TheNextTurnWritesOverTheStackedOneItself) {
  const Value written = apply("ReLU6", {{"inplace", true}}, {loop_[0]});
  end(written, written);
  EXPECT_THAT(got(), testing::HasSubstr(") stacks, too"));
}

TEST_F(InplaceInLoopsTest, ACopyMayBeStacked) {
  const Value next = next_of(loop_[0]);
  end(next, transform("clone", {next}));
  EXPECT_EQ(got(), "");
}

TEST_F(InplaceInLoopsTest, TheBackwardPassMayNeedTheCarryOfTheTurnBefore) {
  const Value next = transform("sigmoid", {next_of(loop_[0])});
  end(next, transform("sum", {next}));
  EXPECT_EQ(got(), "which the backward pass of scan/sigmoid needs");
}

TEST_F(InplaceInLoopsTest, RowsMayBeWrittenOver) {
  end(transform("add", {loop_[0], inplace("LeakyReLU", loop_[1])}), loop_[0]);
  EXPECT_EQ(got(), "");
}

TEST_F(InplaceInLoopsTest, ARowIsPartOfItsSequence) {
  end(transform("add", {loop_[0], inplace("LeakyReLU", loop_[1])}), loop_[0]);
  graph.use({Use::Kind::output, transform("neg", {rows_}), ""});
  EXPECT_THAT(got(), testing::HasSubstr("which neg (neg, "));
}

// Where the layer does not depend on the loop, Orrery computes it once.
TEST_F(InplaceInLoopsTest, WhatIsOutsideWouldBeWrittenOverInEachTurn) {
  end(transform("add", {loop_[0], inplace("LeakyReLU", outer_)}), loop_[1]);
  EXPECT_EQ(got(), "which every turn of the loop begins with");
}

TEST_F(InplaceInLoopsTest, WhatIsMadeInsideIsMadeAnew) {
  const Value made = transform("add", {initial_, initial_});
  end(transform("add", {loop_[0], inplace("LeakyReLU", made)}), loop_[1]);
  EXPECT_EQ(got(), "");
}

TEST_F(InplaceInLoopsTest, AValueFromOutsideIsNoCarryToWriteOver) {
  end(outer_, transform("neg", {inplace("LeakyReLU", loop_[0])}));
  EXPECT_EQ(got(), "which every turn of the loop begins with");
}

}  // namespace
}  // namespace orrery
