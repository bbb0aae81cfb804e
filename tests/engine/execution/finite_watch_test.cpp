#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/ops/operations.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::HasSubstr;

// y = mean of what `make` computes from a trained vector.
class FiniteWatchTest : public testing::Test {
 protected:
  FiniteWatchTest() : graph_("watched") {
    weight_->name = "weight";
    weight_->shape = {3};
    weight_->init = Init::ones();
    weight_->site = {"watched.lua", 1};
    value_ = graph_.constant(weight_, {{"watched.lua", 1}, ""});
  }

  Value apply(const std::string& name, std::vector<Value> inputs,
              std::vector<Attributes::Entry> options = {}) {
    const Descriptor& descriptor = operations().get(name);
    return graph_.apply(descriptor, checked_attributes(descriptor.attributes, options), std::move(inputs),
                        {{"watched.lua", ++line_}, ""})[0];
  }

  // Runs a step in which the weight has these values, under autograd and under the plan, which tell the same.
  void step(Value result, std::vector<float> weights) {
    const Value loss = apply("mean", {result});
    graph_.use({Use::Kind::output, loss, ""});
    graph_.finalize();
    Engine::of(runtime_).assign(weight_, at::tensor(weights));
    watch_.begin("epoch 1, step 2 of 3");
    std::string told;
    try {
      step_by(GradientEngine::autograd, loss);
    } catch (const Error& error) {
      told = error.what();
    }
    try {
      step_by(GradientEngine::plan, loss);
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), told);
      throw;
    }
    EXPECT_EQ(told, "");
  }

  void step_by(GradientEngine gradients, const Value& loss) {
    Executor executor(Engine::of(runtime_), graph_, {loss});
    executor.set_watch(&watch_);
    executor.set_objectives({{loss, {weight_}}}, gradients);
    const std::vector<at::Tensor> values = executor.forward({}, {});
    EXPECT_EQ(executor.planned(), gradients == GradientEngine::plan);
    executor.planned() ? executor.backward(values, 1) : executor.backward({{values[0], {weight_}}});
  }

  Runtime runtime_;
  Graph graph_;
  int line_ = 1;
  ParameterPtr weight_ = std::make_shared<Parameter>();
  Value value_;
  FiniteWatch watch_;
};

// Rule O702.
TEST_F(FiniteWatchTest, NamesTheNodeItsLineTheStepAndTheInputsOfTheFirstNan) {
  const Value logarithm = apply("log", {value_});
  const Value result = apply("relu", {logarithm});
  try {
    step(result, {1, -1, 3});
    FAIL() << "nothing was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::diverged);
    EXPECT_EQ(error.site(), (SourceSite{"watched.lua", 2}));
    EXPECT_EQ(error.message(),
              "log (log) became NaN in 1 of 3 places, in epoch 1, step 2 of 3; its inputs: parameter (3) "
              "between -1 "
              "and 3, mean 1");
  }
}

TEST_F(FiniteWatchTest, FindsAnInfinityThatNobodyAskedFor) {
  const Value result = apply("log", {value_});
  EXPECT_THAT(error_of(Fault::diverged,
                       [&] {
                         step(result, {1, 0, 3});
                       }),
              HasSubstr("became infinite in 1 of 3"));
}

// Rule O703.
TEST_F(FiniteWatchTest, FindsAGradientThatIsNotFiniteAndWhatItCameThrough) {
  const Value doubled = apply("mul", {value_, Value()}, {{"other", 2.0}});
  const Value result = apply("sqrt", {doubled});
  const std::string message = error_of(Fault::diverged, [&] { step(result, {1, 0, 3}); });
  EXPECT_THAT(message, HasSubstr("the gradient of mul (mul) became infinite"));
  EXPECT_THAT(message, HasSubstr("it came back through sqrt (sqrt)"));
}

// Both values are one tensor, whose maker is named.
TEST_F(FiniteWatchTest, FindsAGradientBehindWhatHandsOnItsInput) {
  const Value doubled = apply("mul", {value_, Value()}, {{"other", 2.0}});
  const Value same = apply("to", {doubled}, {{"dtype", DType::float32}});
  const std::string message = error_of(Fault::diverged, [&] { step(apply("sqrt", {same}), {1, 0, 3}); });
  EXPECT_THAT(message, HasSubstr("the gradient of mul (mul) became infinite"));
}

TEST_F(FiniteWatchTest, FindsTheGradientOfAParameter) {
  const Value result = apply("sqrt", {value_});
  EXPECT_THAT(error_of(Fault::diverged,
                       [&] {
                         step(result, {1, 0, 3});
                       }),
              HasSubstr("the gradient of weight became infinite"));
}

// A script may keep a loss, and call its backward when the run is over.
TEST_F(FiniteWatchTest, LooksAtGradientsThatComeAfterWatchAndGraphAreGone) {
  at::Tensor loss;
  {
    Graph graph("gone");
    const auto applied = [&](const std::string& name, const Value& input) {
      const Descriptor& descriptor = operations().get(name);
      return graph.apply(descriptor, checked_attributes(descriptor.attributes, {}), {input},
                         {{"gone.lua", 2}, ""})[0];
    };
    const Value result =
        applied("mean", applied("sqrt", applied("neg", graph.constant(weight_, {{"gone.lua", 1}, ""}))));
    graph.use({Use::Kind::output, result, ""});
    graph.finalize();
    Engine& engine = Engine::of(runtime_);
    engine.assign(weight_, at::tensor({-1.0F, 0.0F, -3.0F}));
    Executor executor(engine, graph, {result});
    FiniteWatch watch;
    watch.begin("epoch 1, step 2 of 3");
    executor.set_watch(&watch);
    loss = executor.forward({}, {})[0];
  }
  EXPECT_THAT(
      error_of(Fault::diverged, [&] { loss.backward(); }),
      ::testing::StartsWith("gone.lua:2: the gradient of neg (neg) became infinite in 1 of 3 places, in "
                            "epoch 1, step 2 of 3; it came back through sqrt (sqrt)"));
}

TEST_F(FiniteWatchTest, LetsFiniteStepsPass) { EXPECT_NO_THROW(step(apply("log", {value_}), {1, 2, 3})); }

}  // namespace
}  // namespace orrery
