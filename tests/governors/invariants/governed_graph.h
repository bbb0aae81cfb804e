#pragma once

#include <gtest/gtest.h>

#include "runtime/governors/invariants.h"
#include "runtime/governors/manager.h"
#include "runtime/ops/operations.h"
#include "tests/graph/builder.h"

namespace orrery::testing {

/// Where the script made each governor.
inline const Origin kLine = {{"digits.lua", 42}, ""};

/// The graph of the digits net, or an empty one, for governors of every kind.
class GovernedGraph : public ::testing::Test {
 protected:
  explicit GovernedGraph(bool with_net = true) : loss_(with_net ? b_.digits_net() : Value()) {}

  static ParameterPtr constant(DType dtype = DType::float32) {
    auto made = std::make_shared<Parameter>();
    made->name = "constant";
    made->shape = {2};
    made->dtype = dtype;
    made->trainable = false;
    return made;
  }

  std::vector<ParameterPtr> all_parameters(const Block* block = nullptr) {
    std::vector<ParameterPtr> parameters;
    for (const Graph::Entry& entry : b_.graph.state(block))
      if (!entry.parameter->buffer) parameters.push_back(entry.parameter);
    return parameters;
  }

  static std::vector<Target> targets(const std::vector<ParameterPtr>& parameters) {
    std::vector<Target> list;
    for (const ParameterPtr& parameter : parameters) list.push_back({.parameter = parameter});
    return list;
  }

  std::shared_ptr<Optimizer> optimize(std::vector<Target> targets, Value loss,
                                      const std::string& kind = "AdamW") {
    const OptimizerKind& described = optimizer_kind(kind);
    ParameterGroup group{std::move(targets), checked_attributes(described.attributes, {})};
    auto optimizer = std::make_shared<Optimizer>(described, std::vector{group}, loss, kLine);
    b_.graph.attach(optimizer);
    return optimizer;
  }

  void save(Saver::Source source) {
    b_.graph.attach(
        std::make_shared<Saver>("best.safetensors", std::vector{source}, Saver::When::end, kLine));
  }

  std::shared_ptr<DataSource> random(Shape shape,
                                     std::vector<Attributes::Entry> more = {{"classes", std::int64_t{10}}}) {
    more.push_back({"shape", std::move(shape)});
    auto source = std::make_shared<DataSource>(
        open_data_source("random", checked_attributes(data_source_attributes("random"), more), kLine));
    source->fields[0].name = "image";
    return source;
  }

  void manage(Manager::Parts parts) {
    b_.graph.attach(
        std::make_shared<Manager>(std::move(parts), checked_attributes(manager_attributes(), {}), kLine));
  }

  /// The one finding that the rules make; a test failure when there are none or more.
  Finding only() {
    b_.graph.update_gradients();
    const std::vector<Finding> findings = check_governors(b_.graph);
    for (const Finding& finding : findings)
      EXPECT_EQ(findings.size(), 1u) << finding.code << ": " << finding.str();
    if (findings.empty()) ADD_FAILURE() << "no rule was broken";
    return findings.empty() ? Finding{} : findings[0];
  }

  Builder b_;
  Value loss_;
};

}  // namespace orrery::testing
