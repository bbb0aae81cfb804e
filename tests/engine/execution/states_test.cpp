#include "runtime/engine/execution/states.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The sum of all rows that came, once kept over passes and once not; and how often it was told.
struct Sums {
  explicit Sums(std::int64_t rows = 2) {
    const Dim n = Dim::symbol("N");
    x = b.graph.input({{{"x", {{n, 3}, DType::float32}, false}}, {}, "{}"}, b.next_line())[0];
    pass = state("pass", {Dim(rows), 3}, StateSpec::Reset::pass);
    never = state("never", {Dim(rows), 3}, StateSpec::Reset::never);
    weight = std::make_shared<Parameter>();
    weight->shape = {Dim(3)};
    weight->init = Init::ones();
    b.runtime.draws.initialise(weight);
    const Value scaled = b.transform("mul", {x, b.graph.constant(weight, b.next_line(), "weight")});
    in_pass = b.transform("add", {pass, scaled});
    ever = b.transform("add", {never, x});
    b.graph.carry(pass, in_pass, b.next_line());
    b.graph.carry(never, ever, b.next_line());
    for (const Value& value : {in_pass, ever}) b.graph.use({Use::Kind::output, value, ""});
    b.graph.finalize();
  }
  Value state(const std::string& name, Shape shape, StateSpec::Reset reset) {
    auto tensor = std::make_shared<Parameter>();
    tensor->name = name;
    tensor->shape = std::move(shape);
    tensor->trainable = false;
    b.runtime.draws.initialise(tensor);
    return b.graph.carried(tensor, reset, b.next_line(), name);
  }
  Executor executor(std::vector<Value> targets) {
    return Executor(Engine::of(b.runtime), b.graph, std::move(targets));
  }
  static Batch ones(std::int64_t rows = 2) { return {{"x", at::ones({rows, 3})}}; }
  static double first(const std::vector<at::Tensor>& results, size_t which) {
    return results[which].reshape({-1})[0].item<double>();
  }

  Builder b;
  ParameterPtr weight;
  Value x, pass, never, in_pass, ever;
};

TEST(FindStatesTest, GivesTheStatesThatTheTargetsNeed) {
  Sums net;
  EXPECT_THAT(find_states({net.in_pass}), ElementsAre(net.pass.node));
  EXPECT_THAT(find_states({net.ever, net.in_pass}), ElementsAre(net.pass.node, net.never.node));
  EXPECT_TRUE(find_states({net.x}).empty());
}

TEST(FindStatesTest, AStateThatOnlyAnotherStatesNextValueReadsIsAmongThem) {
  Builder b;
  const auto tensor = std::make_shared<Parameter>();
  tensor->trainable = false;
  const Value a = b.graph.carried(tensor, StateSpec::Reset::pass, {}, "a");
  const Value c = b.graph.carried(tensor, StateSpec::Reset::pass, {}, "c");
  b.graph.carry(a, b.transform("add", {a, c}));
  b.graph.carry(c, c);
  EXPECT_THAT(find_states({b.transform("relu", {a})}), ElementsAre(a.node, c.node));
}

TEST(StatesTest, AStateIsCarriedFromStepToStep) {
  Sums net;
  Executor executor = net.executor({net.in_pass, net.ever});
  for (int step = 1; step <= 3; ++step) {
    const auto results = executor.forward(Sums::ones(), kTrain);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(Sums::first(results, 0), step);
    EXPECT_EQ(Sums::first(results, 1), step);
  }
}

TEST(StatesTest, EvaluationDoesNotDisturbTraining) {
  Sums net;
  Executor executor = net.executor({net.in_pass});
  executor.forward(Sums::ones(), kTrain);
  EXPECT_EQ(Sums::first(executor.forward(Sums::ones(), kEvaluate), 0), 1);
  EXPECT_EQ(Sums::first(executor.forward(Sums::ones(), kTrain), 0), 2);
}

TEST(StatesTest, APassBeginsAnewButForWhatIsNeverReset) {
  Sums net;
  Executor executor = net.executor({net.in_pass, net.ever});
  executor.forward(Sums::ones(), kTrain);
  executor.begin_pass(false);
  EXPECT_EQ(Sums::first(executor.forward(Sums::ones(), kTrain), 0), 2);
  executor.begin_pass(true);
  const auto results = executor.forward(Sums::ones(), kTrain);
  EXPECT_EQ(Sums::first(results, 0), 1);
  EXPECT_EQ(Sums::first(results, 1), 3);
  executor.reset_states();
  EXPECT_EQ(Sums::first(executor.forward(Sums::ones(), kTrain), 1), 1);
}

TEST(StatesTest, TheGradientEndsAtTheStepsBeginning) {
  Sums net;
  Executor executor = net.executor({net.in_pass});
  for (int step = 1; step <= 2; ++step) {
    const auto results = executor.forward(Sums::ones(), kTrain);
    const auto gradients = executor.backward({{results[0].sum(), {net.weight}}});
    EXPECT_TRUE(at::equal(gradients[0][0], at::full({3}, 2.0)));
  }
}

TEST(StatesTest, WhatAStateHoldsIsACopy) {
  Sums net;
  Executor executor = net.executor({net.ever});
  const auto results = executor.forward(Sums::ones(), kEvaluate);
  results[0].zero_();
  EXPECT_EQ(Sums::first(executor.forward(Sums::ones(), kEvaluate), 0), 2);
}

TEST(StatesTest, AFailedStepCarriesNothingOn) {
  Sums net;
  Executor executor = net.executor({net.in_pass});
  executor.forward(Sums::ones(), kTrain);
  net.b.runtime.stop = 2;
  EXPECT_THROW(executor.forward(Sums::ones(), kTrain), Stopped);
  net.b.runtime.stop = 0;
  EXPECT_EQ(Sums::first(executor.forward(Sums::ones(), kTrain), 0), 2);
}

TEST(StatesTest, WhatTheyHoldIsTakenUpByAnotherExecutor) {
  Sums net;
  Executor first = net.executor({net.in_pass}), second = net.executor({net.in_pass});
  EXPECT_TRUE(first.carried(true).empty());
  first.forward(Sums::ones(), kTrain);
  EXPECT_TRUE(first.carried(false).empty());
  second.carry(true, first.carried(true));
  EXPECT_EQ(Sums::first(second.forward(Sums::ones(), kTrain), 0), 2);
  EXPECT_EQ(Sums::first(first.forward(Sums::ones(), kTrain), 0), 2);
}

TEST(StatesTest, ABatchOfAnotherSizeIsRefusedWithTheRemedy) {
  Sums net;
  Executor executor = net.executor({net.in_pass});
  executor.forward(Sums::ones(), kTrain);
  try {
    executor.forward(Sums::ones(1), kTrain);
    FAIL() << "a smaller batch was taken";
  } catch (const CheckError& error) {
    const Finding& finding = error.findings().front();
    EXPECT_EQ(finding.path, "add");
    EXPECT_THAT(finding.message, HasSubstr("expects a shape that broadcasts with (2, 3)"));
    EXPECT_THAT(finding.message, HasSubstr("with N = 1"));
    EXPECT_THAT(finding.remedy, HasSubstr(" pass is a state, whose sizes are numbers"));
    EXPECT_THAT(finding.remedy, HasSubstr("drop_last = true"));
  }
}

}  // namespace
}  // namespace orrery
