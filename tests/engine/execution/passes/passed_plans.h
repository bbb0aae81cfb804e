#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/engine/execution/passes/passes.h"
#include "runtime/engine/kernels/own_kernel.h"
#include "tests/engine/execution/two_engines.h"

namespace orrery {

/// A constant of the graph, as `trainable` says.
inline ParameterPtr constant_tensor(const std::string& name, const Shape& shape, double value,
                                    bool trainable = false) {
  auto parameter = std::make_shared<Parameter>();
  parameter->name = name;
  parameter->shape = shape;
  parameter->dtype = DType::float64;
  parameter->init = Init::constant(value);
  parameter->trainable = trainable;
  return parameter;
}

inline void use_outputs(Graph& graph, const std::vector<Value>& targets) {
  for (const Value& target : targets) graph.use({Use::Kind::output, target, ""});
  graph.finalize();
}

/// The paths of the nodes that a pass took out of a plan.
inline std::vector<std::string> nodes_of(const Plan& plan, PlanPass pass) {
  std::vector<std::string> paths;
  for (const PassOutcome& outcome : plan.outcomes)
    if (outcome.pass == pass)
      for (const Node* node : outcome.nodes) paths.push_back(node->path());
  return paths;
}

inline PassSet only(PlanPass pass) {
  PassSet passes;
  for (const PlanPassInfo& info : plan_passes())
    if (info.pass != pass) passes = passes.without(info.pass);
  return passes;
}

/// What a pass takes out of a plan for these targets, with gradients or in evaluation.
inline std::vector<std::string> taken_out(const std::vector<Value>& targets, PlanPass pass,
                                          bool gradients = true,
                                          const Placement& placement = Placement(at::kCPU)) {
  Plan plan = make_plan(targets, gradients);
  run_passes(plan, only(pass), {.gradients = gradients, .training = gradients, .placement = placement});
  return nodes_of(plan, pass);
}

/// The values and gradients of a graph under the plan and under autograd, with all passes and without one.
struct PassedPlans {
  PassedPlans(Builder& b, const Objective& asked, PlanPass pass) : builder(b), objective(asked) {
    b.graph.use({Use::Kind::loss, objective.loss, "loss"});
    b.graph.finalize();
    for (const bool with : {true, false})
      for (const bool planned : {true, false}) {
        auto& executor = executors[{with, planned}] =
            std::make_unique<Executor>(Engine::of(b.runtime), b.graph, std::vector{objective.loss});
        if (!with) executor->set_passes(PassSet().without(pass));
        if (planned) executor->set_objectives({objective}, GradientEngine::plan);
      }
  }

  std::vector<at::Tensor> result(Executor& executor, const Batch& batch) {
    builder.runtime.draws.seed(7);
    std::vector<at::Tensor> values = executor.forward(batch, kTrain), all = values;
    const auto gradients = executor.planned() ? executor.backward(values, 1)
                                              : executor.backward({{values[0], objective.parameters}});
    all.insert(all.end(), gradients[0].begin(), gradients[0].end());
    return all;
  }

  void expect_alike(const Batch& batch, double relative = 1e-12) {
    const auto wanted = result(*executors[{false, false}], batch);
    for (auto& [how, executor] : executors) {
      const auto got = result(*executor, batch);
      ASSERT_EQ(got.size(), wanted.size());
      for (size_t i = 0; i < got.size(); ++i)
        TwoEngines::expect_near(got[i], wanted[i], relative,
                                (i == 0 ? "the loss" : "gradient " + std::to_string(i - 1)) +
                                    (how.first ? " with the pass" : "") + (how.second ? " planned" : ""));
    }
  }

  Executor& with(bool planned = true) { return *executors[{true, planned}]; }

  Builder& builder;
  Objective objective;
  std::map<std::pair<bool, bool>, std::unique_ptr<Executor>> executors;  ///< by pass and engine
};

/// Has a layer's weight computed from now on.
inline void normalize_weight(Builder& b, Layer& layer) {
  const ParametrizationKind& kind = operations().parametrization("weight_norm");
  b.runtime.parametrize(layer, {"weight", &kind, checked_attributes(kind.attributes, {})});
}

/// An operation of the script's own, which passes know nothing about.
inline Value own_operation(Builder& b, const Value& input) {
  Descriptor own;
  own.name = "own_square";
  own.category = Category::own;
  own.doc = "The square.";
  own.inputs = {{.name = "input", .doc = "any"}};
  own.shape = [](ShapeContext& context) -> std::vector<TensorType> { return {context.input(0)}; };
  if (!operations(b.runtime).named(own.name))
    add_operation(b.runtime, own,
                  [](const KernelContext& k) -> std::vector<at::Tensor> { return {k.input() * k.input()}; });
  const Descriptor& descriptor = operations(b.runtime).get(own.name);
  return b.graph.apply(descriptor, Attributes(descriptor.attributes), {input}, b.next_line())[0];
}

}  // namespace orrery
