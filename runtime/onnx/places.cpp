#include "runtime/onnx/places.h"

#include <algorithm>
#include <optional>
#include <ranges>

#include "runtime/core/names.h"

namespace orrery {
namespace {

using Path = std::vector<std::string>;

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : text) {
    if (c != by) {
      part += c;
      continue;
    }
    if (!part.empty()) parts.push_back(std::exchange(part, {}));
  }
  if (!part.empty()) parts.push_back(part);
  return parts;
}

// How many bytes of UTF-8, at most so many, end at a letter's border.
std::size_t beginning(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return most;
}

// PyTorch's exporter repeats what stands above: layer1/layer1.0 is layer1/0.
void add_segment(std::vector<std::string>& blocks, std::string segment, const std::string& above) {
  if (!above.empty() && segment.starts_with(above + ".")) segment.erase(0, above.size() + 1);
  for (const std::string& part : split(segment, '.'))
    if (const std::string word = onnx_word(part); !word.empty()) blocks.push_back(word);
}

Path shared_beginning(const Path& a, const Path& b) { return {a.begin(), std::ranges::mismatch(a, b).in1}; }

// `Conv`, `Conv_12`: tells no more than the operator.
bool is_operator(const std::string& label, const std::string& operation) {
  if (!label.starts_with(operation)) return false;
  const std::string rest = label.substr(operation.size());
  return rest.empty() || (rest[0] == '_' && std::ranges::all_of(rest.substr(1), [](unsigned char c) {
                            return std::isdigit(c) != 0;
                          }));
}

// The path that the name tells, innermost last; the last segment is the node's own.
Path path_of(const OnnxNode& node, std::string& label) {
  std::vector<std::string> segments = split(node.name, '/');
  if (segments.empty()) return {};
  label = onnx_word(segments.back());
  segments.pop_back();
  std::vector<std::string> blocks;
  std::string above;
  for (const std::string& segment : segments) {
    add_segment(blocks, segment, above);
    above = segment;
  }
  return blocks;
}

}  // namespace

std::string onnx_word(const std::string& text) {
  std::string word;
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= ' ' && c != 127) word += c == '/' ? '_' : c;
  word.erase(0, word.find_first_not_of(' '));
  word.resize(beginning(word, 150));
  while (!word.empty() && word.back() == ' ') word.pop_back();
  return valid_name(word) ? word : "";
}

OnnxPlaces::OnnxPlaces(const OnnxGraph& graph) {
  place_between(graph);
  add_paths(graph);
}

void OnnxPlaces::add_paths(const OnnxGraph& graph) {
  for (const OnnxNode& node : graph.nodes) {
    std::string label;
    const auto between = between_.find(&node);
    Path path = between == between_.end() ? path_of(node, label) : between->second;
    // A block counts once in what it lies in.
    for (; !path.empty(); path.pop_back())
      if (++inside_[path] > 1) break;
    if (node.operation != "If") continue;
    for (const OnnxAttribute& attribute : node.attributes)
      for (const auto& branch : attribute.graphs) add_paths(*branch);
  }
}

// Optimizers of files add nodes without a path. One that stands between nodes of a block is part of it, so
// that the block is not left for it.
void OnnxPlaces::place_between(const OnnxGraph& graph) {
  std::unordered_map<std::string, Path> from, to;  // blocks of who makes and who reads a name
  const auto way = [](const OnnxNode& node, const std::vector<std::string>& names,
                      std::unordered_map<std::string, Path>& paths) {
    std::string label;
    if (OnnxPlaces::tells_blocks(node)) return std::optional(path_of(node, label));
    std::optional<Path> common;
    for (const std::string& name : names)
      if (const auto path = paths.find(name); path != paths.end())
        common = common ? shared_beginning(*common, path->second) : path->second;
    return common;
  };
  std::map<const OnnxNode*, Path> after;
  for (const OnnxNode& node : graph.nodes) {
    const auto path = way(node, node.inputs, from);
    if (!path) continue;
    after[&node] = *path;
    for (const std::string& name : node.outputs) from[name] = *path;
  }
  for (const OnnxValue& output : graph.outputs) to[output.name] = {};
  for (const OnnxNode& node : graph.nodes | std::views::reverse) {
    const auto path = way(node, node.outputs, to);
    if (!path) continue;
    for (const std::string& name : node.inputs) {
      const auto [known, first] = to.emplace(name, *path);
      if (!first) known->second = shared_beginning(known->second, *path);
    }
    if (!tells_blocks(node) && after.contains(&node)) between_[&node] = shared_beginning(*path, after[&node]);
  }
}

OnnxPlaces::Place OnnxPlaces::place_of(const OnnxNode& node) const {
  Place place;
  place.blocks = path_of(node, place.label);
  if (const auto between = between_.find(&node); between != between_.end()) place.blocks = between->second;
  const bool bare = is_operator(place.label, node.operation);
  if (bare) place.label.clear();
  const auto inside = inside_.find(place.blocks);
  if (!place.blocks.empty() && inside != inside_.end() && inside->second == 1) {
    place.label = place.blocks.back();
    place.blocks.pop_back();
  }
  return place;
}

Block& OnnxPlaces::block(Graph& graph, const std::vector<std::string>& path) {
  Block* at = &graph.root();
  std::string key;
  for (const std::string& name : path) {
    key += "/" + name;
    const auto found = blocks_.find(key);
    if (found != blocks_.end()) {
      at = found->second;
      continue;
    }
    graph.reenter_block(*at);
    names_[at].insert(name);
    at = &graph.begin_block(name);
    graph.end_block();
    graph.leave_block();
    blocks_[key] = at;
  }
  return *at;
}

void OnnxPlaces::enter(Graph& graph, const OnnxNode& node) {
  graph.reenter_block(block(graph, place_of(node).blocks));
}

bool OnnxPlaces::tells_blocks(const OnnxNode& node) {
  std::string label;
  return !path_of(node, label).empty();
}

std::string OnnxPlaces::label(const OnnxNode& node) const { return place_of(node).label; }

std::string OnnxPlaces::free_name(Graph& graph, const std::string& wanted) {
  NameSet& names = names_[&graph.current_block()];
  std::string name = names.free_name(wanted);
  names.insert(name);
  return name;
}

}  // namespace orrery
