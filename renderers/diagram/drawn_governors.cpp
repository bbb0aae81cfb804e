#include "renderers/diagram/drawn_governors.h"

#include <algorithm>

#include <fmt/format.h>

#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"
#include "runtime/governors/attached.h"
#include "runtime/governors/saver_sources.h"

namespace orrery {
namespace {

constexpr size_t kLongestOptions = 60;

void append(std::string& list, const std::string& entry) {
  if (!entry.empty()) list += (list.empty() ? "" : ", ") + entry;
}

bool tells_something(const Attribute& attribute, const AttributeValue& value) {
  return !std::holds_alternative<std::monostate>(value) && (attribute.required || value != attribute.value);
}

// Schedules have changed the rate by now; what they begin with is the script's.
AttributeValue begun_with(const ParameterGroup& group, const Attribute& attribute) {
  if (attribute.name == "lr" && group.initial_lr) return *group.initial_lr;
  return group.options.at(attribute.name);
}

// `lr 0.1 / 0.01` where groups differ.
std::string option_of_groups(const std::vector<ParameterGroup>& groups, const Attribute& attribute) {
  std::string text, last, name = attribute.name + " ";
  std::replace(name.begin(), name.end(), '_', ' ');
  bool tells = attribute.name == "lr";
  for (const ParameterGroup& group : groups) {
    const AttributeValue value = begun_with(group, attribute);
    tells = tells || tells_something(attribute, value);
    const std::string one = option_text(attribute, value);
    if (one == last) continue;
    text += text.empty() ? one : " / " + (one.starts_with(name) ? one.substr(name.size()) : one);
    last = one;
  }
  return tells ? text : std::string();
}

std::string options_of(const Optimizer& optimizer) {
  std::string text;
  for (const Attribute& attribute : optimizer.optimizer().attributes)
    append(text, option_of_groups(optimizer.groups(), attribute));
  return plain_text(text, kLongestOptions);
}

std::string text_of(const Schedule& schedule) {
  std::string text;
  append(text, schedule.kind());
  for (const Attribute& attribute : schedule.description().attributes)
    if (const AttributeValue& value = schedule.options().at(attribute.name);
        tells_something(attribute, value))
      append(text, option_text(attribute, value));
  std::string parts;
  for (const auto& part : schedule.parts()) append(parts, part->kind());
  return plain_text(parts.empty() ? text : text + ": " + parts, kLongestOptions);
}

std::vector<std::string> schedules_of(const Optimizer& optimizer, const Attached& attached) {
  std::vector<std::string> texts;
  for (const Manager* manager : attached.managers)
    for (const ScheduleUse& use : manager->parts().schedules)
      if (use.schedule->optimizer().get() == &optimizer) texts.push_back(text_of(*use.schedule));
  return texts;
}

DrawnGovernor drawn(const Optimizer& optimizer, const Graph& graph, const Attached& attached) {
  DrawnGovernor result{.title = optimizer.kind(), .detail = options_of(optimizer)};
  result.schedules = schedules_of(optimizer, attached);
  if (const Value loss = optimizer.loss(); loss && &loss.node->graph() == &graph) result.reads = {loss};
  for (const ParameterGroup& group : optimizer.groups())
    for (const Target& target : group.targets) result.tensors.insert(leaf_of(target).get());
  result.tensors.erase(nullptr);
  for (const Graph::Entry& entry : graph.state_of_run())
    if (entry.parameter->trainable && !entry.parameter->buffer) result.all.insert(entry.parameter.get());
  return result;
}

std::string words_of(const Saver& saver) {
  std::string text = saver.path();
  if (saver.when() == Saver::When::best) append(text, "best");
  if (saver.options().has("every"))
    append(text, fmt::format("every {} epochs", saver.options().integer("every")));
  return plain_text(text, kLongestOptions);
}

// What a path means that is given; one that means nothing is a finding of the checks.
std::vector<Graph::Entry> entries_of_source(const Graph& graph, const Saver::Source& source) {
  if (source.path.empty()) return entries_of(graph, source);
  const std::vector<Saver::Source> meant = sources_of_path(graph, source.path);
  return meant.empty() ? std::vector<Graph::Entry>() : entries_of(graph, meant.front());
}

DrawnGovernor drawn(const Saver& saver, const Graph& graph) {
  DrawnGovernor result{.title = saver.kind(), .detail = words_of(saver)};
  for (const NamedValue& named : saver.values())
    if (&named.value.node->graph() == &graph) result.reads.push_back(named.value);
  for (const Graph::Entry& entry : graph.state()) result.all.insert(entry.parameter.get());
  if (saver.writes_graph()) result.tensors = result.all;
  for (const Saver::Source& source : saver.sources())
    for (const Graph::Entry& entry : entries_of_source(graph, source))
      result.tensors.insert(entry.parameter.get());
  return result;
}

}  // namespace

std::vector<DrawnGovernor> drawn_governors(const Graph& graph) {
  const Attached attached = attached_to(graph);
  std::vector<DrawnGovernor> result;
  const auto add = [&](DrawnGovernor governor, const char* name, size_t number) {
    governor.path = number == 1 ? name : fmt::format("{}_{}", name, number);
    result.push_back(std::move(governor));
  };
  for (size_t i = 0; i < attached.optimizers.size(); ++i)
    add(drawn(*attached.optimizers[i], graph, attached), "optimizer", i + 1);
  for (size_t i = 0; i < attached.savers.size(); ++i) add(drawn(*attached.savers[i], graph), "saver", i + 1);
  return result;
}

}  // namespace orrery
