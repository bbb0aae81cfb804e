#include "tests/onnx/onnx_one_node.h"

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery::testing {

std::unique_ptr<Graph> imported(OnnxBuilder& model, const std::string& operation,
                                std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes,
                                std::vector<std::string> outputs) {
  for (const std::string& output : outputs)
    if (!output.empty()) model.output(output);
  model.node(operation, std::move(inputs), std::move(outputs), std::move(attributes));
  return model.import();
}

std::string refusal_of(OnnxBuilder& model, const std::string& operation, std::vector<std::string> inputs,
                       std::vector<OnnxAttribute> attributes, std::vector<std::string> outputs) {
  try {
    imported(model, operation, std::move(inputs), std::move(attributes), std::move(outputs));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

std::string operations_in(const Graph& graph) {
  std::string words;
  for (const auto& node : graph.nodes()) {
    if (node->kind() == Node::Kind::input || node->kind() == Node::Kind::constant) continue;
    words += (words.empty() ? "" : ", ") + node->operation();
  }
  return words;
}

std::string option_of(const Graph& graph, const std::string& operation, const std::string& option) {
  for (const auto& node : graph.nodes())
    if (node->operation() == operation) return str(node->attributes().at(option));
  return "no " + operation;
}

std::string result_in(const Graph& graph, std::size_t result) {
  const Value& value = graph.uses().at(result).value;
  return fmt::format("{} {}", name(value.dtype()), str(value.shape()));
}

}  // namespace orrery::testing
