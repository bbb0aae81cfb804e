#include "runtime/graph/graph_diff.h"

#include <algorithm>
#include <set>

#include "runtime/graph/json.h"

namespace orrery {
namespace {

using Kind = GraphDiff::Kind;
using Entry = GraphDiff::Entry;
using Changes = std::vector<GraphDiff::Change>;

template <class T>
const T& nth(const std::vector<T>& list, int index) {
  return list[static_cast<size_t>(index)];
}

// `conv2d_3` → `conv2d`: what a count is put to.
std::string without_count(const std::string& name) {
  const size_t last = name.find_last_not_of("0123456789");
  if (last == std::string::npos || last + 1 == name.size()) return name;
  return name.substr(0, name[last] == '_' ? last : last + 1);
}

std::string name_in_block(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_number(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

// Members of a sequence are called by their numbers, and new ones count those after them anew.
bool renamed(const std::string& before, const std::string& after) {
  return without_count(before) != without_count(after) && !(is_number(before) && is_number(after));
}

/// The order of two rows in one: `matches` tells of each of the first its place in the second.
std::vector<Entry> merged(const std::vector<int>& matches, const std::vector<int>& back) {
  std::vector<std::vector<int>> removed(back.size() + 1);
  size_t place = 0;
  for (size_t i = 0; i < matches.size(); ++i) {
    if (matches[i] >= 0)
      place = static_cast<size_t>(matches[i]) + 1;
    else
      removed[place].push_back(static_cast<int>(i));
  }
  std::vector<Entry> result;
  for (size_t i = 0; i <= back.size(); ++i) {
    for (int old : removed[i]) result.push_back({.kind = Kind::removed, .before = old});
    if (i == back.size()) break;
    result.push_back(
        {.kind = back[i] < 0 ? Kind::added : Kind::same, .before = back[i], .after = static_cast<int>(i)});
  }
  return result;
}

class Comparison {
 public:
  Comparison(const GraphOutline& before, const GraphOutline& after) : a_(before), b_(after) {
    diff_.match = match_graphs(before, after);
  }

  GraphDiff run() {
    diff_.blocks = merged(diff_.match.blocks, diff_.match.blocks_back);
    places_.resize(a_.blocks.size());
    for (Entry& entry : diff_.blocks) {
      if (entry.before >= 0) entry.old_path = nth(a_.blocks, entry.before).path;
      compare_block(entry);
    }
    diff_.nodes = merged(diff_.match.nodes, diff_.match.nodes_back);
    for (Entry& entry : diff_.nodes) {
      if (entry.before >= 0) entry.old_path = nth(a_.nodes, entry.before).path;
      compare_node(entry);
    }
    compare_outputs();
    return std::move(diff_);
  }

 private:
  std::string inside(const std::string& block, const std::string& name) const {
    return block.empty() ? name : block + "/" + name;
  }

  void compare_block(Entry& entry) {
    if (entry.after >= 0) {
      const GraphOutline::Block& block = nth(b_.blocks, entry.after);
      entry.path = block.path;
      if (entry.before < 0) return;
      const GraphOutline::Block& old = nth(a_.blocks, entry.before);
      places_[static_cast<size_t>(entry.before)] = entry.path;
      if (renamed(name_in_block(old.path), name_in_block(block.path)))
        entry.changes.push_back({"name", name_in_block(old.path), name_in_block(block.path)});
      if (old.parent >= 0 && block.parent >= 0 && moved(old.parent, block.parent))
        entry.changes.push_back({"path", old.path, block.path});
      if (!entry.changes.empty()) entry.kind = Kind::changed;
    } else {
      const GraphOutline::Block& old = nth(a_.blocks, entry.before);
      entry.path = inside(place_of(old.parent), name_in_block(old.path));
      places_[static_cast<size_t>(entry.before)] = entry.path;
    }
  }

  // Of a block of the first graph; one that comes later in the other's order is not told yet.
  std::string place_of(int block) const {
    const int partner = nth(diff_.match.blocks, block);
    return partner < 0 ? nth(places_, block) : nth(b_.blocks, partner).path;
  }

  // Out of a block that went away, or into one that is new, is told of that block.
  bool moved(int before, int after) const {
    const int partner = nth(diff_.match.blocks, before);
    return partner >= 0 && partner != after && nth(diff_.match.blocks_back, after) >= 0;
  }

  void compare_node(Entry& entry) {
    if (entry.after < 0) {
      const GraphOutline::Node& old = nth(a_.nodes, entry.before);
      entry.path = inside(place_of(old.block), old.name);
      return;
    }
    const GraphOutline::Node& node = nth(b_.nodes, entry.after);
    entry.path = node.path;
    if (entry.before < 0) return;
    const GraphOutline::Node& old = nth(a_.nodes, entry.before);
    if (old.operation != node.operation)
      entry.changes.push_back({"operation", old.operation, node.operation});
    else if (renamed(old.name, node.name))
      entry.changes.push_back({"name", old.name, node.name});
    if (moved(old.block, node.block)) entry.changes.push_back({"path", old.path, node.path});
    compare_properties(old, node, entry.changes);
    compare_inputs(old, node, entry.changes);
    if (!entry.changes.empty()) entry.kind = Kind::changed;
  }

  static void compare_properties(const GraphOutline::Node& old, const GraphOutline::Node& node,
                                 Changes& changes) {
    std::set<std::string> names;
    for (const GraphOutline::Node* side : {&old, &node})
      for (const auto& [name, value] : side->properties) names.insert(name);
    for (const std::string& name : names) {
      const auto was = old.properties.find(name), is = node.properties.find(name);
      const std::string before = was == old.properties.end() ? std::string() : was->second;
      const std::string after = is == node.properties.end() ? std::string() : is->second;
      // Options of another operation have nothing to do with each other.
      if (old.operation != node.operation && (before.empty() || after.empty())) continue;
      if (before != after) changes.push_back({name, before, after});
    }
  }

  // By what they bring in the end; what was put between, or taken away, is told of itself.
  void compare_inputs(const GraphOutline::Node& old, const GraphOutline::Node& node, Changes& changes) const {
    std::string before, after;
    bool same = old.inputs.size() == node.inputs.size();
    for (size_t i = 0; same && i < node.inputs.size(); ++i) {
      GraphOutline::Link was = past_unmatched(a_, diff_.match.nodes, old.inputs[i]);
      const GraphOutline::Link is = past_unmatched(b_, diff_.match.nodes_back, node.inputs[i]);
      if (was.node >= 0) was.node = nth(diff_.match.nodes, was.node);
      same = was.node == is.node && (was.node < 0 || was.output == is.output);
    }
    if (same) return;
    const auto add = [](std::string& text, const std::string& more) {
      text += (text.empty() ? "" : ", ") + more;
    };
    for (const GraphOutline::Link& link : old.inputs) add(before, str(a_, link));
    for (const GraphOutline::Link& link : node.inputs) add(after, str(b_, link));
    changes.push_back({"inputs", before, after});
  }

  // Outputs are the same where their names are, and those without names where their places are.
  void compare_outputs() {
    std::vector<int> matches(a_.outputs.size(), -1), back(b_.outputs.size(), -1);
    for (size_t i = 0; i < matches.size(); ++i)
      for (size_t k = 0; k < back.size() && matches[i] < 0; ++k)
        if (back[k] < 0 && a_.outputs[i].name == b_.outputs[k].name)
          matches[i] = static_cast<int>(k), back[k] = static_cast<int>(i);
    diff_.outputs = merged(matches, back);
    for (Entry& entry : diff_.outputs) {
      entry.path = entry.after >= 0 ? nth(b_.outputs, entry.after).name : nth(a_.outputs, entry.before).name;
      if (entry.kind != Kind::same) continue;
      const GraphOutline::Link was = nth(a_.outputs, entry.before).value,
                               is = nth(b_.outputs, entry.after).value;
      const int partner = was.node < 0 ? -1 : nth(diff_.match.nodes, was.node);
      if (partner == is.node && was.output == is.output) continue;
      entry.kind = Kind::changed;
      entry.changes.push_back({"value", str(a_, was), str(b_, is)});
    }
  }

  const GraphOutline& a_;
  const GraphOutline& b_;
  GraphDiff diff_;
  std::vector<std::string> places_;  ///< of the first graph's blocks in the one that has both
};

const Node& node_at(const Graph& graph, int id) { return *graph.nodes()[static_cast<size_t>(id)]; }

// Lists in JSON's words, as canonical JSON has them.
std::string plain(std::string text) {
  std::replace(text.begin(), text.end(), '{', '[');
  std::replace(text.begin(), text.end(), '}', ']');
  std::erase(text, ' ');
  std::erase(text, '"');
  return text;
}

void tell_default(const Node& node, const std::string& option, std::string& text) {
  if (!text.empty() || !node.descriptor()) return;
  for (const Attribute& attribute : node.descriptor()->attributes)
    if (attribute.name == option) text = plain(str(attribute.value));
}

}  // namespace

GraphDiff diff(const GraphOutline& before, const GraphOutline& after) {
  return Comparison(before, after).run();
}

GraphDiff diff(const Graph& before, const Graph& after) {
  GraphDiff result = diff(outline_of(to_json(before)), outline_of(to_json(after)));
  for (Entry& entry : result.nodes)
    for (GraphDiff::Change& change : entry.changes) {
      tell_default(node_at(before, entry.before), change.what, change.before);
      tell_default(node_at(after, entry.after), change.what, change.after);
    }
  return result;
}

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::same: return "same";
    case Kind::added: return "added";
    case Kind::removed: return "removed";
    case Kind::changed: return "changed";
  }
  return {};
}

}  // namespace orrery
