#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"

namespace orrery::invariants {
namespace {

Finding foreign(const Governor& governor, const Graph& graph, const std::string& role,
                const std::string& path, const Graph& other) {
  return {.code = "governor-foreign",
          .site = governor.origin().site,
          .path = governor.kind(),
          .message = fmt::format("{} of graph '{}' {} {}, which belongs to graph '{}'", governor.kind(),
                                 graph.name(), role, path, other.name()),
          .expected = fmt::format("a value of graph '{}'", graph.name()),
          .got = fmt::format("one of graph '{}'", other.name()),
          .remedy = "Give each graph its own optimizers, metrics and savers, made from its own values."};
}

struct Check {
  const Graph& graph;
  std::vector<Finding>& findings;

  void value(const Governor& governor, const std::string& role, const Value& value) const {
    if (value && &value.node->graph() != &graph)
      findings.push_back(foreign(governor, graph, role, value.node->path(), value.node->graph()));
  }

  void parameter(const Governor& governor, const std::string& role, const ParameterPtr& parameter) const {
    if (!parameter) return;
    const std::vector<Graph::Entry> own = graph.state_of_run();
    if (std::ranges::find(own, parameter, &Graph::Entry::parameter) != own.end()) return;
    findings.push_back(
        {.code = "governor-foreign",
         .site = governor.origin().site,
         .path = governor.kind(),
         .message = fmt::format("{} of graph '{}' {} the parameter '{}', which is none of the graph's",
                                governor.kind(), graph.name(), role, parameter->name),
         .expected = fmt::format("a parameter of graph '{}'", graph.name()),
         .remedy = "Give one of g:parameters(), or its key, such as 'features.conv1.weight'."});
  }
};

}  // namespace

std::vector<Finding> governors_of_one_graph(const Graph& graph) {
  std::vector<Finding> findings;
  const Check check{graph, findings};
  const Attached attached = attached_to(graph);
  for (const Optimizer* optimizer : attached.optimizers) {
    check.value(*optimizer, "has the loss", optimizer->loss());
    for (const ParameterGroup& group : optimizer->groups())
      for (const Target& target : group.targets) check.value(*optimizer, "updates", target.value);
  }
  for (const Manager* manager : attached.managers)
    for (const Metric& metric : manager->parts().metrics)
      for (const Value& value : metric.values) check.value(*manager, "follows", value);
  for (const Saver* saver : attached.savers) {
    for (const Saver::Source& source : saver->sources()) {
      check.value(*saver, "writes", source.value);
      check.parameter(*saver, "writes", source.parameter);
    }
    for (const NamedValue& named : saver->values()) check.value(*saver, "writes", named.value);
  }
  return findings;
}

}  // namespace orrery::invariants
