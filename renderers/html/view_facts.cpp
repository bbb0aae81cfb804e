#include <fmt/format.h>

#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"
#include "renderers/html/view_model.h"
#include "runtime/files/read_file.h"
#include "runtime/graph/cost.h"

namespace orrery {
namespace {

constexpr size_t kLongestText = 200;

std::string told(const std::string& text) { return plain_text(text, kLongestText); }

// `N×16×8×8 float32`
ViewJson type_json(const std::string& name, const TensorType& type) {
  return {told(name), shape_text(type.shape), std::string(orrery::name(type.dtype))};
}

ViewJson inputs_of(const Node& node) {
  ViewJson inputs = ViewJson::array();
  for (size_t i = 0; i < node.inputs().size(); ++i)
    if (const Value& value = node.inputs()[i])
      inputs.push_back(type_json(node.port(static_cast<int>(i)).name, value.type()));
  return inputs;
}

ViewJson outputs_of(const Node& node) {
  ViewJson outputs = ViewJson::array();
  for (size_t i = 0; i < node.outputs().size(); ++i)
    outputs.push_back(type_json(node.output_name(static_cast<int>(i)), node.outputs()[i]));
  return outputs;
}

// Those that differ from their default are marked.
ViewJson options_of(const Node& node) {
  ViewJson options = ViewJson::array();
  if (!node.descriptor()) return options;
  for (const Attribute& attribute : node.descriptor()->attributes) {
    const AttributeValue& value = node.attributes().at(attribute.name);
    if (std::holds_alternative<std::monostate>(value)) continue;
    options.push_back(
        {attribute.name, told(str(value)), attribute.required || value != attribute.value ? 1 : 0});
  }
  return options;
}

ViewJson parameter_json(const Parameter& parameter) {
  return {told(parameter.name), shape_text(parameter.shape), std::string(orrery::name(parameter.dtype)),
          parameter.buffer      ? "buffer"
          : parameter.trainable ? "trained"
                                : "frozen"};
}

ViewJson parameters_of(const Node& node) {
  ViewJson parameters = ViewJson::array();
  if (node.is_parameter()) parameters.push_back(parameter_json(*node.constant()));
  if (node.layer())
    for (const ParameterPtr& parameter : node.layer()->parameters())
      parameters.push_back(parameter_json(*parameter));
  return parameters;
}

}  // namespace

int ViewFacts::of(const Node& node) {
  ViewJson fact{{"operation", told(node.operation())}};
  if (node.descriptor()) {
    fact["category"] = std::string(name(node.descriptor()->category));
    fact["doc"] = told(node.descriptor()->doc);
  }
  const auto add = [&](const char* key, ViewJson list) {
    if (!list.empty()) fact[key] = std::move(list);
  };
  add("options", options_of(node));
  add("inputs", inputs_of(node));
  add("outputs", outputs_of(node));
  add("parameters", parameters_of(node));
  if (node.requires_grad()) fact["gradient"] = true;
  const auto [at, is_new] = known_.emplace(fact.dump(), static_cast<int>(facts_.size()));
  if (is_new) facts_.push_back(std::move(fact));
  return at->second;
}

ViewJson ViewSources::of(const Origin& origin) {
  if (!origin.site.known()) return nullptr;
  const auto [at, is_new] = known_.emplace(origin.site.file, static_cast<int>(files_.size()));
  if (is_new) files_.push_back(origin.site.file);
  return {at->second, origin.site.line};
}

ViewJson ViewSources::files() const {
  constexpr std::uint64_t kLargest = 512 << 10;
  ViewJson result = ViewJson::array();
  for (const std::string& file : files_) {
    ViewJson entry{{"file", file}};
    // A graph may come from a saved model or a text without a file: the line alone is told then.
    try {
      entry["text"] = std::string(read_file(file, kLargest).text());
    } catch (const Error&) {
      entry["text"] = nullptr;
    }
    result.push_back(std::move(entry));
  }
  return result;
}

}  // namespace orrery
