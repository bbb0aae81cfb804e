#include "runtime/codegen/pytorch.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_lines.h"
#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_classes.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

// The nodes that a label leads to: they judge the model and are no part of it.
std::set<const Node*> judging_nodes(const Graph& graph) {
  std::set<const Node*> nodes;
  for (const auto& node : graph.nodes()) {
    const bool judges = std::ranges::any_of(node->inputs(), [&](const Value& input) {
      if (!input) return false;
      const InputSpec* spec = input.node->input_spec();
      return nodes.contains(input.node) ||
             (spec && spec->fields[static_cast<std::size_t>(input.output)].label);
    });
    if (judges) nodes.insert(node.get());
  }
  return nodes;
}

void require_pytorch(const Graph& graph) {
  std::vector<std::string> faults;
  for (const auto& node : graph.nodes()) {
    if (const auto reason = without_pytorch(*node))
      faults.push_back(fmt::format("{} ({}): {}", node->path(), node->operation(), *reason));
  }
  if (faults.empty()) return;
  throw Error(Fault::check, fmt::format("PyTorch's code cannot say:\n  {}", fmt::join(faults, "\n  ")), {},
              "Leave these out of the graph that is written.");
}

std::set<std::string> names_of(const std::vector<PytorchClass>& classes) {
  std::set<std::string> names;
  for (const PytorchClass& each : classes) names.insert(each.name);
  return names;
}

std::string constructor(const PytorchClass& made) {
  std::vector<std::string> words{"self"};
  for (const auto& [name, usual] : made.parameters) words.push_back(usual ? name + "=" + *usual : name);
  std::string text = python_statement(fmt::format("def __init__({}):", fmt::join(words, ", ")), 1);
  text += python_statement("super().__init__()", 2);
  for (const PytorchMember& member : made.module.members) {
    const std::string maker = orrery::text(member.maker);
    text += python_statement(made.module.is_list()
                                 ? fmt::format("self.append({})", maker)
                                 : fmt::format("{} = {}", member_text(member.path, false), maker),
                             2);
  }
  for (const std::string& tensor : made.module.tensors) text += python_statement(tensor, 2);
  return text + "\n";
}

std::string class_text(const PytorchClass& made) {
  const PytorchModule& module = made.module;
  std::string text =
      fmt::format("\n\nclass {}(nn.{}):\n", made.name, module.is_list() ? "ModuleList" : "Module");
  if (!module.members.empty() || !module.tensors.empty()) text += constructor(made);
  std::vector<std::string> words{"self"};
  std::ranges::copy(module.forward.parameters, std::back_inserter(words));
  text += python_statement(fmt::format("def forward({}):", fmt::join(words, ", ")), 1);
  for (const std::string& statement : module.forward.statements) text += python_statement(statement, 2);
  return text;
}

// `transformer.wte.weight` → `self.transformer.wte.weight`; over names that are none in Python by PyTorch's
// own way to a module.
std::string attribute(const std::string& key) {
  std::string text = "self";
  for (std::size_t begin = 0, dot = 0; dot != std::string::npos; begin = dot + 1) {
    dot = key.find('.', begin);
    const std::string name = key.substr(begin, dot - begin);
    if (!is_python_name(name)) {
      const std::size_t last = key.rfind('.');
      return fmt::format("self.get_submodule({}).{}", python_text(key.substr(0, last)), key.substr(last + 1));
    }
    text += "." + name;
  }
  return text;
}

// Layers that hold one tensor: the later one takes the first one's.
std::vector<std::string> ties(const Graph& graph) {
  std::map<const Parameter*, std::string> first;
  std::vector<std::string> statements;
  for (const Graph::Entry& entry : graph.state()) {
    const auto [known, is_new] = first.try_emplace(entry.parameter.get(), entry.key);
    if (is_new) continue;
    statements.push_back(fmt::format("{} = {}", attribute(entry.key), attribute(known->second)));
  }
  return statements;
}

}  // namespace

std::string pytorch_code(const Graph& graph) {
  require_pytorch(graph);
  const std::set<const Node*> judging = judging_nodes(graph);
  const ModuleTree model(graph, [&](const Node& node) { return !judging.contains(&node); });
  std::vector<PytorchClass> classes = pytorch_classes(model, python_class_name(graph.name()), {});
  std::ranges::copy(ties(graph), std::back_inserter(classes.back().module.tensors));
  if (!judging.empty()) {
    const ModuleTree judge(graph, [&](const Node& node) { return judging.contains(&node); });
    std::ranges::move(pytorch_classes(judge, "Loss", names_of(classes)), std::back_inserter(classes));
  }
  std::string body;
  for (const PytorchClass& each : classes) body += class_text(each);
  std::string head = "import torch\n";
  if (body.find("F.") != std::string::npos) head += "import torch.nn.functional as F\n";
  return head + "from torch import nn\n" + body;
}

}  // namespace orrery
