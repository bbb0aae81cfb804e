#include "runtime/vizml/read.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/core/strict_json.h"
#include "runtime/ops/operations.h"
#include "runtime/vizml/document.h"
#include "runtime/vizml/rules.h"
#include "runtime/vizml/run.h"
#include "runtime/vizml/tensors.h"

namespace orrery {
namespace {

using namespace vizml_port;

// The batch of the digits is told by the run.
const char* kBatchSymbol = "N";

class VizmlBuilder {
 public:
  VizmlBuilder(const VizmlDocument& document, Runtime& runtime, std::string name, const std::string& folder,
               const FileSystem& files)
      : document_(document),
        runtime_(runtime),
        graph_(std::make_unique<Graph>(std::move(name))),
        run_(std::make_shared<VizmlRun>()),
        folder_(folder),
        files_(files) {}

  std::unique_ptr<Graph> build() {
    homes_.assign(document_.nodes.size(), &graph_->root());
    outputs_.resize(document_.nodes.size());
    layers_.resize(document_.nodes.size());
    incoming_.resize(document_.nodes.size());
    for (const VizmlLink& link : document_.links) sort_in(link);
    for (const VizmlBlock& block : document_.blocks) make_block(block);
    for (const size_t place : vizml_order(document_)) {
      graph_->reenter_block(*homes_[place]);
      outputs_[place] = make_node(place);
      graph_->leave_block();
    }
    read_governors();
    freeze_others();
    mark_results();
    graph_->attach(run_);
    graph_->update_gradients();
    return std::move(graph_);
  }

 private:
  const VizmlNode& node(size_t place) const { return document_.nodes[place]; }

  void sort_in(const VizmlLink& link) {
    incoming_[link.to].push_back(&link);
    if (node(link.to).kind->type == VizmlType::optimizer && link.to_port == kInput)
      updated_.insert(link.from);
  }

  // One of optimizers and monitors alone is none of the graph's.
  void make_block(const VizmlBlock& block) {
    if (std::ranges::none_of(block.nodes, [&](size_t place) { return node(place).kind->in_graph(); })) return;
    Block& made = graph_->begin_block(block.name);
    graph_->end_block();
    for (const size_t place : block.nodes) homes_[place] = &made;
  }

  std::vector<Value> make_node(size_t place) {
    const VizmlNode& node = this->node(place);
    switch (node.kind->type) {
      case VizmlType::input: return make_input(node);
      case VizmlType::constant: return {make_constant(node, updated_.contains(place))};
      case VizmlType::layer: return {make_layer(place)};
      default: return {make_transform(place)};
    }
  }

  // What lies at an input port, in the order of the links.
  std::vector<Value> linked(size_t place, int port) const {
    std::vector<Value> values;
    for (const VizmlLink* link : incoming_[place])
      if (link->to_port == port) values.push_back(value_of(*link));
    return values;
  }

  Value value_of(const VizmlLink& link) const {
    return outputs_[link.from][link.from_port == kLabel ? 1 : 0];
  }

  // Input and constants.

  std::vector<Value> make_input(const VizmlNode& node) {
    InputSpec spec;
    if (node.kind->node == "MNIST") {
      const Dim batch = Dim::symbol(kBatchSymbol);
      spec.fields = {{"image", {{batch, 1, 28, 28}}}, {"label", {{batch}, DType::int64}, true}};
    } else {
      const TensorType type = type_of(node);
      check(!type.shape.empty(), Fault::input_file, "{}: an input needs a batch, got a single number",
            node.str());
      spec.fields = {{node.kind->node == "ImageTensor" ? "image" : "tensor", type}};
      spec.length = type.shape[0].value();
    }
    std::vector<Value> values = graph_->input(std::move(spec), {}, node.name);
    run_->tensors.insert(run_->tensors.begin(), {node.kind->node, node.options, values[0]});
    return values;
  }

  Value make_constant(const VizmlNode& node, bool updated) {
    const TensorType type = type_of(node);
    Init init = Init::zeros();
    if (node.kind->node == "RandomTensor") init = Init::normal(0, 1);
    if (node.kind->node == "ConstantTensor") init = Init::constant(node.options.real("value"));
    const Value value = make_free(node.name, type, init, updated);
    run_->tensors.push_back({node.kind->node, node.options, value});
    return value;
  }

  Value make_free(const std::string& name, const TensorType& type, const Init& init, bool trained = false) {
    auto tensor = std::make_shared<Parameter>();
    tensor->name = name;
    tensor->shape = type.shape;
    tensor->dtype = type.dtype;
    tensor->init = init;
    tensor->trainable = trained;
    return graph_->constant(runtime_.make_free(std::move(tensor)), {}, name);
  }

  TensorType type_of(const VizmlNode& node) const { return vizml_tensor_type(node, folder_, files_); }

  // Layers and transforms.

  Value make_layer(size_t place) {
    const VizmlNode& node = this->node(place);
    const Descriptor& descriptor = operations().get(node.kind->operation);
    std::vector<Attributes::Entry> given;
    for (const Attributes::Entry& entry : node.options.entries())
      if (entry.name != "import_layer" && !std::holds_alternative<std::monostate>(entry.value))
        given.push_back(entry);
    layers_[place] = layer_for(node, descriptor, checked_attributes(descriptor.attributes, given));
    std::vector<Value> inputs{linked(place, kInput)};
    if (node.kind->has_port(kSecond)) inputs.push_back(linked(place, kSecond)[0]);
    return graph_->apply(layers_[place], std::move(inputs), {}, node.name)[0];
  }

  LayerPtr layer_for(const VizmlNode& node, const Descriptor& descriptor, Attributes attributes) {
    if (!node.options.has("import_layer")) return new_layer(node, descriptor, std::move(attributes));
    const std::string& name = node.options.text("import_layer");
    LayerPtr& layer = run_->imported[name];
    if (!layer) return layer = new_layer(node, descriptor, std::move(attributes));
    check(&layer->descriptor() == &descriptor && layer->given() == attributes, Fault::input_file,
          "{}: 'import_layer' is '{}' as of {}, whose options are others", node.str(), name, layer->name());
    return layer;
  }

  LayerPtr new_layer(const VizmlNode& node, const Descriptor& descriptor, Attributes attributes) {
    LayerPtr layer = runtime_.make_layer(descriptor, std::move(attributes), {});
    layer->set_name(node.name);
    return layer;
  }

  Value make_transform(size_t place) {
    const VizmlNode& node = this->node(place);
    const std::vector<Value> inputs = linked(place, kInput);
    const Attributes& options = node.options;
    if (node.kind->node == "Adder") return add_up(node, place);
    if (node.kind->node == "Normalize") return normalize(node, inputs[0]);
    if (node.kind->node == "GetGramMatrix") return gram_matrix(node, inputs[0]);
    if (node.kind->node == "Flatten")
      return apply("flatten", inputs, node.name,
                   {{"start_dim", options.integer("start_dim")}, {"end_dim", options.integer("end_dim")}});
    if (node.kind->node == "ClampData")
      return apply("clamp", inputs, node.name, {{"min", options.real("min")}, {"max", options.real("max")}});
    return apply("detach", inputs, node.name);
  }

  Value apply(const std::string& operation, std::vector<Value> inputs, const std::string& name = {},
              const std::vector<Attributes::Entry>& options = {}) {
    const Descriptor& descriptor = operations().get(operation);
    return graph_->apply(descriptor, checked_attributes(descriptor.attributes, options), std::move(inputs),
                         {}, name)[0];
  }

  Value add_up(const VizmlNode& node, size_t place) {
    std::vector<Value> terms = linked(place, kInput);
    std::ranges::copy(linked(place, kSecond), std::back_inserter(terms));
    if (terms.size() == 1) return terms[0];
    if (terms.size() == 2) return apply("add", terms, node.name);
    graph_->begin_block(node.name);
    Value sum = terms[0];
    for (size_t i = 1; i < terms.size(); ++i) sum = apply("add", {sum, terms[i]});
    graph_->end_block();
    return sum;
  }

  // (x − mean) ÷ std of each channel.
  Value normalize(const VizmlNode& node, const Value& image) {
    const Shape& shape = image.shape();
    check(shape.size() >= 3, Fault::input_file, "{} normalizes the channels of images, got {}", node.str(),
          str(shape));
    graph_->begin_block(node.name);
    const Value mean = channel_numbers(node, "mean", shape), std = channel_numbers(node, "std", shape);
    const Value result = apply("div", {apply("sub", {image, mean}), std});
    graph_->end_block();
    return result;
  }

  Value channel_numbers(const VizmlNode& node, const std::string& option, const Shape& image) {
    const std::vector<double>& numbers = node.options.reals(option);
    const Dim& channels = image[image.size() - 3];
    check(channels == Dim(static_cast<std::int64_t>(numbers.size())), Fault::input_file,
          "{}: '{}' has {} numbers for {} channels", node.str(), option, numbers.size(), channels.str());
    const Value value =
        make_free(option, {{static_cast<std::int64_t>(numbers.size()), 1, 1}, DType::float32}, Init::zeros());
    run_->tensors.push_back({"Normalize", node.options, value, numbers});
    return value;
  }

  // Features (a, b, c, d) as a·b rows of c·d; each pair's product over a·b·c·d.
  Value gram_matrix(const VizmlNode& node, const Value& features) {
    const Shape& shape = features.shape();
    check(shape.size() == 4, Fault::input_file, "{} takes features of 4 dimensions, got {}", node.str(),
          str(shape));
    const Dim elements = numel(shape);
    check(elements.known(), Fault::input_file, "{} takes features of a known size, got {}", node.str(),
          str(shape));
    graph_->begin_block(node.name);
    const Value rows =
        apply("view", {features}, {}, {{"shape", Shape{shape[0] * shape[1], shape[2] * shape[3]}}});
    const Value products = apply("mm", {rows, apply("t", {rows})});
    const Value result = apply("div", {products, {}}, {}, {{"other", elements.value()}});
    graph_->end_block();
    return result;
  }

  // Governors.

  void read_governors() {
    for (size_t place = 0; place < document_.nodes.size(); ++place) {
      const VizmlNode& node = this->node(place);
      if (node.kind->type == VizmlType::optimizer) run_->updates.push_back(update(place));
      if (node.kind->node == "MonitorFinal") run_->manager = node.options;
      if (node.kind->node != "MonitorSaver") continue;
      run_->saved.push_back({node.name, node.options.text("path"), linked(place, kInput)[0]});
    }
  }

  VizmlRun::Update update(size_t place) {
    const VizmlNode& node = this->node(place);
    VizmlRun::Update made{.name = node.name, .kind = node.kind->node, .options = node.options};
    made.loss = linked(place, kSecond)[0];
    std::set<const Layer*> taken;  // imported ones may stand at several places
    for (const VizmlLink* link : incoming_[place]) {
      if (link->to_port != kInput) continue;
      const LayerPtr& layer = layers_[link->from];
      if (!layer)
        made.leaves.push_back(value_of(*link));
      else if (taken.insert(layer.get()).second)
        made.layers.push_back(layer);
    }
    trained_.merge(taken);
    return made;
  }

  void freeze_others() {
    if (run_->updates.empty()) return;
    for (const LayerPtr& layer : graph_->layers())
      if (!trained_.contains(layer.get())) layer->set_trainable(false);
  }

  void mark_results() {
    for (const VizmlRun::Update& update : run_->updates) graph_->use({Use::Kind::loss, update.loss, ""});
    for (const VizmlRun::Saved& saved : run_->saved) graph_->use({Use::Kind::saved, saved.value, ""});
    std::set<const Node*> used;
    for (const Use& use : graph_->uses()) used.insert(use.value.node);
    for (const auto& node : graph_->nodes())
      for (const Value& input : node->inputs())
        if (input) used.insert(input.node);
    for (const auto& node : graph_->nodes())
      if (node->descriptor() && !used.contains(node.get()))
        graph_->use({Use::Kind::output, node->output(), ""});
  }

  const VizmlDocument& document_;
  Runtime& runtime_;
  std::unique_ptr<Graph> graph_;
  std::shared_ptr<VizmlRun> run_;
  const std::string& folder_;
  const FileSystem& files_;
  std::vector<Block*> homes_;
  std::vector<std::vector<Value>> outputs_;
  std::vector<LayerPtr> layers_;
  std::vector<std::vector<const VizmlLink*>> incoming_;  ///< of each node, in their order
  std::set<size_t> updated_;                             ///< nodes that an optimizer updates
  std::set<const Layer*> trained_;
};

// `runs/mnist.json` → `mnist`
std::string name_of_file(const std::string& what) {
  std::string name;
  for (const char c : what)
    if (c != '\'') name += c;
  name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  name = name.substr(0, name.rfind('.'));
  return name.empty() ? "vizml" : name;
}

void require_rules(const VizmlDocument& document) {
  const std::vector<std::string> broken = broken_vizml_rules(document);
  check(broken.empty(), Fault::input_file, "{} of VizML's rules {} broken:\n  {}", broken.size(),
        broken.size() == 1 ? "is" : "are", fmt::join(broken, "\n  "));
}

}  // namespace

const VizmlRun* vizml_run(const Graph& graph) {
  for (const auto& governor : graph.governors())
    if (const auto* run = dynamic_cast<const VizmlRun*>(governor.get())) return run;
  return nullptr;
}

bool is_vizml(std::string_view text) {
  const nlohmann::json root = parse_strict_json(text, "the graph");
  return root.is_object() && root.contains("nodes") && root.contains("links") && !root.contains("format");
}

std::unique_ptr<Graph> read_vizml(std::string_view text, Runtime& runtime, const std::string& what,
                                  const std::string& folder, const FileSystem& files) {
  const VizmlDocument document = parse_vizml(text, what);
  try {
    require_rules(document);
    return VizmlBuilder(document, runtime, name_of_file(what), folder, files).build();
  } catch (const CheckError& error) {
    std::vector<Finding> findings = error.findings();
    for (Finding& finding : findings) finding.message = fmt::format("{}: {}", what, finding.message);
    throw CheckError(std::move(findings));
  } catch (const Error& error) {
    throw Error(Fault::input_file, fmt::format("{}: {}", what, error.message()), {}, error.remedy());
  }
}

}  // namespace orrery
