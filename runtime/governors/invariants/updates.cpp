// Which parameters are updated, by which optimizer, from which loss.
#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"
#include "runtime/governors/reach.h"

namespace orrery::invariants {
namespace {

// Trainable leaves of an optimizer, as often as they were given.
std::vector<const Parameter*> updated_by(const Optimizer& optimizer) {
  std::vector<const Parameter*> parameters;
  for (const ParameterGroup& group : optimizer.groups())
    for (const Target& target : group.targets)
      if (const ParameterPtr leaf = leaf_of(target); leaf && leaf->trainable)
        parameters.push_back(leaf.get());
  return parameters;
}

std::string described(const Parameter& parameter) {
  const std::string made = parameter.site.known() ? fmt::format(" made at {}", parameter.site.str()) : "";
  return fmt::format("'{}' of shape {}{}", parameter.name, str(parameter.shape), made);
}

Finding unreached(const Optimizer& optimizer, const std::string& path, const std::string& what,
                  const std::string& got, const std::string& remedy) {
  return {.code = "optimizer-unreached",
          .site = optimizer.origin().site,
          .path = path,
          .message = fmt::format("{} updates {}, {}", optimizer.kind(), what, got),
          .expected = "parameters that reach the loss",
          .got = got,
          .remedy = remedy};
}

// `a, b, c and 5 more`: the names of many parameters, cut short.
std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? fmt::format("{} and {} more", text, names.size() - kShown) : text;
}

std::unordered_set<const Parameter*> reaching_a_loss(const Graph& graph) {
  std::unordered_set<const Parameter*> reached;
  for (const Optimizer* optimizer : optimizers_with_loss(graph)) reached.merge(reaching(optimizer->loss()));
  return reached;
}

// A manager trains the graph, and no optimizer is stepped by hand, with a loss that nobody told, or has one
// that is reported already.
bool all_losses_known(const Graph& graph) {
  const Attached attached = attached_to(graph);
  const auto losses = optimizers_with_loss(graph);
  return !attached.managers.empty() && !losses.empty() && losses.size() == attached.optimizers.size() &&
         std::ranges::all_of(losses, [](const Optimizer* one) { return one->loss().requires_grad(); });
}

using KeysOfBlocks = std::map<const Block*, std::vector<std::string>>;

// What no optimizer updates.
KeysOfBlocks unupdated(const Graph& graph, const auto& meant) {
  std::unordered_set<const Parameter*> updated;
  for (const Optimizer* optimizer : attached_to(graph).optimizers)
    for (const Parameter* parameter : updated_by(*optimizer)) updated.insert(parameter);
  KeysOfBlocks of_block;
  for (const Graph::Entry& entry : graph.state())
    if (meant(*entry.parameter) && !updated.contains(entry.parameter.get()))
      of_block[entry.block].push_back(entry.key);
  return of_block;
}

// The finding for each block, with its name, its keys and its way to freeze them.
std::vector<Finding> about_blocks(const Graph& graph, const KeysOfBlocks& of_block, const Finding& finding) {
  std::vector<Finding> findings;
  for (const auto& [block, keys] : of_block) {
    const bool root = block->parent() == nullptr;
    Finding found = finding;
    found.site = block->origin().site;
    found.path = block->path();
    found.message = fmt::format(
        "{} {}: {}", root ? fmt::format("graph '{}'", graph.name()) : fmt::format("block {}", block->path()),
        finding.message, listed(keys));
    found.remedy = fmt::format("{} with {}:freeze().", finding.remedy, root ? "layer" : block->name());
    findings.push_back(std::move(found));
  }
  return findings;
}

}  // namespace

std::vector<Finding> updated_reaches_loss(const Graph& graph) {
  std::vector<Finding> findings;
  const auto owners = owners_of(graph);
  for (const Optimizer* optimizer : optimizers_with_loss(graph)) {
    if (!optimizer->loss().requires_grad()) continue;  // reported already, for all parameters at once
    const auto reached = reaching(optimizer->loss());
    std::map<std::string, std::vector<std::string>> of_block;
    for (const Parameter* parameter : updated_by(*optimizer)) {
      if (reached.contains(parameter)) continue;
      const auto owner = owners.find(parameter);
      if (owner != owners.end()) {
        of_block[owner->second.block->path()].push_back(owner->second.key);
      } else {
        findings.push_back(unreached(*optimizer, parameter->name, described(*parameter),
                                     fmt::format("which no node of graph '{}' uses", graph.name()),
                                     "Apply its layer in this graph, or leave it out of the optimizer."));
      }
    }
    for (const auto& [path, keys] : of_block)
      findings.push_back(unreached(
          *optimizer, path, listed(keys), "which no path joins to its loss " + optimizer->loss().node->path(),
          "Use the layer's result on the way to the loss, or leave it out of the optimizer."));
  }
  return findings;
}

std::vector<Finding> updated_once(const Graph& graph) {
  std::vector<Finding> findings;
  const auto owners = owners_of(graph);
  std::unordered_map<const Parameter*, const Optimizer*> first;
  for (const Optimizer* optimizer : attached_to(graph).optimizers)
    for (const Parameter* parameter : updated_by(*optimizer)) {
      const auto [known, fresh] = first.emplace(parameter, optimizer);
      if (fresh) continue;
      const Optimizer& other = *known->second;
      const auto owner = owners.find(parameter);
      const std::string path = owner == owners.end() ? parameter->name : owner->second.key;
      const std::string line =
          other.origin().site.known() ? fmt::format(" ({})", other.origin().site.str()) : "";
      const std::string got = &other == optimizer ? "twice in one optimizer"
                                                  : fmt::format("also updated by {}{}", other.kind(), line);
      findings.push_back({.code = "optimizer-overlap",
                          .site = optimizer->origin().site,
                          .path = path,
                          .message = fmt::format("{} updates {}, which is {}", optimizer->kind(), path, got),
                          .expected = "each parameter in one optimizer",
                          .got = got,
                          .remedy = "Leave it in one optimizer and one group only."});
    }
  return findings;
}

std::vector<Finding> trainable_is_updated(const Graph& graph) {
  const auto reached = reaching_a_loss(graph);
  return about_blocks(graph, unupdated(graph, [&](const Parameter& one) { return reached.contains(&one); }),
                      {.code = "parameter-not-optimized",
                       .severity = Severity::warning,
                       .message = "has trainable parameters that reach a loss but that no optimizer updates",
                       .expected = "an optimizer for each trainable parameter",
                       .got = "none",
                       .remedy = "Give them to an optimizer, or freeze them"});
}

std::vector<Finding> trainable_reaches_loss(const Graph& graph) {
  if (!all_losses_known(graph)) return {};
  const auto reached = reaching_a_loss(graph);
  return about_blocks(graph,
                      unupdated(graph,
                                [&](const Parameter& one) {
                                  return one.trainable && !one.buffer && !reached.contains(&one);
                                }),
                      {.code = "parameter-without-loss",
                       .severity = Severity::warning,
                       .message = "has trainable parameters that no path joins to any loss",
                       .expected = "a loss for each trainable parameter",
                       .got = "none",
                       .remedy = "Use the layer's result on the way to a loss, or freeze them"});
}

}  // namespace orrery::invariants
