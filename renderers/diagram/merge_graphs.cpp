#include "renderers/diagram/merge_graphs.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "renderers/diagram/diff_diagram.h"
#include "renderers/diagram/structure.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;
using Change = GraphDiff::Kind;

constexpr size_t kMostChanges = 5;

/// What a box of a full diagram is in its graph: a block, a field of a node (the input has one box for each),
/// or an output.
struct Thing {
  enum class What { block, node, output } what;
  std::string text;  ///< of a block: its path; of a node: the field, of an output: its name
  int node = -1;
  auto operator<=>(const Thing&) const = default;
};

bool is_block(const DiagramBox& box) { return box.kind == Kind::frame; }
bool is_field(const DiagramBox& box) { return box.kind == Kind::input || box.kind == Kind::label; }

Thing thing_of(const DiagramBox& box) {
  if (is_block(box)) return {Thing::What::block, box.path, -1};
  if (box.kind == Kind::output) return {Thing::What::output, box.path, -1};
  return {Thing::What::node, is_field(box) ? box.title : "", box.nodes.front()};
}

// The input has one box for each field.
bool is_about(const DiagramBox& box, const GraphDiff::Change& change) {
  const bool of_field = change.what.starts_with("shape of ") || change.what.starts_with("dtype of ");
  return !is_field(box) || !of_field || change.what.ends_with(" of " + box.title);
}

void tell(DiagramBox& box, const GraphDiff::Entry& entry) {
  if (entry.kind == Change::same) return;
  for (const GraphDiff::Change& change : entry.changes)
    if (is_about(box, change)) box.changes.push_back(change_text(change));
  if (entry.kind != Change::changed || !box.changes.empty()) box.change = entry.kind;
  if (box.changes.size() <= kMostChanges + 1) return;
  const size_t more = box.changes.size() - kMostChanges;
  box.changes.resize(kMostChanges);
  box.changes.push_back("and " + std::to_string(more) + " more");
}

class Merging {
 public:
  Merging(const Diagram& before, Diagram after, const GraphDiff& diff, int nodes)
      : before_(before), diff_(diff), nodes_(nodes), result_(std::move(after)) {}

  Diagram run() {
    find_entries();
    for (size_t i = 0; i < result_.boxes.size(); ++i) {
      children_.emplace_back();
      places_.emplace(thing_of(result_.boxes[i]), static_cast<int>(i));
      if (result_.boxes[i].parent >= 0) child_list(result_.boxes[i].parent).push_back(static_cast<int>(i));
      mark_new(result_.boxes[i]);
    }
    find_values();
    mark_new_lines();
    for (size_t i = 0; i < before_.boxes.size(); ++i) take_in(static_cast<int>(i));
    for (const DiagramValue& value : before_.values) take_in(value);
    leave_detours();
    sort_boxes();
    number_anew();
    return std::move(result_);
  }

 private:
  std::vector<int>& child_list(int box) { return children_[static_cast<size_t>(box)]; }
  DiagramBox& box(int index) { return result_.boxes[static_cast<size_t>(index)]; }

  void find_entries() {
    for (const auto& entry : diff_.blocks) {
      if (entry.after >= 0) block_entries_[entry.path] = &entry;
      if (entry.before >= 0) old_blocks_[entry.old_path] = &entry;
    }
    for (const auto& entry : diff_.nodes)
      if (entry.after >= 0) node_entries_[entry.after] = &entry;
    for (const auto& entry : diff_.outputs)
      if (entry.after >= 0) output_entries_[entry.path] = &entry;
  }

  void mark_new(DiagramBox& box) {
    if (is_block(box)) {
      if (const auto at = block_entries_.find(box.path); at != block_entries_.end()) tell(box, *at->second);
    } else if (box.kind == Kind::output) {
      if (const auto at = output_entries_.find(box.path); at != output_entries_.end()) tell(box, *at->second);
    } else {
      tell(box, *node_entries_.at(box.nodes.front()));
    }
  }

  // The box of the second graph that a box of the first is; -1: none.
  int partner(const DiagramBox& old) const {
    Thing thing = thing_of(old);
    if (is_block(old)) {
      const auto entry = old_blocks_.find(old.path);
      if (entry == old_blocks_.end() || entry->second->after < 0) return -1;
      thing.text = entry->second->path;
    } else if (old.kind != Kind::output) {
      thing.node = diff_.match.nodes[static_cast<size_t>(thing.node)];
      if (thing.node < 0) return -1;
    }
    const auto at = places_.find(thing);
    if (at != places_.end() || !is_field(old)) return at == places_.end() ? -1 : at->second;
    return field_of(thing.node, old);
  }

  // A field with another name is the same where the input has one of the kind.
  int field_of(int node, const DiagramBox& old) const {
    const auto fits = [&](const DiagramBox& box) {
      return box.kind == old.kind && !box.nodes.empty() && box.nodes.front() == node;
    };
    const auto& boxes = result_.boxes;
    if (std::count_if(boxes.begin(), boxes.end(), fits) != 1) return -1;
    return static_cast<int>(std::find_if(boxes.begin(), boxes.end(), fits) - boxes.begin());
  }

  // A box that went away stands behind the one that it came after.
  void take_in(int index) {
    const DiagramBox& old = before_.boxes[static_cast<size_t>(index)];
    int here = partner(old);
    const int parent = old.parent < 0 ? -1 : now_.at(old.parent);
    if (here < 0) {
      here = static_cast<int>(result_.boxes.size());
      children_.emplace_back();
      std::vector<int>& around = child_list(parent);
      const auto last = last_in_.find(parent);
      const auto at =
          last == last_in_.end() ? around.begin() : std::find(around.begin(), around.end(), last->second) + 1;
      around.insert(at, here);
      result_.boxes.push_back(removed(old, parent));
    }
    now_[index] = here;
    if (box(here).parent == parent) last_in_[parent] = here;
  }

  DiagramBox removed(DiagramBox old, int parent) {
    old.parent = parent;
    old.change = Change::removed;
    for (int& id : old.nodes) id += nodes_;
    for (int& id : old.layers) id += nodes_;
    if (!paths().insert(old.path).second) old.path += kRemoved;
    return old;
  }

  std::set<std::string>& paths() {
    if (paths_.empty())
      for (const DiagramBox& one : result_.boxes) paths_.insert(one.path);
    return paths_;
  }

  void find_values() {
    for (size_t i = 0; i < result_.values.size(); ++i)
      values_.emplace(std::pair{result_.values[i].source, result_.values[i].output}, i);
  }

  // Boxes that the first graph links, too, by their places here.
  void mark_new_lines() {
    std::set<std::array<int, 3>> old;  // source, output, reader
    for (const DiagramValue& value : before_.values) {
      const int source = partner(before_.boxes[static_cast<size_t>(value.source)]);
      for (const DiagramReader& reader : value.readers)
        old.insert({source, value.output, partner(before_.boxes[static_cast<size_t>(reader.box)])});
    }
    for (DiagramValue& value : result_.values)
      for (DiagramReader& reader : value.readers)
        if (!old.contains({value.source, value.output, reader.box})) reader.change = Change::added;
  }

  void take_in(const DiagramValue& old) {
    const int source = now_.at(old.source);
    const auto [at, is_new] = values_.emplace(std::pair{source, old.output}, result_.values.size());
    if (is_new) {
      DiagramValue value{
          .source = source, .output = old.output, .node = old.node, .node_output = old.node_output};
      value.node += nodes_;
      result_.values.push_back(std::move(value));
    }
    std::vector<DiagramReader>& readers = result_.values[at->second].readers;
    for (DiagramReader reader : old.readers) {
      reader.box = now_.at(reader.box);
      const auto same = [&](const DiagramReader& other) { return other.box == reader.box; };
      if (std::any_of(readers.begin(), readers.end(), same)) continue;
      reader.change = Change::removed;
      if (reader.node >= 0) reader.node += nodes_;
      readers.push_back(reader);
    }
  }

  // What reads a value through something that is new has no line that went away, and what reads it without
  // something that went away no new one.
  void leave_detours() {
    std::map<Change, std::vector<std::vector<int>>> sources;  // of each box, along lines of one graph
    for (const Change way : {Change::added, Change::removed}) {
      const Change other = way == Change::added ? Change::removed : Change::added;
      auto& lists = sources.emplace(way, result_.boxes.size()).first->second;
      for (const DiagramValue& value : result_.values)
        for (const DiagramReader& reader : value.readers)
          if (reader.change != other) lists[static_cast<size_t>(reader.box)].push_back(value.source);
    }
    for (DiagramValue& value : result_.values) {
      std::erase_if(value.readers, [&](const DiagramReader& reader) {
        return reader.change == Change::removed &&
               leads(sources.at(Change::added), value.source, reader.box, Change::added);
      });
      for (DiagramReader& reader : value.readers)
        if (reader.change == Change::added &&
            leads(sources.at(Change::removed), value.source, reader.box, Change::removed))
          reader.change = Change::same;
    }
  }

  // Is there a way from a box to another, both in both graphs, through boxes of one alone?
  bool leads(const std::vector<std::vector<int>>& sources, int from, int to, Change through) {
    if (in_one(box(from)) || in_one(box(to))) return false;
    std::set<int> seen;
    for (std::vector<int> open = {to}; !open.empty();) {
      const int index = open.back();
      open.pop_back();
      for (int source : sources[static_cast<size_t>(index)]) {
        if (source == from && index != to) return true;
        if (box(source).change == through && seen.insert(source).second) open.push_back(source);
      }
    }
    return false;
  }

  static bool in_one(const DiagramBox& box) {
    return box.change == Change::added || box.change == Change::removed;
  }

  // Parents before their contents, which follow them at once; blocks that hold nothing any more are left out.
  void sort_boxes() {
    std::vector<bool> holds(result_.boxes.size());
    for (size_t i = 0; i < holds.size(); ++i)
      if (!is_block(result_.boxes[i])) mark_around(static_cast<int>(i), holds);
    std::vector<int> order, open = {0};
    while (!open.empty()) {
      const int index = open.back();
      open.pop_back();
      if (!holds[static_cast<size_t>(index)] && index > 0) continue;
      order.push_back(index);
      const std::vector<int>& inside = child_list(index);
      open.insert(open.end(), inside.rbegin(), inside.rend());
    }
    move_boxes(order);
  }

  void mark_around(int index, std::vector<bool>& holds) {
    for (; index >= 0 && !holds[static_cast<size_t>(index)]; index = box(index).parent)
      holds[static_cast<size_t>(index)] = true;
  }

  void move_boxes(const std::vector<int>& order) {
    std::vector<int> place(result_.boxes.size(), -1);
    std::vector<DiagramBox> boxes;
    for (int index : order) {
      place[static_cast<size_t>(index)] = static_cast<int>(boxes.size());
      boxes.push_back(std::move(box(index)));
      DiagramBox& moved = boxes.back();
      if (moved.parent >= 0) moved.parent = place[static_cast<size_t>(moved.parent)];
    }
    result_.boxes = std::move(boxes);
    for (DiagramValue& value : result_.values) {
      value.source = place[static_cast<size_t>(value.source)];
      for (DiagramReader& reader : value.readers) reader.box = place[static_cast<size_t>(reader.box)];
    }
  }

  // Only what has changed in the same way may be drawn once.
  void number_anew() {
    using Key = std::pair<std::pair<Change, int>, std::vector<std::string>>;
    std::map<Key, int> numbers;
    for (DiagramBox& one : result_.boxes) {
      if (is_block(one)) continue;
      const Key key{{one.change, one.structure}, one.changes};
      one.structure = numbers.emplace(key, static_cast<int>(numbers.size())).first->second;
    }
    number_structures(result_);
  }

  const Diagram& before_;
  const GraphDiff& diff_;
  const int nodes_;
  Diagram result_;
  std::vector<std::vector<int>> children_;
  std::map<Thing, int> places_;
  std::unordered_map<std::string, const GraphDiff::Entry*> block_entries_, old_blocks_, output_entries_;
  std::unordered_map<int, const GraphDiff::Entry*> node_entries_;
  std::unordered_map<int, int> now_;      // of the first diagram's boxes: their places here
  std::unordered_map<int, int> last_in_;  // by frame: the last one that the first graph has there
  std::map<std::pair<int, int>, size_t> values_;
  std::set<std::string> paths_;
};

}  // namespace

Diagram merge_graphs(const Diagram& before, Diagram after, const GraphDiff& diff, int nodes) {
  return Merging(before, std::move(after), diff, nodes).run();
}

}  // namespace orrery
