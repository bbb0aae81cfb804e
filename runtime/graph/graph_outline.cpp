#include "runtime/graph/graph_outline.h"

#include <nlohmann/json.hpp>

namespace orrery {
namespace {

using Json = nlohmann::json;

std::string json_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Canonical JSON is Orrery's own, yet a file may hold anything: what is missing is empty.
std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found == object.end() ? std::string() : json_text(*found);
}

const Json& list_at(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

GraphOutline::Link link_of(const Json& link, std::size_t nodes) {
  if (!link.is_array() || link.size() != 2 || !link[0].is_number_unsigned() || !link[1].is_number_unsigned())
    return {};
  const auto node = link[0].get<std::size_t>();
  if (node >= nodes) return {};
  return {static_cast<int>(node), static_cast<int>(link[1].get<std::uint16_t>())};
}

void add_options(const Json& owner, std::map<std::string, std::string>& properties) {
  if (!owner.is_object()) return;
  const auto found = owner.find("attributes");
  if (found == owner.end() || !found->is_object()) return;
  for (const auto& [option, value] : found->items()) properties[option] = json_text(value);
}

void add_fields(const Json& node, std::map<std::string, std::string>& properties) {
  for (const Json& each : list_at(node, "fields")) {
    const std::string name = text_at(each, "name");
    properties["shape of " + name] = text_at(each, "shape");
    properties["dtype of " + name] = text_at(each, "dtype");
  }
  if (!list_at(node, "classes").empty()) properties["classes"] = text_at(node, "classes");
}

void add_layer(const Json& graph, const Json& node, std::map<std::string, std::string>& properties) {
  const Json& layers = list_at(graph, "layers");
  const auto place = node.is_object() ? node.find("layer") : node.end();
  if (!node.is_object() || place == node.end() || !place->is_number_unsigned() ||
      place->get<std::size_t>() >= layers.size())
    return;
  const Json& layer = layers[place->get<std::size_t>()];
  add_options(layer, properties);
  for (const char* key : {"frozen", "tied", "parametrizations"})
    if (const std::string text = text_at(layer, key); !text.empty()) properties[key] = text;
}

/// Reads blocks and nodes, and finds the block of a path, which nodes may name though none is listed.
class Reading {
 public:
  explicit Reading(const Json& graph) : graph_(graph) {
    outline_.blocks.push_back({"", -1, false});
    places_.emplace("", 0);
  }

  GraphOutline read() {
    for (const Json& block : list_at(graph_, "blocks"))
      outline_.blocks[static_cast<std::size_t>(block_at(text_at(block, "path")))].listed = true;
    const Json& nodes = list_at(graph_, "nodes");
    for (const Json& node : nodes) outline_.nodes.push_back(node_of(node, nodes.size()));
    for (const Json& use : list_at(graph_, "uses")) {
      if (text_at(use, "kind") != "output") continue;
      const auto value = use.find("value");
      outline_.outputs.push_back({text_at(use, "name"), value == use.end()
                                                            ? GraphOutline::Link{}
                                                            : link_of(*value, outline_.nodes.size())});
    }
    return std::move(outline_);
  }

 private:
  // Every prefix of a path that ends before a slash is a block, too.
  int block_at(const std::string& path) {
    int block = 0;
    for (std::size_t slash = 0; slash != std::string::npos && !path.empty();) {
      slash = path.find('/', slash + 1);
      const std::string part = path.substr(0, slash);
      const auto [at, is_new] = places_.emplace(part, static_cast<int>(outline_.blocks.size()));
      if (is_new) outline_.blocks.push_back({part, block, false});
      block = at->second;
    }
    return block;
  }

  GraphOutline::Node node_of(const Json& json, std::size_t count) {
    GraphOutline::Node node{.name = text_at(json, "name"), .operation = text_at(json, "op")};
    const std::string block = text_at(json, "block");
    node.block = block_at(block);
    node.path = block.empty() ? node.name : block + "/" + node.name;
    for (const Json& link : list_at(json, "inputs")) node.inputs.push_back(link_of(link, count));
    for (const char* key : {"shape", "dtype", "trainable", "parameter", "reset"})
      if (const std::string text = text_at(json, key); !text.empty()) node.properties[key] = text;
    add_fields(json, node.properties);
    add_layer(graph_, json, node.properties);
    add_options(json, node.properties);
    return node;
  }

  const Json& graph_;
  GraphOutline outline_;
  std::map<std::string, int> places_;
};

}  // namespace

GraphOutline outline_of(std::string_view json) { return Reading(Json::parse(json, nullptr, false)).read(); }

std::string str(const GraphOutline& outline, const GraphOutline::Link& link) {
  if (link.node < 0) return "none";
  const std::string& path = outline.nodes[static_cast<std::size_t>(link.node)].path;
  return link.output == 0 ? path : path + ":" + std::to_string(link.output);
}

}  // namespace orrery
