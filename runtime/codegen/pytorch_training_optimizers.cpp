#include "runtime/codegen/pytorch_training_optimizers.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_module.h"
#include "runtime/codegen/pytorch_training_text.h"

namespace orrery {
namespace {

struct Weight {
  std::string key;
  bool meant = false;
};

// The name behind a module's: `conv1` of `layer1.conv1.weight` behind `layer1.`.
std::string next_name(const std::string& key, std::size_t behind) {
  return key.substr(behind, key.find('.', behind) - behind);
}

// Modules as large as can be, then single tensors, in the order of the weights.
void cover(const std::string& owner, const std::vector<Weight>& weights, const std::string& module,
           std::vector<PytorchWeights::Part>& parts) {
  const auto is_meant = [](const Weight& weight) { return weight.meant; };
  if (std::ranges::none_of(weights, is_meant)) return;
  if (std::ranges::all_of(weights, is_meant)) {
    parts.push_back({module.empty() ? owner : member_of(owner, module, true), true});
    return;
  }
  const std::size_t behind = module.empty() ? 0 : module.size() + 1;
  std::set<std::string> done;
  for (const Weight& weight : weights) {
    const std::string name = next_name(weight.key, behind);
    if (!done.insert(name).second) continue;
    const std::string inner = weight.key.substr(0, behind) + name;
    if (inner == weight.key) {
      if (weight.meant) parts.push_back({member_of(owner, weight.key, false), false});
      continue;
    }
    std::vector<Weight> within;
    for (const Weight& other : weights)
      if (other.key.starts_with(inner + ".")) within.push_back(other);
    cover(owner, within, inner, parts);
  }
}

using OptionsOfGroup = std::vector<std::string>;

// What an optimizer is told: the learning rate always, which schedules may have changed by now.
OptionsOfGroup told_options(const OptimizerKind& kind, const ParameterGroup& group) {
  OptionsOfGroup words;
  for (const Attribute& attribute : kind.attributes) {
    AttributeValue value = group.options.at(attribute.name);
    const bool is_rate = attribute.name == "lr";
    if (is_rate && group.initial_lr) value = *group.initial_lr;
    if (!is_rate && (value == attribute.value || std::holds_alternative<std::monostate>(value))) continue;
    words.push_back(fmt::format("{}={}", attribute.name, python_value(value)));
  }
  return words;
}

// `lr=0.1` → `"lr": 0.1`
std::string as_entry(const std::string& word) {
  const std::size_t sign = word.find('=');
  return fmt::format("{}: {}", python_text(word.substr(0, sign)), word.substr(sign + 1));
}

std::string weights_of_group(const Graph& graph, const ParameterGroup& group,
                             const std::function<bool(const Layer&)>& judge) {
  std::set<const Parameter*> meant;
  for (const ParameterPtr& parameter : Optimizer::parameters(group)) meant.insert(parameter.get());
  return pytorch_weights(
             graph, [](const Parameter& each) { return !each.buffer && each.trainable; },
             [&](const Parameter& each) { return meant.contains(&each); }, judge)
      .text();
}

}  // namespace

std::string PytorchWeights::text() const {
  if (parts.size() == 1 && parts[0].is_module) return parts[0].text + ".parameters()";
  std::vector<std::string> words;
  for (const Part& part : parts)
    words.push_back(part.is_module ? fmt::format("*{}.parameters()", part.text) : part.text);
  return fmt::format("[{}]", fmt::join(words, ", "));
}

PytorchWeights pytorch_weights(const Graph& graph, const std::function<bool(const Parameter&)>& counts,
                               const std::function<bool(const Parameter&)>& meant,
                               const std::function<bool(const Layer&)>& judge) {
  std::vector<Weight> of_model, of_loss;
  std::set<const Parameter*> seen;
  for (const Graph::Entry& entry : graph.state()) {
    if (!counts(*entry.parameter) || !seen.insert(entry.parameter.get()).second) continue;
    const bool judges = entry.layer && judge(*entry.layer);
    (judges ? of_loss : of_model).push_back({entry.key, meant(*entry.parameter)});
  }
  PytorchWeights weights;
  cover("model", of_model, "", weights.parts);
  weights.all = weights.parts.size() == 1 && weights.parts[0].text == "model";
  cover("loss_fn", of_loss, "", weights.parts);
  weights.all = weights.all && weights.parts.size() == 1;
  return weights;
}

std::string pytorch_optimizer(const Graph& graph, const Optimizer& optimizer,
                              const std::function<bool(const Layer&)>& judge) {
  const OptimizerKind& kind = optimizer.optimizer();
  const auto& groups = optimizer.groups();
  if (groups.size() == 1)
    return fmt::format("torch.optim.{}({}, {})", kind.name, weights_of_group(graph, groups[0], judge),
                       fmt::join(told_options(kind, groups[0]), ", "));
  // What the first group has, and all others too, is said once.
  OptionsOfGroup common = told_options(kind, groups[0]);
  for (const ParameterGroup& group : groups) {
    const OptionsOfGroup own = told_options(kind, group);
    std::erase_if(common, [&](const std::string& word) {
      return !word.starts_with("lr=") && std::ranges::find(own, word) == own.end();
    });
  }
  std::vector<std::string> listed;
  for (const ParameterGroup& group : groups) {
    std::vector<std::string> entries{fmt::format("\"params\": {}", weights_of_group(graph, group, judge))};
    for (const std::string& word : told_options(kind, group))
      if (std::ranges::find(common, word) == common.end()) entries.push_back(as_entry(word));
    listed.push_back(fmt::format("{{{}}}", fmt::join(entries, ", ")));
  }
  return fmt::format("torch.optim.{}([{}], {})", kind.name, fmt::join(listed, ", "), fmt::join(common, ", "));
}

std::string pytorch_schedule(const Schedule& schedule, const std::string& optimizer,
                             PytorchTraining& script) {
  const ScheduleKind& kind = schedule.description();
  std::vector<std::string> words;
  if (kind.form != ScheduleKind::Form::chain) words.push_back(optimizer);
  std::vector<std::string> parts;
  for (const auto& part : schedule.parts()) parts.push_back(pytorch_schedule(*part, optimizer, script));
  if (!parts.empty()) words.push_back(fmt::format("[{}]", fmt::join(parts, ", ")));
  if (schedule.has_function()) {
    const std::string reason = fmt::format("{}: {} is a function of the script", kind.name, kind.part);
    if (std::ranges::find(script.gaps, reason) == script.gaps.end()) {
      script.code += python_hook(kind.part + "(x)", {reason});
      script.gaps.push_back(reason);
    }
    words.push_back(kind.part + "=" + kind.part);
  }
  std::ranges::copy(python_options(kind.attributes, schedule.options()), std::back_inserter(words));
  script.imports.insert("from torch.optim import lr_scheduler");
  return fmt::format("lr_scheduler.{}({})", kind.name, fmt::join(words, ", "));
}

}  // namespace orrery
