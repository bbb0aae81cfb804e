#include "runtime/codegen/pytorch.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/judging.h"
#include "runtime/codegen/python_lines.h"
#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_classes.h"
#include "runtime/codegen/pytorch_training.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

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
  for (const CodeParameter& each : made.parameters)
    words.push_back(each.usual ? each.name + "=" + *each.usual : each.name);
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

// Layers that hold one tensor: the later one takes the first one's.
std::vector<std::string> ties(const Graph& graph) {
  std::map<const Parameter*, std::string> first;
  std::vector<std::string> statements;
  for (const Graph::Entry& entry : graph.state()) {
    const auto [known, is_new] = first.try_emplace(entry.parameter.get(), entry.key);
    if (is_new) continue;
    statements.push_back(
        fmt::format("{} = {}", member_of("self", entry.key, false), member_of("self", known->second, false)));
  }
  return statements;
}

// `from a import b` and `from a import c` → `from a import b, c`
std::vector<std::string> joined_imports(const std::set<std::string>& lines) {
  std::vector<std::string> joined;
  for (const std::string& line : lines) {
    const std::size_t name = line.find(" import ");
    const bool same =
        name != std::string::npos && !joined.empty() && joined.back().starts_with(line.substr(0, name + 8));
    if (same)
      joined.back() += ", " + line.substr(name + 8);
    else
      joined.push_back(line);
  }
  return joined;
}

// Python's own modules stand before others, whole modules before parts of them.
std::string import_lines(const std::set<std::string>& imports) {
  static const std::set<std::string, std::less<>> kOwn = {"argparse", "csv", "gzip",   "itertools",
                                                          "math",     "os",  "pathlib"};
  std::string own, others;
  const auto lines = joined_imports(imports);
  for (const bool whole : {true, false})
    for (const std::string& line : lines) {
      if (line.starts_with("import ") != whole) continue;
      const std::size_t begin = line.find(' ') + 1;
      const std::string module = line.substr(begin, line.find_first_of(" .", begin) - begin);
      (kOwn.contains(module) ? own : others) += line + "\n";
    }
  return own.empty() ? others : own + "\n" + others;
}

// What a person has to write, in front of the module.
std::string what_is_left(const std::vector<std::string>& gaps) {
  if (gaps.empty()) return {};
  std::string text = "\"\"\"What is left to write, where NotImplementedError is raised:\n\n";
  for (const std::string& gap : gaps) {
    const std::string quoted = python_text(gap);
    text += fmt::format("- {}\n", quoted.substr(1, quoted.size() - 2));
  }
  return text + "\"\"\"\n\n";
}

PytorchCallee callee_of(const PytorchClass& made) {
  return {made.name, made.module.forward.reads, made.module.forward.gives};
}

}  // namespace

PytorchCode pytorch_code(const Graph& graph) {
  require_pytorch(graph);
  const Manager* manager = training_manager(graph);
  std::set<std::string> taken = manager ? pytorch_training_names() : std::set<std::string>{"Loss"};
  const std::set<const Node*> judging = judging_nodes(graph);
  const ModuleTree model(graph, [&](const Node& node) { return !judging.contains(&node); });
  std::string name = python_class_name(graph.name());
  if (taken.contains(name)) name += "Model";
  std::vector<PytorchClass> classes = pytorch_classes(model, name, taken);
  std::ranges::copy(ties(graph), std::back_inserter(classes.back().module.tensors));
  const PytorchCallee whole = callee_of(classes.back());
  std::optional<PytorchCallee> loss;
  if (!judging.empty()) {
    const ModuleTree judge(graph, [&](const Node& node) { return judging.contains(&node); });
    taken.merge(names_of(classes));
    std::ranges::move(pytorch_classes(judge, "Loss", taken), std::back_inserter(classes));
    loss = callee_of(classes.back());
  }
  PytorchTraining training;
  if (manager) training = pytorch_training(graph, *manager, whole, loss ? &*loss : nullptr);
  std::string body;
  for (const PytorchClass& each : classes) body += class_text(each);
  training.imports.insert({"import torch", "from torch import nn"});
  if (body.find("F.") != std::string::npos) training.imports.insert("import torch.nn.functional as F");
  return {what_is_left(training.gaps) + import_lines(training.imports) + body + training.code, training.gaps};
}

}  // namespace orrery
