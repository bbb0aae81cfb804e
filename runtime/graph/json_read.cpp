#include <algorithm>
#include <map>
#include <queue>
#include <set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/core/strict_json.h"
#include "runtime/graph/json.h"
#include "runtime/graph/json_values.h"
#include "runtime/graph/loops.h"

namespace orrery {
namespace {

using nlohmann::json;

constexpr size_t kMostNodes = size_t{1} << 20;
const std::map<std::string, Use::Kind> kUseKinds = {{"output", Use::Kind::output},
                                                    {"loss", Use::Kind::loss},
                                                    {"metric", Use::Kind::metric},
                                                    {"saved", Use::Kind::saved}};

DType dtype_of(const json& value) {
  auto dtype = dtype_from_name(value.get_ref<const std::string&>());
  check(dtype.has_value(), Fault::input_file, "'{}' is not a dtype", value.get_ref<const std::string&>());
  return *dtype;
}

// A list of an entry; iterating over anything else would take it for a list of one.
const json& list_of(const json& entry, const char* key) {
  static const json kNone = json::array();
  const auto found = entry.find(key);
  if (found == entry.end()) return kNone;
  check(found->is_array(), Fault::input_file, "'{}' is a list, got {}", key, found->type_name());
  return *found;
}

// An empty name would be given one by counting, and what was read would not be what was written.
std::string name_of(const json& entry) {
  auto name = entry.at("name").get<std::string>();
  check(valid_name(name), Fault::input_file,
        "'{}' cannot be a name: it is empty or has a '/' or control characters", name);
  return name;
}

// The shape of data: a size is not negative (which only the options of view and reshape may be).
Shape data_shape(const json& value) {
  Shape shape = shape_from_json(value);
  for (const Dim& dim : shape)
    check(!dim.known() || dim.value() >= 0, Fault::input_file, "a size is negative: {}", str(shape));
  return shape;
}

// The nodes that node i reads, by position in the file.
std::vector<std::vector<size_t>> links_of(const json& nodes) {
  std::vector<std::vector<size_t>> links(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].contains("inputs")) continue;
    for (const json& link : nodes[i].at("inputs")) {
      if (link.is_null()) continue;
      const auto from = link.at(0).get<std::int64_t>();
      check(from >= 0 && static_cast<size_t>(from) < nodes.size(), Fault::input_file,
            "node {} reads node {}, which does not exist", i, from);
      links[i].push_back(static_cast<size_t>(from));
    }
  }
  return links;
}

[[noreturn]] void refuse_cycle(const json& nodes, const std::vector<std::vector<size_t>>& links,
                               const std::vector<size_t>& waiting) {
  // Every waiting node reads a waiting one: walking backwards must come round.
  const auto waits = [&](size_t i) { return waiting[i] > 0; };
  size_t at = std::distance(waiting.begin(), std::ranges::find_if(waiting, [](size_t n) { return n > 0; }));
  std::vector<size_t> walk;
  while (std::ranges::find(walk, at) == walk.end()) {
    walk.push_back(at);
    at = *std::ranges::find_if(links[at], waits);
  }
  std::string text = nodes[at].at("name").get<std::string>();
  for (auto step = walk.rbegin(); *step != at; ++step)
    text += " → " + nodes[*step].at("name").get<std::string>();
  text += " → " + nodes[at].at("name").get<std::string>();
  throw CheckError({{.code = "graph-cycle",
                     .path = text,
                     .message = fmt::format("the graph has a cycle: {}", text),
                     .expected = "an acyclic graph",
                     .got = "a cycle"}});
}

// Positions in an order in which every node comes after what it reads; the file's own where it fits.
std::vector<size_t> order_of(const json& nodes) {
  const auto links = links_of(nodes);
  std::vector<std::vector<size_t>> readers(nodes.size());
  std::vector<size_t> waiting(nodes.size(), 0), order;
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < nodes.size(); ++i) {
    waiting[i] = links[i].size();
    for (size_t from : links[i]) readers[from].push_back(i);
    if (waiting[i] == 0) ready.push(i);
  }
  while (!ready.empty()) {
    const size_t next = ready.top();
    ready.pop();
    order.push_back(next);
    for (size_t reader : readers[next])
      if (--waiting[reader] == 0) ready.push(reader);
  }
  if (order.size() < nodes.size()) refuse_cycle(nodes, links, waiting);
  return order;
}

class Reader {
 public:
  Reader(const json& root, const Registry& registry, Runtime& runtime)
      : root_(root), registry_(registry), runtime_(runtime) {}

  std::unique_ptr<Graph> read() {
    check(root_.is_object() && root_.value("format", "") == "orrery.graph", Fault::input_file,
          "not a graph of Orrery");
    const auto version = root_.at("version").get<std::int64_t>();
    check(version == 1, Fault::input_file, "written by a newer Orrery (graph version {}; this one reads 1)",
          version);
    const json& nodes = root_.at("nodes");
    check(nodes.is_array() && nodes.size() <= kMostNodes, Fault::input_file, "more than {} nodes",
          kMostNodes);
    graph_ = std::make_unique<Graph>(name_of(root_));
    for (const char* key : {"blocks", "layers", "uses"}) root_.at(key);  // none of them may be left out
    read_blocks();
    for (const json& layer : list_of(root_, "layers")) layers_.push_back(read_layer(layer));
    placed_.resize(nodes.size());
    for (size_t position : order_of(nodes)) placed_[position] = read_node(nodes[position]);
    for (size_t i = 0; i < nodes.size(); ++i) carry_on(nodes[i], *placed_[i]);
    check_loops(*graph_);
    tie_parameters();
    for (const json& use : list_of(root_, "uses")) read_use(use);
    graph_->update_gradients();
    return std::move(graph_);
  }

 private:
  void read_blocks() {
    blocks_[""] = &graph_->root();
    read_ticks(root_, graph_->root());
    for (const json& entry : list_of(root_, "blocks")) {
      const auto path = entry.at("path").get<std::string>();
      const size_t slash = path.rfind('/');
      const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
      graph_->reenter_block(block(parent));
      Block& made = graph_->begin_block(path.substr(slash == std::string::npos ? 0 : slash + 1));
      graph_->end_block();
      graph_->leave_block();
      check(made.path() == path, Fault::input_file, "the block '{}' stands twice", path);
      made.set_title(entry.value("title", ""));
      made.cue() = {entry.value("direction", ""), entry.value("collapse", false), entry.value("note", ""),
                    entry.value("color", "")};
      made.set_hidden(entry.value("hide", false));
      read_ticks(entry, made);
      blocks_[path] = &made;
    }
  }

  static void read_ticks(const json& entry, Block& block) {
    for (const int nodes : entry.value("ticks", std::vector<int>{})) block.add_tick(nodes);
  }

  Block& block(const std::string& path) const {
    auto found = blocks_.find(path);
    check(found != blocks_.end(), Fault::input_file, "the block '{}' is not listed (outer blocks come first)",
          path);
    return *found->second;
  }

  // One that is made for this graph lives with it.
  const Descriptor& operation(const json& entry) {
    const auto op = entry.at("op").get<std::string>();
    if (const Descriptor* known = registry_.named(op)) return *known;
    if (!entry.value("own", false)) registry_.refuse(op);
    for (const auto& held : graph_->held())
      if (held->name == op) return *held;
    auto made = registry_.make(op);
    check(
        made != nullptr, Fault::input_file,
        "the operation '{}' was made at run time by a script, a plug-in or a library, and is not known here. "
        "Give the function, orrery.load(file, {{ transforms = {{ name = fn }} }}), or load before "
        "what brings it, orrery.load_plugin(path) or orrery.load_library(path)",
        op);
    graph_->hold(made);
    return *made;
  }

  LayerPtr read_layer(const json& entry) {
    const Descriptor& descriptor = operation(entry);
    check(descriptor.kind == OperationKind::layer, Fault::input_file, "{} is not a layer", descriptor.name);
    Attributes attributes =
        attributes_from_json(entry.value("attributes", json::object()), descriptor.attributes);
    LayerPtr layer = runtime_.make_layer(descriptor, std::move(attributes), {});
    layer->set_name(name_of(entry));
    for (const json& made : list_of(entry, "parametrizations")) {
      const ParametrizationKind& kind = registry_.parametrization(made.at("kind").get<std::string>());
      runtime_.parametrize(*layer,
                           {made.at("slot").get<std::string>(), &kind,
                            attributes_from_json(made.value("attributes", json::object()), kind.attributes)});
    }
    for (const json& slot : list_of(entry, "frozen"))
      parameter(*layer, slot.get<std::string>())->trainable = false;
    return layer;
  }

  static ParameterPtr parameter(const Layer& layer, const std::string& slot) {
    ParameterPtr found = layer.parameter(slot);
    check(found != nullptr, Fault::input_file, "{} has no parameter '{}'", layer.descriptor().name, slot);
    return found;
  }

  // What another is tied to is the first owner's own and stays what it is.
  void tie_parameters() {
    std::map<std::string, ParameterPtr> owners;
    for (Graph::Entry& entry : graph_->state(nullptr, true))
      owners.try_emplace(std::move(entry.key), std::move(entry.parameter));
    for (size_t i = 0; i < layers_.size(); ++i) tie(*layers_[i], root_.at("layers")[i], owners);
  }

  static void tie(Layer& layer, const json& entry, const std::map<std::string, ParameterPtr>& owners) {
    const json ties = entry.value("tied", json::object());
    for (const auto& [slot, key] : ties.items()) {
      const auto owner = owners.find(key.get<std::string>());
      check(owner != owners.end(), Fault::input_file, "{} is tied to '{}', which does not exist", slot,
            key.get<std::string>());
      layer.tie(slot, owner->second);
    }
  }

  Node* read_node(const json& entry) {
    graph_->reenter_block(block(entry.at("block").get<std::string>()));
    const auto op = entry.at("op").get<std::string>();
    const std::string name = name_of(entry);
    Node* node = op == "input"      ? read_input(entry, name)
                 : op == "constant" ? read_constant(entry, name)
                 : op == "state"    ? read_state(entry, name)
                                    : read_operation(entry, operation(entry), name);
    graph_->leave_block();
    node->cue() = {entry.value("hide", false), entry.value("tags", std::map<int, std::string>{})};
    return node;
  }

  Node* read_input(const json& entry, const std::string& name) {
    InputSpec spec;
    for (const json& field : list_of(entry, "fields")) {
      spec.fields.push_back({field.at("name").get<std::string>(),
                             {data_shape(field.at("shape")), dtype_of(field.at("dtype"))},
                             field.value("label", false)});
      if (field.contains("data_dtype")) spec.fields.back().fed = dtype_of(field.at("data_dtype"));
    }
    check(!spec.fields.empty(), Fault::input_file, "the input has no field");
    spec.classes = entry.value("classes", std::vector<std::string>{});
    spec.source = entry.value("source", "");
    return graph_->input(std::move(spec), {}, name)[0].node;
  }

  static ParameterPtr free_tensor(const json& entry, const std::string& name) {
    auto parameter = std::make_shared<Parameter>();
    parameter->name = name;
    parameter->shape = data_shape(entry.at("shape"));
    check(known(parameter->shape), Fault::input_file, "the constant '{}' has a symbolic shape", name);
    parameter->dtype = dtype_of(entry.at("dtype"));
    parameter->trainable = false;
    return parameter;
  }

  Node* read_state(const json& entry, const std::string& name) {
    const auto reset = entry.at("reset").get<std::string>();
    check(reset == "pass" || reset == "never", Fault::input_file, "unknown reset '{}'", reset);
    return graph_
        ->carried(free_tensor(entry, name),
                  reset == "never" ? StateSpec::Reset::never : StateSpec::Reset::pass, {}, name)
        .node;
  }

  void carry_on(const json& entry, Node& node) {
    if (node.state() && !entry.at("next").is_null()) graph_->carry(node.output(), value(entry.at("next")));
  }

  Node* read_constant(const json& entry, const std::string& name) {
    const ParameterPtr parameter = free_tensor(entry, name);
    parameter->trainable = entry.value("parameter", false);
    graph_->constant(parameter, {}, name);
    parameter->trainable = entry.value("trainable", false);
    return graph_->nodes().back().get();
  }

  Node* read_operation(const json& entry, const Descriptor& descriptor, const std::string& name) {
    std::vector<Value> inputs;
    for (const json& link : entry.at("inputs")) inputs.push_back(link.is_null() ? Value{} : value(link));
    if (descriptor.kind == OperationKind::transform) {
      Attributes attributes =
          attributes_from_json(entry.value("attributes", json::object()), descriptor.attributes);
      return graph_->apply(descriptor, std::move(attributes), std::move(inputs), {}, name)[0].node;
    }
    const auto index = entry.at("layer").get<std::int64_t>();
    check(index >= 0 && static_cast<size_t>(index) < layers_.size(), Fault::input_file,
          "layer {} does not exist", index);
    const LayerPtr& layer = layers_[static_cast<size_t>(index)];
    check(&layer->descriptor() == &descriptor, Fault::input_file, "'{}' is a {}, its layer a {}", name,
          descriptor.name, layer->descriptor().name);
    const std::string layer_name = layer->name();
    Attributes at_call = attributes_from_json(entry.value("attributes", json::object()),
                                              options_at_call(descriptor.attributes));
    Node* node = graph_->apply(layer, std::move(inputs), {}, name, std::move(at_call))[0].node;
    layer->set_name(layer_name);
    return node;
  }

  Value value(const json& link) const {
    const auto from = link.at(0).get<std::int64_t>();
    check(from >= 0 && static_cast<size_t>(from) < placed_.size(), Fault::input_file,
          "node {} does not exist", from);
    Node* node = placed_[static_cast<size_t>(from)];
    const auto output = link.at(1).get<std::int64_t>();
    check(output >= 0 && static_cast<size_t>(output) < node->outputs().size(), Fault::input_file,
          "'{}' has no output {}", node->name(), output);
    return node->output(static_cast<int>(output));
  }

  void read_use(const json& entry) {
    auto kind = kUseKinds.find(entry.at("kind").get<std::string>());
    check(kind != kUseKinds.end(), Fault::input_file, "unknown use '{}'",
          entry.at("kind").get<std::string>());
    graph_->use({kind->second, value(entry.at("value")), entry.value("name", "")});
  }

  const json& root_;
  const Registry& registry_;
  Runtime& runtime_;
  std::unique_ptr<Graph> graph_;
  std::map<std::string, Block*> blocks_;
  std::vector<LayerPtr> layers_;
  std::vector<Node*> placed_;
};

}  // namespace

std::unique_ptr<Graph> graph_from_json(std::string_view text, const Registry& registry, Runtime& runtime,
                                       const std::string& what) {
  const json root = parse_strict_json(text, what);
  try {
    return Reader(root, registry, runtime).read();
  } catch (const CheckError& error) {
    std::vector<Finding> findings = error.findings();
    for (Finding& finding : findings) finding.message = fmt::format("{}: {}", what, finding.message);
    throw CheckError(std::move(findings));
  } catch (const Error& error) {
    fail(Fault::input_file, "{}: {}", what, error.message());
  } catch (const json::exception& error) {
    fail(Fault::input_file, "{}: a graph with a missing or mistyped entry ({})", what, error.what());
  }
}

}  // namespace orrery
