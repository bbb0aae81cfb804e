#include "runtime/history/graph_changes.h"

#include <map>
#include <set>

#include <nlohmann/json.hpp>

namespace orrery {
namespace {

using nlohmann::json;

/// What a block, node or output is, by the names of its properties.
struct Thing {
  std::string path;
  std::string item;  ///< what is said of one that was added or removed
  std::map<std::string, std::string> properties;
};

struct Outline {
  std::vector<Thing> blocks, nodes, outputs;
};

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// Canonical JSON is Orrery's own, yet a file may hold anything: what is missing is empty.
std::string field(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found == object.end() ? std::string() : text_of(*found);
}

const json& list(const json& graph, const char* key) {
  static const json kNone = json::array();
  if (!graph.is_object()) return kNone;
  const auto found = graph.find(key);
  return found != graph.end() && found->is_array() ? *found : kNone;
}

std::string path_of(const json& node) {
  const std::string block = field(node, "block"), name = field(node, "name");
  return block.empty() ? name : block + "/" + name;
}

std::vector<std::string> paths_of(const json& nodes) {
  std::vector<std::string> paths;
  for (const json& node : nodes) paths.push_back(path_of(node));
  return paths;
}

// `[[3,0],null,[4,1]]` by the paths of the nodes: `conv1, none, lstm:1`.
std::string link_text(const json& link, const std::vector<std::string>& paths) {
  if (!link.is_array() || link.size() != 2 || !link[0].is_number_unsigned() || !link[1].is_number_unsigned())
    return "none";
  const auto node = link[0].get<std::size_t>(), output = link[1].get<std::size_t>();
  const std::string path = node < paths.size() ? paths[node] : "?";
  return output == 0 ? path : path + ":" + std::to_string(output);
}

std::string links_text(const json& links, const std::vector<std::string>& paths) {
  std::string text;
  for (const json& link : links) text += (text.empty() ? "" : ", ") + link_text(link, paths);
  return text;
}

void add_options(const json& owner, std::map<std::string, std::string>& properties) {
  const auto found = owner.is_object() ? owner.find("attributes") : owner.end();
  if (!owner.is_object() || found == owner.end() || !found->is_object()) return;
  for (const auto& [option, value] : found->items()) properties[option] = text_of(value);
}

void add_fields(const json& node, std::map<std::string, std::string>& properties) {
  for (const json& each : list(node, "fields")) {
    const std::string name = field(each, "name");
    properties["shape of " + name] = field(each, "shape");
    properties["dtype of " + name] = field(each, "dtype");
  }
  if (!list(node, "classes").empty()) properties["classes"] = field(node, "classes");
}

void add_layer(const json& graph, const json& node, std::map<std::string, std::string>& properties) {
  const json& layers = list(graph, "layers");
  const auto place = node.is_object() ? node.find("layer") : node.end();
  if (!node.is_object() || place == node.end() || !place->is_number_unsigned() ||
      place->get<std::size_t>() >= layers.size())
    return;
  const json& layer = layers[place->get<std::size_t>()];
  add_options(layer, properties);
  for (const char* key : {"frozen", "tied", "parametrizations"})
    if (const std::string text = field(layer, key); !text.empty()) properties[key] = text;
  properties["layer"] = field(layer, "name");
}

Thing node_of(const json& graph, const json& node, const std::vector<std::string>& paths) {
  Thing thing{path_of(node), field(node, "op"), {}};
  thing.properties["operation"] = thing.item;
  if (const std::string links = links_text(list(node, "inputs"), paths); !links.empty())
    thing.properties["inputs"] = links;
  for (const char* key : {"shape", "dtype", "trainable", "parameter", "reset"})
    if (const std::string text = field(node, key); !text.empty()) thing.properties[key] = text;
  add_fields(node, thing.properties);
  add_layer(graph, node, thing.properties);
  add_options(node, thing.properties);
  return thing;
}

Outline outline_of(std::string_view text) {
  const json graph = json::parse(text, nullptr, false);
  Outline outline;
  for (const json& block : list(graph, "blocks")) outline.blocks.push_back({field(block, "path"), "", {}});
  const json& nodes = list(graph, "nodes");
  const std::vector<std::string> paths = paths_of(nodes);
  for (const json& node : nodes) outline.nodes.push_back(node_of(graph, node, paths));
  for (const json& use : list(graph, "uses")) {
    if (field(use, "kind") != "output") continue;
    const auto value = use.find("value");
    const std::string link = value == use.end() ? std::string("none") : link_text(*value, paths);
    outline.outputs.push_back({field(use, "name"), link, {{"value", link}}});
  }
  return outline;
}

using Index = std::map<std::string, const Thing*>;

Index index_of(const std::vector<Thing>& things) {
  Index index;
  for (const Thing& thing : things) index.emplace(thing.path, &thing);
  return index;
}

void add_changed(const std::string& what, const Thing& before, const Thing& after,
                 std::vector<GraphChange>& changes) {
  std::set<std::string> names;
  for (const auto& side : {before.properties, after.properties})
    for (const auto& [name, value] : side) names.insert(name);
  for (const std::string& name : names) {
    const auto was = before.properties.find(name), is = after.properties.find(name);
    const std::string old = was == before.properties.end() ? std::string() : was->second;
    const std::string fresh = is == after.properties.end() ? std::string() : is->second;
    if (old != fresh) changes.push_back({GraphChange::Kind::changed, what, after.path, name, old, fresh});
  }
}

void compare(const std::string& what, const std::vector<Thing>& before, const std::vector<Thing>& after,
             std::vector<GraphChange>& changes) {
  const Index old = index_of(before), fresh = index_of(after);
  for (const Thing& thing : before)
    if (!fresh.contains(thing.path))
      changes.push_back({GraphChange::Kind::removed, what, thing.path, thing.item, "", ""});
  for (const Thing& thing : after) {
    const auto was = old.find(thing.path);
    if (was == old.end())
      changes.push_back({GraphChange::Kind::added, what, thing.path, thing.item, "", ""});
    else
      add_changed(what, *was->second, thing, changes);
  }
}

}  // namespace

std::vector<GraphChange> graph_changes(std::string_view before, std::string_view after) {
  std::vector<GraphChange> changes;
  if (before == after) return changes;
  const Outline first = outline_of(before), second = outline_of(after);
  compare("block", first.blocks, second.blocks, changes);
  compare("node", first.nodes, second.nodes, changes);
  compare("output", first.outputs, second.outputs, changes);
  return changes;
}

std::string_view name(GraphChange::Kind kind) {
  switch (kind) {
    case GraphChange::Kind::added: return "added";
    case GraphChange::Kind::removed: return "removed";
    case GraphChange::Kind::changed: return "changed";
  }
  return {};
}

}  // namespace orrery
