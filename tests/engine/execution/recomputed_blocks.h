#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/recomputed.h"
#include "tests/engine/execution/two_engines.h"

namespace orrery {

using Made = std::function<Value(Value)>;

/// A builder whose parts can be put into blocks that are recomputed.
struct BlocksBuilder : RowsBuilder {
  using RowsBuilder::RowsBuilder;

  Value block(const std::string& name, const Value& given, const Made& make) {
    Block& begun = graph.begin_block(name, next_line());
    const Value made = make(given);
    graph.end_block();
    blocks.push_back(&begun);
    return made;
  }
  /// Its values inside are eight times as wide.
  Value residual(const Value& given) {
    return block("residual", given, [&](const Value& in) {
      const Value wide = transform("relu", {apply(linear(4, 32), {in})});
      return transform("add", {in, apply(linear(32, 4), {apply("Dropout", {{"p", 0.3}}, {wide})})});
    });
  }
  void mark(bool recomputes = true) {
    for (Block* each : blocks) each->set_recomputes(recomputes);
  }
  std::vector<Block*> blocks;
};

/// What a step leaves behind.
struct Outcome {
  std::vector<at::Tensor> tensors;  ///< values, gradients, buffers
  at::Tensor next_random;
};

/// Under autograd; under the plan with ATen's kernels, which it takes for several objectives; under the plan.
enum class Way { autograd, by_aten, plan };

class Stepping {
 public:
  Stepping(BlocksBuilder& b, const std::vector<Objective>& objectives)
      : b_(b), two_(b, objectives), by_aten_(engine(), b.graph, two_.targets), twice_(objectives) {
    twice_.push_back(objectives.front());
    by_aten_.set_objectives(twice_, GradientEngine::plan);
    for (const Graph::Entry& entry : b.graph.state(nullptr, true))
      if (entry.parameter->buffer) buffers_.push_back(entry.parameter);
    for (const ParameterPtr& buffer : buffers_) before_.push_back(engine().tensor(buffer).clone());
  }

  TwoEngines& engines() { return two_; }
  Engine& engine() { return Engine::of(b_.runtime); }
  Executor& executor(Way way) {
    return way == Way::plan ? two_.planning : way == Way::by_aten ? by_aten_ : two_.recording;
  }

  Outcome step(bool recomputes, Way way, std::int64_t rows = 6) {
    b_.mark(recomputes);
    for (size_t i = 0; i < buffers_.size(); ++i) engine().assign(buffers_[i], before_[i]);
    const TwoEngines::Result result = way == Way::plan      ? two_.planned(b_.rows(rows))
                                      : way == Way::by_aten ? planned_by_aten(rows)
                                                            : two_.recorded(b_.rows(rows));
    Outcome outcome{.tensors = result.values, .next_random = {}};
    for (const auto& gradients : result.gradients)
      outcome.tensors.insert(outcome.tensors.end(), gradients.begin(), gradients.end());
    for (const ParameterPtr& buffer : buffers_) outcome.tensors.push_back(engine().tensor(buffer).clone());
    const Engine::Turn turn(engine());
    outcome.next_random = at::rand({4});
    return outcome;
  }

  /// With and without recomputing: to the last bit, but for the project's own kernels, where the border of a
  /// block parts what is else one pass over memory.
  void expect_the_same(Way way, std::int64_t rows = 6, double relative = 0) {
    const Outcome kept = step(false, way, rows), again = step(true, way, rows);
    EXPECT_FALSE(executor(way).plan(true).recomputed.empty());
    ASSERT_EQ(again.tensors.size(), kept.tensors.size());
    for (size_t i = 0; i < kept.tensors.size(); ++i)
      TwoEngines::expect_near(again.tensors[i], kept.tensors[i], way == Way::plan ? 1e-6 : relative,
                              fmt::format("tensor {}, way {}", i, static_cast<int>(way)));
    EXPECT_TRUE(at::equal(again.next_random, kept.next_random));
  }
  void expect_the_same() {
    for (const Way way : {Way::autograd, Way::by_aten, Way::plan}) expect_the_same(way);
  }

 private:
  TwoEngines::Result planned_by_aten(std::int64_t rows) {
    b_.runtime.draws.seed(7);
    TwoEngines::Result result{.values = by_aten_.forward(b_.rows(rows), kTrain), .gradients = {}};
    std::vector<at::Tensor> losses;
    for (size_t i = 0; i < twice_.size(); ++i) losses.push_back(result.values[i % (twice_.size() - 1)]);
    result.gradients = by_aten_.backward(losses, 1);
    return result;
  }

  BlocksBuilder& b_;
  TwoEngines two_;
  Executor by_aten_;
  std::vector<Objective> twice_;
  std::vector<ParameterPtr> buffers_;
  std::vector<at::Tensor> before_;
};

}  // namespace orrery
