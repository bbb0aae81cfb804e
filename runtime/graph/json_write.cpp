#include <map>

#include "runtime/graph/json.h"
#include "runtime/graph/json_values.h"

namespace orrery {
namespace {

using nlohmann::json;

void add_blocks(const Block& block, json& list) {
  for (const auto& child : block.children()) {
    json entry = {{"path", child->path()}};
    if (!child->title().empty()) entry["title"] = child->title();
    if (!child->cue().direction.empty()) entry["direction"] = child->cue().direction;
    if (child->cue().collapse) entry["collapse"] = true;
    if (!child->cue().note.empty()) entry["note"] = child->cue().note;
    if (!child->cue().color.empty()) entry["color"] = child->cue().color;
    if (child->hidden()) entry["hide"] = true;
    if (!child->ticks().empty()) entry["ticks"] = child->ticks();
    list.push_back(std::move(entry));
    add_blocks(*child, list);
  }
}

class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph) {
    for (const auto& node : graph.nodes())
      if (node->layer()) first_.try_emplace(node->layer().get(), node.get());
  }

  json write() {
    json blocks = json::array(), uses = json::array();
    add_blocks(graph_.root(), blocks);
    json layers = write_layers();
    json nodes = json::array();
    for (const auto& node : graph_.nodes()) nodes.push_back(write_node(*node));
    for (const Use& use : graph_.uses())
      uses.push_back(
          {{"kind", kUseKinds[static_cast<int>(use.kind)]}, {"name", use.name}, {"value", link(use.value)}});
    json written = {{"format", "orrery.graph"}, {"version", 1},   {"name", graph_.name()}, {"blocks", blocks},
                    {"layers", layers},         {"nodes", nodes}, {"uses", uses}};
    if (const auto& ticks = graph_.root().ticks(); !ticks.empty()) written["ticks"] = ticks;
    return written;
  }

 private:
  static constexpr const char* kUseKinds[] = {"output", "loss", "metric", "saved"};

  static json parametrizations_of(const Layer& layer) {
    json list = json::array();
    for (const Parametrization& made : layer.parametrizations()) {
      list.push_back({{"slot", made.slot}, {"kind", made.kind->name}});
      json options = json_of(made.attributes, made.kind->attributes);
      if (!options.empty()) list.back()["attributes"] = std::move(options);
    }
    return list;
  }

  // A tied parameter names the key of its first owner.
  json write_layers() {
    std::map<const Parameter*, std::string> owners;
    std::map<const Layer*, json> written;
    std::map<const Layer*, size_t> slots;
    for (const Graph::Entry& entry : graph_.state(nullptr, true)) {
      const auto [owner, first] = owners.emplace(entry.parameter.get(), entry.key);
      if (!entry.layer) continue;
      json& layer = written[entry.layer.get()];
      const std::string& slot = entry.layer->slots()[slots[entry.layer.get()]++];
      if (!first) layer["tied"][slot] = owner->second;
      if (!entry.parameter->buffer && !entry.parameter->trainable) layer["frozen"].push_back(slot);
    }
    json list = json::array();
    for (const LayerPtr& layer : graph_.layers()) {
      json& entry = written[layer.get()];
      entry["op"] = layer->descriptor().name;
      if (layer->descriptor().own) entry["own"] = true;
      // A layer that also stands in another graph may have another name there.
      entry["name"] = first_.at(layer.get())->name();
      json attributes = json_of(layer->attributes(), layer->descriptor().attributes);
      if (!attributes.empty()) entry["attributes"] = std::move(attributes);
      json parametrizations = parametrizations_of(*layer);
      if (!parametrizations.empty()) entry["parametrizations"] = std::move(parametrizations);
      index_[layer.get()] = static_cast<int>(list.size());
      list.push_back(std::move(entry));
    }
    return list;
  }

  json write_node(const Node& node) const {
    json entry = {{"name", node.name()}, {"block", node.block().path()}};
    if (node.cue().hide) entry["hide"] = true;
    if (!node.cue().tags.empty()) entry["tags"] = node.cue().tags;
    if (const InputSpec* spec = node.input_spec()) {
      entry["op"] = "input";
      entry["fields"] = json::array();
      for (const Field& field : spec->fields) {
        entry["fields"].push_back({{"name", field.name},
                                   {"shape", json_of(field.type.shape)},
                                   {"dtype", std::string(name(field.type.dtype))},
                                   {"label", field.label}});
        if (field.fed) entry["fields"].back()["data_dtype"] = std::string(name(*field.fed));
      }
      entry["classes"] = spec->classes;
      entry["source"] = spec->source;
    } else if (const ParameterPtr& constant = node.constant()) {
      entry.update({{"shape", json_of(constant->shape)}, {"dtype", std::string(name(constant->dtype))}});
      if (const StateSpec* state = node.state())
        entry.update({{"op", "state"},
                      {"reset", std::string(name(state->reset))},
                      {"next", state->next ? link(state->next) : json(nullptr)}});
      else
        entry.update(
            {{"op", "constant"}, {"parameter", node.is_parameter()}, {"trainable", constant->trainable}});
    } else {
      entry["op"] = node.descriptor()->name;
      if (node.descriptor()->own) entry["own"] = true;
      entry["inputs"] = json::array();
      for (const Value& value : node.inputs()) entry["inputs"].push_back(value ? link(value) : json(nullptr));
      if (node.layer()) {
        entry["layer"] = index_.at(node.layer().get());
        if (json options = at_call(node); !options.empty()) entry["attributes"] = std::move(options);
      } else if (json options = json_of(node.attributes(), node.descriptor()->attributes); !options.empty())
        entry["attributes"] = std::move(options);
    }
    return entry;
  }

  // The options that an application of a layer has in place of the layer's.
  static json at_call(const Node& node) {
    std::vector<Attribute> schema = options_at_call(node.descriptor()->attributes);
    std::erase_if(schema, [&](const Attribute& option) {
      return node.attributes().at(option.name) == node.layer()->attributes().at(option.name);
    });
    return json_of(node.attributes(), schema);
  }

  static json link(const Value& value) { return {value.node->id(), value.output}; }

  const Graph& graph_;
  std::map<const Layer*, const Node*> first_;  ///< application of each layer
  std::map<const Layer*, int> index_;
};

}  // namespace

std::string to_json(const Graph& graph) { return Writer(graph).write().dump(); }

}  // namespace orrery
