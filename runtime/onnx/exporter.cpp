#include "runtime/onnx/exporter.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/onnx/element_bytes.h"
#include "runtime/onnx/export_size.h"
#include "runtime/onnx/export_table.h"
#include "runtime/onnx/literal.h"

namespace orrery {
namespace {

// The IR version that came with each operator set. Source: onnx.helper.VERSION_TABLE of ONNX 1.18.
std::int64_t ir_version_of(std::int64_t opset) {
  return opset < 15 ? 7 : opset < 19 ? 8 : opset < 21 ? 9 : 10;
}

bool is_label(const Value& value) {
  const InputSpec* spec = value.node->input_spec();
  return spec && spec->fields[static_cast<std::size_t>(value.output)].label;
}

// The nodes that a label leads to: they judge the model and are no part of it.
std::set<const Node*> judges_of(const Graph& graph) {
  std::set<const Node*> nodes;
  for (const auto& node : graph.nodes()) {
    const bool judges = std::ranges::any_of(node->inputs(), [&](const Value& input) {
      return input && (nodes.contains(input.node) || is_label(input));
    });
    if (judges) nodes.insert(node.get());
  }
  return nodes;
}

OnnxType declared(const TensorType& type) {
  OnnxType made{.kind = OnnxType::Kind::tensor, .dtype = onnx_dtype(type.dtype)};
  std::vector<OnnxDim> shape;
  for (const Dim& dim : type.shape) {
    if (dim.known())
      shape.push_back({.size = dim.value()});
    else
      shape.push_back({.symbol = dim.str()});
  }
  made.shape = std::move(shape);
  return made;
}

}  // namespace

OnnxExporter::OnnxExporter(const Graph& graph, const OnnxExportOptions& options)
    : graph_(graph), options_(options) {
  check(options.opset >= OnnxExportOptions::kOldest && options.opset <= OnnxExportOptions::kNewest,
        Fault::usage, "ONNX is written with the operator sets {} to {}, got {}", OnnxExportOptions::kOldest,
        OnnxExportOptions::kNewest, options.opset);
  for (const Graph::Entry& entry : graph.state(nullptr, true))
    keys_.try_emplace(entry.parameter.get(), entry.key);
}

OnnxExport OnnxExporter::write() {
  OnnxModel& model = made_.model;
  model.ir_version = ir_version_of(options_.opset);
  model.opsets[""] = options_.opset;
  model.producer = "Orrery";
  model.graph.name = graph_.name();
  choose_results();
  choose_nodes();
  write_inputs();
  for (const auto& node : graph_.nodes())
    if (chosen_.contains(node.get())) write_node(*node);
  check_all_said();
  name_outputs();
  sort_initializers();
  return std::move(made_);
}

void OnnxExporter::choose_results() {
  for (const Use& use : graph_.uses()) {
    if (use.kind == Use::Kind::output)
      results_.emplace_back(use.name.empty() ? use.value.node->name() : use.name, use.value);
  }
  if (!results_.empty()) return;
  const std::set<const Node*> judges = judges_of(graph_);
  for (const auto& node : graph_.nodes()) {
    if (judges.contains(node.get()) || node->kind() == Node::Kind::input) continue;
    const int count = static_cast<int>(node->outputs().size());
    for (int i = 0; i < count; ++i) {
      const Value value = node->output(i);
      const bool is_read = std::ranges::any_of(
          graph_.readers(value), [&](const Graph::Reader& reader) { return !judges.contains(reader.node); });
      const bool is_side = i > 0 && graph_.readers(node->output(0)).empty();
      if (!is_read && (i == 0 || is_side))
        results_.emplace_back(count == 1 ? node->name() : node->name() + "_" + node->output_name(i), value);
    }
  }
  check(!results_.empty(), Fault::check, "graph '{}' has no results that could be written", graph_.name());
}

void OnnxExporter::choose_nodes() {
  std::vector<const Node*> next;
  for (const auto& [name, value] : results_) next.push_back(value.node);
  while (!next.empty()) {
    const Node* node = next.back();
    next.pop_back();
    if (!chosen_.insert(node).second) continue;
    for (const Value& input : node->inputs())
      if (input) next.push_back(input.node);
  }
}

void OnnxExporter::write_inputs() {
  const Node* input = graph_.input_node();
  if (!input || !chosen_.contains(input)) return;
  std::set<int> read;
  for (const Node* node : chosen_)
    for (const Value& value : node->inputs())
      if (value && value.node == input) read.insert(value.output);
  for (const auto& [name, value] : results_)
    if (value.node == input) read.insert(value.output);
  for (const int output : read) {
    const std::string name = input->output_name(output);
    taken_[name] = 1;
    made_.model.graph.inputs.push_back({name, declared(input->outputs()[static_cast<std::size_t>(output)])});
    give(*input, output, name);
  }
}

void OnnxExporter::write_node(const Node& node) {
  if (node.kind() == Node::Kind::input) return;
  OnnxExportCall call(*this, node);
  try {
    if (node.kind() == Node::Kind::constant) {
      if (node.state()) OnnxExportCall::refuse("what it carries from step to step is lost in an ONNX model");
      return call.give(initializer(node.constant()));
    }
    const std::string& operation = node.descriptor()->name;
    if (!onnx_export_table().has(operation)) OnnxExportCall::refuse("ONNX has no operators for it");
    if (node.layer() && !node.layer()->parametrizations().empty())
      OnnxExportCall::refuse("its tensors are computed from others: remove its parametrizations first");
    onnx_export_table().write(operation, call);
  } catch (const OnnxUnsaid& unsaid) {
    const std::string site = node.origin().site.known() ? fmt::format(" ({})", node.origin().site.str()) : "";
    faults_.push_back(fmt::format("{} ({}){}: {}", node.path(), node.operation(), site, unsaid.reason));
    for (int i = 0; i < static_cast<int>(node.outputs().size()); ++i) names_[{node.id(), i}] = "?";
  }
}

void OnnxExporter::check_all_said() const {
  if (faults_.empty()) return;
  throw Error(
      Fault::check,
      fmt::format("ONNX with operator set {} cannot say:\n  {}", options_.opset, fmt::join(faults_, "\n  ")),
      {}, "Leave these out of the graph that is written.");
}

std::string OnnxExporter::name_of(const Value& value) const {
  return names_.at({value.node->id(), value.output});
}

OnnxNames OnnxExporter::add(const Node* from, const std::string& operation, OnnxNames inputs, OnnxGiven given,
                            int outputs) {
  const std::string wanted = (from ? "/" + from->path() : std::string()) + "/" + operation;
  const int count = taken_[wanted]++;
  OnnxNode node{.name = count == 0 ? wanted : fmt::format("{}_{}", wanted, count), .operation = operation};
  while (!inputs.empty() && inputs.back().empty()) inputs.pop_back();
  node.inputs = std::move(inputs);
  for (int i = 0; i < outputs; ++i) node.outputs.push_back(fmt::format("{}_output_{}", node.name, i));
  node.attributes = std::move(given);
  made_.model.graph.nodes.push_back(node);
  return node.outputs;
}

void OnnxExporter::give(const Node& node, int output, std::string name) {
  names_[{node.id(), output}] = std::move(name);
  known_.push_back({const_cast<Node*>(&node), output});
}

const std::string& OnnxExporter::key_of(const ParameterPtr& parameter) const {
  return keys_.at(parameter.get());
}

std::string OnnxExporter::initializer(const ParameterPtr& parameter) {
  const std::string& key = key_of(parameter);
  return initializer(key, parameter->dtype, values(parameter->shape), {{{parameter, key, 0, 0}}});
}

std::string OnnxExporter::initializer(std::string name, DType dtype, std::vector<std::int64_t> shape,
                                      OnnxWeight weight) {
  if (made_.weights.emplace(name, std::move(weight)).second) {
    OnnxTensor tensor{.name = name, .dtype = onnx_dtype(dtype), .shape = std::move(shape)};
    made_.model.graph.initializers.push_back(std::move(tensor));
  }
  return name;
}

std::string OnnxExporter::constant(DType dtype, std::vector<std::int64_t> shape, Bytes elements) {
  const std::string key =
      fmt::format("{} {} {}", name(dtype), fmt::join(shape, ","), std::string(elements.text()));
  const auto known = constants_.find(key);
  if (known != constants_.end()) return known->second;
  OnnxTensor tensor{.dtype = onnx_dtype(dtype), .shape = std::move(shape)};
  tensor.place = OnnxTensor::Place::typed;
  tensor.bytes = std::make_shared<const std::string>(elements.text());
  OnnxAttribute value{.name = "value", .kind = OnnxAttribute::Kind::tensor};
  value.tensors.push_back(std::move(tensor));
  return constants_[key] = add(nullptr, "Constant", {}, {value}, 1)[0];
}

std::optional<std::string> OnnxExporter::size(const Node& from, const Dim& size) {
  if (size.known()) return constant(DType::int64, {1}, bytes_of_integers(DType::int64, {size.value()}));
  const auto known = sizes_.find(size.str());
  if (known != sizes_.end()) return known->second;
  std::optional<std::string> name = told_size(from, size);
  if (!name) {
    const OnnxSizeMaking making{
        // A symbol that nobody tells is not looked for in itself again.
        [&](const Dim& part) { return part == size ? std::nullopt : this->size(from, part); },
        [&](const std::string& operation, const std::string& left, const std::string& right) {
          return add(&from, operation, {left, right}, {}, 1)[0];
        }};
    name = onnx_size(size.str(), making);
  }
  if (name) sizes_[size.str()] = *name;
  return name;
}

// A size that some value has: the inputs come first, so that nothing is computed for it.
std::optional<std::string> OnnxExporter::told_size(const Node& from, const Dim& size) {
  for (const Value& value : known_) {
    const Shape& shape = value.shape();
    const auto at = std::ranges::find(shape, size);
    if (at == shape.end()) continue;
    const std::string all = add(&from, "Shape", {name_of(value)}, {}, 1)[0];
    const std::string place =
        constant(DType::int64, {1}, bytes_of_integers(DType::int64, {at - shape.begin()}));
    return add(&from, "Gather", {all, place}, {onnx_integer("axis", 0)}, 1)[0];
  }
  return std::nullopt;
}

// A result is called as the graph calls it; one that is an input, a weight or another result gets a copy.
void OnnxExporter::name_outputs() {
  OnnxGraph& graph = made_.model.graph;
  std::map<std::string, std::string> renamed;
  std::set<std::string> produced, used;
  for (const OnnxNode& node : graph.nodes) produced.insert(node.outputs.begin(), node.outputs.end());
  for (const OnnxValue& input : graph.inputs) used.insert(input.name);
  for (const OnnxTensor& tensor : graph.initializers) used.insert(tensor.name);
  for (const auto& [wanted, value] : results_) {
    std::string name = wanted;
    for (int n = 2; used.contains(name) || produced.contains(name); ++n)
      name = fmt::format("{}_{}", wanted, n);
    used.insert(name);
    const std::string& made = name_of(value);
    if (!produced.contains(made) || !renamed.emplace(made, name).second) {
      add(nullptr, "Identity", {made}, {}, 1);
      graph.nodes.back().outputs = {name};
    }
    graph.outputs.push_back({name, declared(value.type())});
  }
  const auto rename = [&](std::vector<std::string>& names) {
    for (std::string& name : names)
      if (const auto found = renamed.find(name); found != renamed.end()) name = found->second;
  };
  for (OnnxNode& node : graph.nodes) rename(node.inputs), rename(node.outputs);
  std::set<std::string> told;
  for (const Value& value : known_) {
    const std::string& name = name_of(value);
    if (produced.contains(name) && !renamed.contains(name) && told.insert(name).second)
      graph.values.push_back({name, declared(value.type())});
  }
}

// As the graph lists its state.
void OnnxExporter::sort_initializers() {
  std::map<std::string, std::size_t> places;
  for (const Graph::Entry& entry : graph_.state(nullptr, true)) places.try_emplace(entry.key, places.size());
  std::ranges::stable_sort(made_.model.graph.initializers, {}, [&](const OnnxTensor& tensor) {
    return places.at(made_.weights.at(tensor.name).rows.front().key);
  });
}

OnnxExport export_onnx(const Graph& graph, const OnnxExportOptions& options) {
  return OnnxExporter(graph, options).write();
}

}  // namespace orrery
