#include "runtime/formats/keras_model.h"

#include <set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/strict_json.h"

namespace orrery {
namespace {

using nlohmann::json;

constexpr std::size_t kMostLayers = std::size_t{1} << 14;

const std::set<std::string, std::less<>> kModels = {"Sequential", "Functional", "Model"};

// `["conv1", 0, 0]`, with more behind it in Keras 2.
bool is_reference(const json& value) {
  return value.is_array() && value.size() >= 3 && value[0].is_string() && value[1].is_number_integer() &&
         value[2].is_number_integer();
}

KerasSource reference(const json& value) {
  return {value[0].get<std::string>(), value[1].get<std::int64_t>(), value[2].get<std::int64_t>()};
}

bool is_tensor(const json& value) {
  return value.is_object() && value.value("class_name", "") == "__keras_tensor__";
}

// All sources in a value, in their order: one, a list, or (of Keras 3) a tree of lists and names.
void gather_sources(const json& value, const std::string& argument, std::vector<KerasSource>& sources) {
  if (is_tensor(value)) {
    sources.push_back(reference(value.at("config").at("keras_history")));
    sources.back().argument = argument;
  } else if (is_reference(value)) {
    sources.push_back(reference(value));
    sources.back().argument = argument;
  } else if (value.is_number()) {
    sources.push_back({.layer = {}, .number = value.get<double>(), .argument = argument});
  } else if (value.is_array() || value.is_object()) {
    for (const json& item : value) gather_sources(item, argument, sources);
  }
}

// Numbers among the arguments by name are options of the call, such as `training`.
void gather_named(const json& arguments, std::vector<KerasSource>& sources) {
  for (const auto& [name, value] : arguments.items()) {
    const bool holds_tensor = is_tensor(value) || is_reference(value) || value.is_array();
    const bool is_operand = name == "y" && value.is_number();
    if (holds_tensor || is_operand) gather_sources(value, name, sources);
  }
}

std::vector<KerasSource> call_of(const json& node) {
  std::vector<KerasSource> sources;
  if (node.is_object()) {  // Keras 3
    gather_sources(node.at("args"), {}, sources);
    gather_named(node.at("kwargs"), sources);
    return sources;
  }
  if (is_reference(node)) return {reference(node)};
  for (const json& source : node) {
    check(is_reference(source), Fault::input_file, "a link is no [layer, call, output]");
    sources.push_back(reference(source));
    if (source.size() > 3 && source[3].is_object()) gather_named(source[3], sources);
  }
  return sources;
}

KerasModel model_of(const json& value);

KerasLayer layer_of(const json& value) {
  KerasLayer layer{.kind = value.at("class_name").get<std::string>(), .options = value.at("config")};
  layer.name = value.contains("name") ? value.at("name").get<std::string>() : layer.options.value("name", "");
  if (kModels.contains(layer.kind)) layer.model = std::make_shared<const KerasModel>(model_of(value));
  if (value.contains("inbound_nodes"))
    for (const json& node : value.at("inbound_nodes")) layer.calls.push_back(call_of(node));
  return layer;
}

// The shape that a Sequential model without an input layer was built for, or its first layer's option.
json shape_of_first(const json& config, const json& model) {
  for (const char* key : {"batch_input_shape", "batch_shape"}) {
    const json& first = config.at("layers").empty() ? json::object() : config.at("layers")[0].at("config");
    if (first.contains(key)) return first.at(key);
  }
  if (config.contains("build_input_shape")) return config.at("build_input_shape");
  return model.contains("build_config") ? model.at("build_config").value("input_shape", json()) : json();
}

// Each layer reads the one before.
void read_sequential(const json& value, KerasModel& model) {
  const json& config = value.at("config");
  const json& layers = config.is_array() ? config : config.at("layers");
  const bool begins = !layers.empty() && layers[0].at("class_name") == "InputLayer";
  if (!begins) {
    const json shape = config.is_array() ? json() : shape_of_first(config, value);
    check(shape.is_array(), Fault::input_file, "'{}' does not tell the shape of its input", model.name);
    model.layers.push_back({.kind = "InputLayer", .name = "input", .options = {{"batch_shape", shape}}});
  }
  for (const json& each : layers) {
    KerasLayer layer = layer_of(each);
    if (!model.layers.empty()) layer.calls = {{{model.layers.back().name}}};
    model.layers.push_back(std::move(layer));
  }
  check(!model.layers.empty(), Fault::input_file, "'{}' has no layers", model.name);
  model.inputs = {{model.layers.front().name}};
  model.outputs = {{model.layers.back().name}};
}

KerasModel model_of(const json& value) {
  const json& config = value.at("config");
  KerasModel model{.name = config.is_object() ? config.value("name", "model") : "model"};
  const std::string version = value.value("keras_version", value.contains("module") ? "3" : "2");
  model.first_generation = version.starts_with('1') || version.starts_with('2');
  if (value.at("class_name") == "Sequential") {
    read_sequential(value, model);
    return model;
  }
  check(config.contains("layers") && config.contains("output_layers"), Fault::input_file,
        "'{}' is a {} that Python code defines: its JSON has no layers", model.name,
        value.at("class_name").get<std::string>());
  check(config.at("layers").size() <= kMostLayers, Fault::input_file, "more than {} layers", kMostLayers);
  for (const json& layer : config.at("layers")) model.layers.push_back(layer_of(layer));
  gather_sources(config.at("input_layers"), {}, model.inputs);
  gather_sources(config.at("output_layers"), {}, model.outputs);
  check(!model.outputs.empty(), Fault::input_file, "'{}' has no outputs", model.name);
  return model;
}

}  // namespace

KerasModel read_keras_model(std::string_view text, const std::string& what) {
  const json root = parse_strict_json(text, what);
  try {
    check(root.is_object() && root.contains("class_name") && root.contains("config"), Fault::input_file,
          "no model of Keras");
    const auto kind = root.at("class_name").get<std::string>();
    KerasModel model = model_of(root);
    check(kModels.contains(kind) || !model.layers.empty(), Fault::input_file, "no model of Keras");
    return model;
  } catch (const json::exception& error) {
    throw Error(Fault::input_file, fmt::format("{}: not as Keras writes a model: {}", what, error.what()));
  } catch (const Error& error) {
    if (error.message().starts_with(what)) throw;
    throw Error(error.fault(), fmt::format("{}: {}", what, error.message()), {}, error.remedy());
  }
}

bool is_keras_model(std::string_view text) {
  const std::string_view head = text.substr(0, 4096);
  return head.find("\"class_name\"") != std::string_view::npos &&
         (head.find("\"config\"") != std::string_view::npos);
}

}  // namespace orrery
