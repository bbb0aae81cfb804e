#include "runtime/codegen/keras.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/block_functions.h"
#include "runtime/codegen/judging.h"
#include "runtime/codegen/keras_calls.h"
#include "runtime/codegen/keras_helpers.h"
#include "runtime/codegen/keras_names.h"
#include "runtime/codegen/python_lines.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

void require_keras(const Graph& graph, const std::set<const Node*>& judging) {
  std::vector<std::string> faults;
  const TensorOwners owners(graph);
  const std::vector<Value> values = graph_values(graph);
  std::size_t before = 0;
  for (const auto& node : graph.nodes()) {
    const std::span known(values.data(), before);
    before += node->outputs().size();
    if (judging.contains(node.get())) continue;
    if (const auto reason = without_keras(*node, owners, known))
      faults.push_back(fmt::format("{} ({}{}): {}", node->path(), node->operation(),
                                   node->origin().site.file.empty() ? "" : ", " + node->origin().site.str(),
                                   *reason));
  }
  if (!graph.input_node()) faults.push_back("a graph without an input");
  if (faults.empty()) return;
  throw Error(Fault::check, fmt::format("Keras' code cannot say:\n  {}", fmt::join(faults, "\n  ")), {},
              "Leave these out of the graph that is written.");
}

// The model is made of its inputs at the end, when their names may be those of what flows through it.
std::string kept_name(const std::string& field) {
  return field == "x" || field == "out" ? "input_" + field : field;
}

class Keras : public FunctionLanguage {
 public:
  explicit Keras(const KerasNames& names) : names_(names) {}

  CodeCall call(const Node& node, const CallScope& scope) const override { return keras_call(node, scope); }
  CodeCall layer(const Node& node, const CallScope& scope) const override { return keras_layer(node, scope); }
  std::string targets(const Node& node, const std::vector<std::string>& names) const override {
    return keras_targets(node, names);
  }
  std::optional<CodeStatement> input(const Value& field, const std::string& name) const override {
    const std::string kept = kept_name(name);
    return CodeStatement{kept == name ? name : kept + " = " + name, keras_input(field, name)};
  }
  std::string name_of(const Node& node, const Block& outer) const override { return names_.of(node, outer); }
  std::string name_of(const Block& block, const Block& outer) const override {
    return names_.of(block, outer);
  }
  bool name_stands_first() const override { return false; }

 private:
  const KerasNames& names_;
};

// A statement with the number that its layer's name ends with: `…, name="layer1-3")`.
struct NumberedStatement {
  std::string before, behind;
  int number = 0;
};

std::optional<NumberedStatement> numbered_statement(const std::string& statement) {
  const std::size_t name = statement.rfind("name=");
  if (name == std::string::npos || statement.find(" = ") == std::string::npos) return std::nullopt;
  const std::size_t close = statement.find('"', statement.find('"', name) + 1);
  std::size_t begin = close;
  while (std::isdigit(static_cast<unsigned char>(statement[begin - 1])) != 0) --begin;
  if (begin == close || close - begin > 6 || statement[begin - 1] != '-') return std::nullopt;
  NumberedStatement found{statement.substr(0, begin), statement.substr(close)};
  std::from_chars(statement.data() + begin, statement.data() + close, found.number);
  if (statement[name + 5] != 'f') found.before.insert(name + 5, "f");
  return found;
}

// How many statements from `first` on are the same but for numbers that follow each other.
std::size_t run_length(const std::vector<std::string>& statements, std::size_t first) {
  const auto begin = numbered_statement(statements[first]);
  if (!begin) return 1;
  std::size_t length = 1;
  for (; first + length < statements.size(); ++length) {
    const auto next = numbered_statement(statements[first + length]);
    const bool follows = next && next->before == begin->before && next->behind == begin->behind &&
                         next->number == begin->number + static_cast<int>(length);
    if (!follows) break;
  }
  return length;
}

// Three equal statements and more are a loop.
std::string body(const std::vector<std::string>& statements) {
  constexpr std::size_t kSeveral = 3;
  std::string text;
  for (std::size_t at = 0; at < statements.size();) {
    const std::size_t length = run_length(statements, at);
    if (length < kSeveral) {
      text += python_statement(statements[at++], 1);
      continue;
    }
    const NumberedStatement first = *numbered_statement(statements[at]);
    const int end = first.number + static_cast<int>(length);
    text += python_statement(first.number == 0 ? fmt::format("for i in range({}):", end)
                                               : fmt::format("for i in range({}, {}):", first.number, end),
                             1);
    text += python_statement(first.before + "{i}" + first.behind, 2);
    at += length;
  }
  return text;
}

// What is made last is returned at once, unless a loop makes it.
std::string with_result(std::vector<std::string> statements, const std::string& result) {
  const bool is_loop = statements.size() > 2 && run_length(statements, statements.size() - 3) == 3;
  if (!statements.empty() && !is_loop && statements.back().starts_with(result + " = "))
    statements.back() = "return " + statements.back().substr(result.size() + 3);
  else
    statements.push_back("return " + result);
  return body(statements);
}

std::vector<std::string> lines_of(const BlockFunction& function) {
  std::vector<std::string> lines;
  for (const CodeStatement& statement : function.statements)
    lines.push_back(fmt::format("{} = {}", statement.targets, python_call(statement.call)));
  return lines;
}

std::string block_text(const BlockFunction& function) {
  std::vector<std::string> words = function.values;
  std::ranges::copy(function.made, std::back_inserter(words));
  for (const CodeParameter& parameter : function.parameters)
    if (!parameter.usual) words.push_back(parameter.name);
  if (function.is_named) words.emplace_back("name");
  for (const CodeParameter& parameter : function.parameters)
    if (parameter.usual) words.push_back(parameter.name + "=" + *parameter.usual);
  return "\n\n" + python_statement(fmt::format("def {}({}):", function.name, fmt::join(words, ", ")), 0) +
         with_result(lines_of(function), fmt::format("{}", fmt::join(function.results, ", ")));
}

std::string one_or_list(const std::vector<std::string>& names) {
  return names.size() == 1 ? names[0] : fmt::format("[{}]", fmt::join(names, ", "));
}

std::string model_text(const BlockFunction& function) {
  std::vector<std::string> lines = lines_of(function), inputs;
  for (const std::string& value : function.values) inputs.push_back(kept_name(value));
  lines.push_back(fmt::format("return keras.Model({}, {}, name=\"{}\")", one_or_list(inputs),
                              one_or_list(function.results), function.name));
  return fmt::format("\n\ndef {}():\n", function.name) + body(lines);
}

// Where a name with dots is not the key.
std::string keys_text(const KerasNames& names) {
  if (names.keys().empty()) return {};
  std::string text = "\n\nKEYS = {\n";
  for (const auto& [name, key] : names.keys())
    text += fmt::format("    {}: {},\n", python_text(name), python_text(key));
  return text + "}\n";
}

bool has_weights(const Graph& graph) { return !graph.state(nullptr, true).empty(); }

std::string head(const std::string& text, bool loads) {
  std::string head = "import keras\n";
  if (text.find("np.") != std::string::npos) head += "import numpy as np\n";
  const bool has_layers = text.find("layers.") != std::string::npos;
  const bool has_ops = text.find("ops.") != std::string::npos;
  if (has_layers || has_ops)
    head += fmt::format("from keras import {}{}{}\n", has_layers ? "layers" : "",
                        has_layers && has_ops ? ", " : "", has_ops ? "ops" : "");
  return head + (loads ? "from safetensors.numpy import load_file\n" : "");
}

}  // namespace

std::string keras_code(const Graph& graph) {
  const std::set<const Node*> judging = judging_nodes(graph);
  require_keras(graph, judging);
  const ModuleTree tree(graph, [&](const Node& node) { return !judging.contains(&node); });
  std::set<std::string> taken = keras_helper_names(), helpers;
  taken.insert({"keras", "layers", "ops", "np", "name", "i", "load_file", "model", "input_x", "input_out"});
  PythonNames free(taken);
  const std::string name = free.add(graph.name());
  const KerasNames names(graph);
  std::string functions;
  for (const BlockFunction& function : block_functions(tree, Keras(names), name, taken, helpers))
    functions += function.block->parent() ? block_text(function) : model_text(function);
  const bool loads = has_weights(graph);
  if (loads) helpers.insert("load_weights");
  if (loads && !names.keys().empty()) helpers.insert("KEYS");
  std::string text = keras_helpers(helpers);
  const std::size_t loader = std::min(text.find("\n\n# What a saved model calls"), text.size());
  text = text.substr(0, loader) + functions + (loads ? keys_text(names) : "") + text.substr(loader);
  return head(text, loads) + text;
}

}  // namespace orrery
