#include "runtime/graph/graph_match.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "runtime/graph/alignment.h"

namespace orrery {
namespace {

/// Interned for texts and lists of numbers, the same for both graphs.
struct Interned {
  template <class Key>
  static int of(std::map<Key, int>& known, const Key& key) {
    return known.emplace(key, static_cast<int>(known.size())).first->second;
  }

  std::map<std::string, int> texts;
  std::map<std::vector<int>, int> lists;
};

template <class T>
const T& at(const std::vector<T>& list, int index) {
  return list[static_cast<size_t>(index)];
}

// The part of two sorted lists that is in both: 2·|both| / (|a| + |b|) (Dice, 1945).
double dice(const std::vector<int>& a, const std::vector<int>& b) {
  size_t both = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j])
      ++both, ++i, ++j;
    else if (a[i] < b[j])
      ++i;
    else
      ++j;
  }
  return a.empty() && b.empty() ? 1
                                : 2.0 * static_cast<double>(both) / static_cast<double>(a.size() + b.size());
}

/// A graph as numbers: equal ones mean equal things in both graphs.
class Side {
 public:
  /// A block or node inside a block.
  struct Item {
    bool is_block;
    int index;
  };

  Side(const GraphOutline& graph, Interned& numbers) : outline(graph) {
    const size_t nodes = graph.nodes.size(), blocks = graph.blocks.size();
    items.resize(blocks), bags.resize(blocks), operations_inside.resize(blocks), contents.resize(blocks);
    node_match.assign(nodes, -1), block_match.assign(blocks, -1), readers.resize(nodes);
    for (size_t i = 0; i < nodes; ++i) add_node(static_cast<int>(i), numbers);
    for (size_t i = blocks; i-- > 0;) close_block(static_cast<int>(i), numbers);
  }

  const std::string& name(const Item& item) const {
    return item.is_block ? at(outline.blocks, item.index).path : at(outline.nodes, item.index).name;
  }

  const GraphOutline& outline;
  std::vector<std::vector<Item>> items;     ///< by block, in the order in which their first nodes were made
  std::vector<int> operations, signatures;  ///< by node: the operation; it with its options
  std::vector<std::vector<int>> options;    ///< by node, sorted
  std::vector<std::vector<int>> readers;    ///< by node
  std::vector<std::vector<int>> bags, operations_inside;  ///< by block: of all nodes inside, sorted
  std::vector<int> contents;                              ///< by block: what it holds, without names
  std::vector<int> node_match, block_match;

 private:
  void add_node(int index, Interned& numbers) {
    const GraphOutline::Node& node = at(outline.nodes, index);
    operations.push_back(Interned::of(numbers.texts, node.operation));
    std::vector<int> own;
    for (const auto& [name, value] : node.properties)
      own.push_back(Interned::of(numbers.texts, name + "=" + value));
    std::sort(own.begin(), own.end());
    std::vector<int> key = own;
    key.insert(key.begin(), operations.back());
    signatures.push_back(Interned::of(numbers.lists, key));
    options.push_back(std::move(own));
    for (const GraphOutline::Link& link : node.inputs)
      if (link.node >= 0) readers[static_cast<size_t>(link.node)].push_back(index);
    items[static_cast<size_t>(node.block)].push_back({false, index});
    open_blocks(node.block);
    for (int block = node.block; block >= 0; block = at(outline.blocks, block).parent) {
      bags[static_cast<size_t>(block)].push_back(signatures.back());
      operations_inside[static_cast<size_t>(block)].push_back(operations.back());
    }
  }

  // Blocks stand in their parents where their first nodes stand.
  void open_blocks(int block) {
    for (; block > 0 && begun_.insert(block).second; block = at(outline.blocks, block).parent) {
      std::vector<Item>& around = items[static_cast<size_t>(at(outline.blocks, block).parent)];
      around.push_back({true, block});
    }
  }

  void close_block(int block, Interned& numbers) {
    const auto place = static_cast<size_t>(block);
    if (block > 0 && !begun_.contains(block))
      items[static_cast<size_t>(at(outline.blocks, block).parent)].push_back({true, block});
    std::sort(bags[place].begin(), bags[place].end());
    std::sort(operations_inside[place].begin(), operations_inside[place].end());
    std::vector<int> key = {-1};
    for (const Item& item : items[place]) {
      key.push_back(item.is_block ? -2 : -3);
      key.push_back(item.is_block ? at(contents, item.index) : at(signatures, item.index));
    }
    contents[place] = Interned::of(numbers.lists, key);
  }

  std::set<int> begun_;
};

using Item = Side::Item;

std::string last_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class Matching {
 public:
  Matching(const GraphOutline& before, const GraphOutline& after)
      : a_(before, numbers_), b_(after, numbers_) {}

  GraphMatch run() {
    pair_blocks(0, 0);
    rescue_blocks();
    for (bool again = true; again;) again = rescue_nodes();
    pair_replaced();
    return {a_.node_match, b_.node_match, a_.block_match, b_.block_match};
  }

 private:
  bool same_name(const Item& a, const Item& b) const {
    return a.is_block ? last_name(a_.name(a)) == last_name(b_.name(b)) : a_.name(a) == b_.name(b);
  }

  double likeness(int a, int b) {
    const int content_a = at(a_.contents, a), content_b = at(b_.contents, b);
    if (content_a == content_b) return 1;
    const auto [known, is_new] = likeness_.emplace(std::pair{content_a, content_b}, 0.0);
    if (is_new)
      known->second = 0.6 * dice(at(a_.bags, a), at(b_.bags, b)) +
                      0.35 * dice(at(a_.operations_inside, a), at(b_.operations_inside, b));
    return known->second;
  }

  // Equal things have 1, of the same name a little more; others of one kind have part of it.
  double fit(const Item& a, const Item& b) {
    if (a.is_block != b.is_block) return 0;
    const bool named = same_name(a, b);
    if (a.is_block) {
      const double like = likeness(a.index, b.index);
      return named ? like + 0.25 : like < 0.4 ? 0 : like;
    }
    const double bonus = named ? 0.15 : 0;
    if (at(a_.signatures, a.index) == at(b_.signatures, b.index)) return 1 + bonus;
    if (at(a_.operations, a.index) != at(b_.operations, b.index)) return 0;
    return 0.45 + 0.4 * dice(at(a_.options, a.index), at(b_.options, b.index)) + bonus;
  }

  void match_node(int a, int b) {
    a_.node_match[static_cast<size_t>(a)] = b;
    b_.node_match[static_cast<size_t>(b)] = a;
  }

  void match_item(const Item& a, const Item& b) {
    if (!a.is_block) return match_node(a.index, b.index);
    a_.block_match[static_cast<size_t>(a.index)] = b.index;
    b_.block_match[static_cast<size_t>(b.index)] = a.index;
    open_.emplace_back(a.index, b.index);
  }

  bool is_free(const Side& side, const Item& item) const {
    return at(item.is_block ? side.block_match : side.node_match, item.index) < 0;
  }

  std::vector<Item> free_items(const Side& side, int block) const {
    std::vector<Item> result;
    for (const Item& item : at(side.items, block))
      if (is_free(side, item)) result.push_back(item);
    return result;
  }

  // Without recursion: blocks may nest deeper than the program's stack.
  void pair_blocks(int a, int b) {
    match_item({true, a}, {true, b});
    for (; !open_.empty(); open_.pop_front()) {
      const auto [one, other] = open_.front();
      align(free_items(a_, one), free_items(b_, other));
    }
  }

  // What both rows begin or end with needs no table.
  void align(std::vector<Item> a, std::vector<Item> b) {
    const auto equal = [&](const Item& x, const Item& y) { return fit(x, y) > 1 && same_name(x, y); };
    size_t first = 0;
    while (first < a.size() && first < b.size() && equal(a[first], b[first])) {
      match_item(a[first], b[first]);
      ++first;
    }
    a.erase(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(first));
    b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(first));
    for (; !a.empty() && !b.empty() && equal(a.back(), b.back()); a.pop_back(), b.pop_back())
      match_item(a.back(), b.back());
    if (static_cast<long long>(a.size() + 1) * static_cast<long long>(b.size() + 1) > kMostCells)
      return pair_by_name(a, b);
    const auto fitting = [&](int i, int j) { return fit(at(a, i), at(b, j)); };
    for (const auto& [i, j] : aligned(static_cast<int>(a.size()), static_cast<int>(b.size()), fitting))
      match_item(at(a, i), at(b, j));
  }

  // Rows of thousands that differ in many places: what is called the same is the same if it may be.
  void pair_by_name(const std::vector<Item>& a, const std::vector<Item>& b) {
    std::multimap<std::string, Item> named;
    for (const Item& item : b) named.emplace(last_name(b_.name(item)), item);
    for (const Item& item : a) {
      const auto [first, last] = named.equal_range(last_name(a_.name(item)));
      for (auto other = first; other != last; ++other)
        if (is_free(b_, other->second) && fit(item, other->second) > 0) {
          match_item(item, other->second);
          break;
        }
    }
  }

  static std::vector<int> free_blocks(const Side& side) {
    std::vector<int> result;
    for (size_t i = 1; i < side.block_match.size(); ++i)
      if (side.block_match[i] < 0 && !side.bags[i].empty()) result.push_back(static_cast<int>(i));
    return result;
  }

  // Blocks that went into others, or out of them: the equal ones first, then the most similar, the outer
  // ones before those inside.
  void rescue_blocks() {
    for (int a : free_blocks(a_))
      for (int b : free_blocks(b_))
        if (at(a_.block_match, a) < 0 && at(a_.contents, a) == at(b_.contents, b)) pair_blocks(a, b);
    for (int a : free_blocks(a_)) {
      if (at(a_.block_match, a) >= 0) continue;
      int best = -1;
      double most = 0.6;
      for (int b : free_blocks(b_))
        if (const double like = likeness(a, b); like > most) most = like, best = b;
      if (best >= 0) pair_blocks(a, best);
    }
  }

  // Of nodes without a partner that read what is matched, or are read by it, those that fit best.
  bool rescue_nodes() {
    bool found = false;
    const int count = static_cast<int>(a_.node_match.size());
    for (int i = 0; i < count; ++i) found = rescue(i, candidates_behind(i)) || found;
    for (int i = count; i-- > 0;) found = rescue(i, candidates_before(i)) || found;
    return found;
  }

  bool rescue(int a, const std::set<int>& candidates) {
    int best = -1;
    double most = 0;
    for (int b : candidates)
      if (const double good = fit({false, a}, {false, b}); at(b_.node_match, b) < 0 && good > most)
        most = good, best = b;
    if (best < 0 || at(a_.node_match, a) >= 0) return false;
    match_node(a, best);
    return true;
  }

  std::set<int> candidates_behind(int a) const {
    std::set<int> result;
    if (at(a_.node_match, a) >= 0) return result;
    for (const GraphOutline::Link& link : at(a_.outline.nodes, a).inputs) {
      const int source = past_unmatched(a_.outline, a_.node_match, link).node;
      const int partner = source < 0 ? -1 : at(a_.node_match, source);
      if (partner < 0) continue;
      for (int reader : at(b_.readers, partner)) result.insert(reader);
    }
    return result;
  }

  std::set<int> candidates_before(int a) const {
    std::set<int> result;
    if (at(a_.node_match, a) >= 0) return result;
    for (int reader : at(a_.readers, a)) {
      const int partner = at(a_.node_match, reader);
      if (partner < 0) continue;
      for (const GraphOutline::Link& link : at(b_.outline.nodes, partner).inputs)
        if (link.node >= 0) result.insert(link.node);
    }
    return result;
  }

  // An operation that gave its place to another: both read the same, and are read by the same or by nobody.
  void pair_replaced() {
    for (size_t i = 0; i < a_.node_match.size(); ++i) {
      const int a = static_cast<int>(i);
      if (a_.node_match[i] >= 0) continue;
      const int block = at(a_.block_match, at(a_.outline.nodes, a).block);
      if (block < 0) continue;
      for (const Item& item : at(b_.items, block))
        if (!item.is_block && is_free(b_, item) && takes_the_place(a, item.index)) {
          match_node(a, item.index);
          break;
        }
    }
  }

  bool takes_the_place(int a, int b) const {
    const auto& inputs = at(a_.outline.nodes, a).inputs;
    const auto& others = at(b_.outline.nodes, b).inputs;
    if (inputs.empty() || others.empty() || sources(a_, inputs) != partners(sources(b_, others)))
      return false;
    const auto& readers = at(a_.readers, a);
    const auto& new_readers = at(b_.readers, b);
    if (readers.empty() || new_readers.empty()) return readers.empty() && new_readers.empty();
    return std::any_of(readers.begin(), readers.end(), [&](int reader) {
      return std::find(new_readers.begin(), new_readers.end(), at(a_.node_match, reader)) !=
             new_readers.end();
    });
  }

  static std::set<int> sources(const Side& side, const std::vector<GraphOutline::Link>& inputs) {
    std::set<int> result;
    for (const GraphOutline::Link& link : inputs)
      if (const int node = past_unmatched(side.outline, side.node_match, link).node; node >= 0)
        result.insert(node);
    return result;
  }

  std::set<int> partners(const std::set<int>& nodes) const {
    std::set<int> result;
    for (int node : nodes) result.insert(at(b_.node_match, node));
    return result;
  }

  Interned numbers_;
  Side a_, b_;
  std::map<std::pair<int, int>, double> likeness_;
  std::deque<std::pair<int, int>> open_;
};

}  // namespace

GraphOutline::Link past_unmatched(const GraphOutline& outline, const std::vector<int>& match,
                                  GraphOutline::Link link) {
  for (size_t steps = 0; link.node >= 0 && at(match, link.node) < 0 && steps <= match.size(); ++steps) {
    const auto& inputs = at(outline.nodes, link.node).inputs;
    link = inputs.empty() ? GraphOutline::Link{} : inputs.front();
  }
  return link;
}

GraphMatch match_graphs(const GraphOutline& before, const GraphOutline& after) {
  return Matching(before, after).run();
}

}  // namespace orrery
