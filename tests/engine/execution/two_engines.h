#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/tensor_box.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/builder.h"

namespace orrery {

/// All that the graph trains, tied ones once.
inline std::vector<ParameterPtr> trained_of(const Graph& graph) {
  std::vector<ParameterPtr> parameters;
  for (const Graph::Entry& entry : graph.state())
    if (!entry.parameter->buffer && std::ranges::find(parameters, entry.parameter) == parameters.end())
      parameters.push_back(entry.parameter);
  return parameters;
}

/// One graph, whose gradients the static plan and autograd compute from the same weights.
struct TwoEngines {
  /// Finishes the graph; `others` are values that are asked for beside the losses.
  TwoEngines(Builder& b, std::vector<Objective> all, const std::vector<Value>& others = {})
      : builder(b),
        objectives(std::move(all)),
        targets(targets_of(b.graph, objectives, others)),
        planning(Engine::of(b.runtime), b.graph, targets),
        recording(Engine::of(b.runtime), b.graph, targets) {
    planning.set_objectives(objectives, GradientEngine::plan);
    for (size_t i = 0; i < objectives.size(); ++i) due.push_back(i);
  }

  struct Result {
    std::vector<at::Tensor> values;
    std::vector<std::vector<at::Tensor>> gradients;  ///< by due objective
  };

  void set_due(std::vector<size_t> which) {
    due = std::move(which);
    planning.set_due(due);
  }

  Result planned(const Batch& batch, double seed = 1) {
    reseed();
    Result result{.values = planning.forward(batch, kTrain), .gradients = {}};
    EXPECT_TRUE(planning.planned());
    result.gradients = planning.backward(losses_among(result.values), seed);
    EXPECT_FALSE(planning.planned());
    return result;
  }
  Result recorded(const Batch& batch) {
    reseed();
    Result result{.values = recording.forward(batch, kTrain), .gradients = {}};
    const std::vector<at::Tensor> losses = losses_among(result.values);
    std::vector<Executor::Demand> demands;
    for (size_t i = 0; i < due.size(); ++i) demands.push_back({losses[i], objectives[due[i]].parameters});
    result.gradients = recording.backward(demands);
    return result;
  }

  /// All values and gradients of one batch. `relative` to the largest number of each tensor, or 1.
  void expect_alike(const Batch& batch, double relative = 1e-5) {
    const Result by_plan = planned(batch), by_record = recorded(batch);
    ASSERT_EQ(by_plan.values.size(), by_record.values.size());
    for (size_t i = 0; i < by_plan.values.size(); ++i)
      expect_near(by_plan.values[i], by_record.values[i], relative, "value " + std::to_string(i));
    ASSERT_EQ(by_plan.gradients.size(), by_record.gradients.size());
    for (size_t i = 0; i < due.size(); ++i) {
      const std::vector<ParameterPtr>& parameters = objectives[due[i]].parameters;
      ASSERT_EQ(by_plan.gradients[i].size(), parameters.size());
      for (size_t p = 0; p < parameters.size(); ++p)
        expect_near(by_plan.gradients[i][p], by_record.gradients[i][p], relative,
                    "the gradient of " + parameters[p]->name + ", number " + std::to_string(p));
    }
  }

  static void expect_near(const at::Tensor& got, const at::Tensor& wanted, double relative,
                          const std::string& what) {
    ASSERT_EQ(got.defined(), wanted.defined()) << what;
    if (!wanted.defined()) return;
    ASSERT_EQ(got.sizes(), wanted.sizes()) << what;
    ASSERT_EQ(got.dtype(), wanted.dtype()) << what;
    if (wanted.numel() == 0) return;
    const double off = (got.detach() - wanted.detach()).abs().max().item<double>();
    const double size = wanted.detach().abs().max().item<double>();
    EXPECT_LE(off, relative * std::max(size, 1.0)) << what;
  }

  Builder& builder;
  std::vector<Objective> objectives;
  std::vector<size_t> due;
  std::vector<Value> targets;  ///< the losses, then the others
  Executor planning, recording;

 private:
  static std::vector<Value> targets_of(Graph& graph, const std::vector<Objective>& objectives,
                                       const std::vector<Value>& others) {
    std::vector<Value> values;
    for (const Objective& objective : objectives) {
      graph.use({Use::Kind::loss, objective.loss, "loss" + std::to_string(values.size())});
      values.push_back(objective.loss);
    }
    for (const Value& other : others) {
      graph.use({Use::Kind::output, other, ""});
      values.push_back(other);
    }
    graph.finalize();
    return values;
  }
  std::vector<at::Tensor> losses_among(const std::vector<at::Tensor>& values) const {
    std::vector<at::Tensor> losses;
    for (const size_t i : due) losses.push_back(values[i]);
    return losses;
  }
  // Dropout draws the same.
  void reseed() {
    builder.runtime.draws.seed(7);
    const Engine::Turn turn(Engine::of(builder.runtime));
  }
};

/// Rows `x` (N, 4) and labels of 4 classes.
struct RowsBuilder : Builder {
  // The same weights in each run: some would make rounding weigh more than the bounds allow.
  explicit RowsBuilder(DType dtype = DType::float32) : Builder("rows"), type(scalar_type(dtype)) {
    runtime.draws.seed(7);
    const Dim n = Dim::symbol("N");
    fields = graph.input({{{"x", {{n, 4}, dtype}, false}, {"label", {{n}, DType::int64}, true}}, {}, "{}"},
                         next_line());
    x = fields[0];
    options = {{"in_features", std::int64_t{4}}, {"out_features", std::int64_t{4}}, {"dtype", dtype}};
  }

  LayerPtr square() { return layer("Linear", options); }
  Value linear_of(const Value& value) { return apply(square(), {value}); }
  Value mean_of(const Value& value) { return transform("mean", {value}); }
  Value cross_entropy(const Value& logits) { return apply("CrossEntropyLoss", {}, {logits, fields[1]}); }

  Batch rows(std::int64_t count) const {
    const at::Tensor numbers = (at::arange(count * 4, at::kDouble) * 0.7 + 0.3).sin();
    return {{"x", numbers.view({count, 4}).to(type)}, {"label", at::arange(count).remainder(4)}};
  }

  at::ScalarType type;
  std::vector<Value> fields;
  std::vector<Attributes::Entry> options;
  Value x;
};

}  // namespace orrery
