#include "runtime/codegen/cpp_calls.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/cpp_form.h"
#include "runtime/codegen/shared_layers.h"
#include "runtime/core/error.h"
#include "runtime/graph/graph.h"

namespace orrery {
namespace {

const CppForm* cpp_form_of(const Node& node) {
  const bool has_weights = node.layer() && !node.layer()->parameters().empty();
  const std::string& name = has_weights ? node.descriptor()->name : operation_to_write(node);
  for (const CppForms* forms : {&cpp_layers(), &cpp_transforms(), &cpp_shapes()}) {
    if (has_weights != (forms == &cpp_layers())) continue;
    const auto found = forms->find(name);
    if (found != forms->end()) return &found->second;
  }
  return nullptr;
}

CodeCall cpp_written(const Node& node, const CallScope& scope) {
  if (node.kind() == Node::Kind::constant) return {"w[" + scope.layer_name + "]"};
  const CppForm* form = cpp_form_of(node);
  if (!form) cpp_refuse("no words for it in C++");
  return (*form)(CppNode(node, scope));
}

bool is_tied_otherwise(const Node& node, const TensorOwners& owners) {
  if (owners.tied_embedding(node)) return false;
  for (const ParameterPtr& tensor : node.layer()->parameters())
    for (const Layer* other : owners.beside(*node.layer(), tensor))
      if (!may_share_table(*node.layer(), *other)) return true;
  return false;
}

}  // namespace

std::string cpp_text(const CodeCall& call) {
  std::size_t count = call.arguments.size();
  while (count > 0 && call.arguments[count - 1].is_usual) --count;
  std::vector<std::string> words;
  for (std::size_t at = 0; at < count; ++at) words.push_back(call.arguments[at].text);
  return fmt::format("{}{}{}", call.head, fmt::join(words, ", "), call.tail);
}

std::optional<std::string> without_cpp(const Node& node, const TensorOwners& owners,
                                       std::span<const Value> before) {
  if (node.state()) return "a state that is carried from step to step";
  if (node.kind() == Node::Kind::input || node.kind() == Node::Kind::constant) return std::nullopt;
  if (node.descriptor()->loop != Descriptor::LoopEnd::none) return "a loop (orrery.scan)";
  if (node.layer() && !node.layer()->parametrizations().empty()) return "a computed weight";
  if (node.layer() && is_tied_otherwise(node, owners)) return "a weight that it shares with another layer";
  const CallScope scope{[](const Value&) { return std::string("x"); }, before, "\"\"", {},
                        owners.tied_embedding(node) ? "x" : "",        nullptr};
  try {
    cpp_written(node, scope);
  } catch (const NotInCpp& fault) {
    return fault.reason;
  }
  return std::nullopt;
}

CodeCall cpp_call(const Node& node, const CallScope& scope) {
  try {
    return cpp_written(node, scope);
  } catch (const NotInCpp& fault) {
    throw Error(Fault::check,
                fmt::format("{} cannot be said in C++ within its block: {}", node.path(), fault.reason));
  }
}

int cpp_results(const Node& node) {
  if (node.kind() == Node::Kind::constant) return 1;
  if (node.descriptor()->name == "MultiheadAttention") return 1;
  return static_cast<int>(node.outputs().size());
}

std::vector<std::string> cpp_operations() {
  std::vector<std::string> names;
  for (const CppForms* forms : {&cpp_layers(), &cpp_transforms(), &cpp_shapes()})
    for (const auto& [name, form] : *forms) names.push_back(name);
  return names;
}

}  // namespace orrery
