#include <algorithm>
#include <map>
#include <set>

#include "renderers/diagram/box_tree.h"
#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/step_frames.h"
#include "renderers/diagram/time_steps.h"
#include "renderers/diagram/value_text.h"
#include "runtime/graph/loops.h"

namespace orrery {
namespace {

/// One loop, whose two ends stand open in a frame with what is between them.
class ScanDrawing {
 public:
  ScanDrawing(Diagram& diagram, BoxTree& tree, const Loop& loop, int begin, int end)
      : diagram_(diagram), tree_(tree), loop_(loop), begin_(begin), end_(end), frame_(box(begin).parent) {}

  void run(TimeView view) {
    const Dim length = loop_.length();
    name_carries();
    const bool rolled = view == TimeView::rolled;
    DiagramBox around = line_frame("steps shared ×" + last_step(length));
    if (!length.known() && shape_text({length}) != "T") around.title += ", T = " + shape_text({length});
    around.path = box(begin_).path;
    around.direction = box(frame_).direction;
    const int line = tree_.add(std::move(around), frame_, begin_);
    const std::vector<DrawnStep> steps = rolled ? std::vector<DrawnStep>{{"t"}} : drawn_steps(length);
    step_ = tree_.add(step_frame(steps[0].name), line);
    box(step_).path = box(begin_).path;
    move_body();
    replace_begin();
    read_end();
    if (rolled)
      roll(line, length);
    else
      unroll(line, steps);
    finish_end(length, rolled);
  }

 private:
  DiagramBox& box(int index) { return diagram_.boxes[static_cast<size_t>(index)]; }
  DiagramValue& value(size_t index) { return diagram_.values[index]; }
  size_t carries() const { return static_cast<size_t>(loop_.carries()); }

  // `memory,gate`: what the script calls the carries, where it has a table of them.
  void name_carries() {
    const std::string names = loop_.end->attributes().text("names");
    size_t from = 0;
    for (size_t i = 0; i < carries(); ++i) {
      const size_t comma = std::min(names.find(',', from), names.size());
      std::string name = plain_text(names.substr(std::min(from, names.size()), comma - from), 16);
      const bool number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
      if (name.empty() || number) {
        const Node& next = *loop_.next()[i].node;
        name = plain_text(next.origin().label, 16);
      }
      names_.push_back(name.empty() ? "carry" : name);
      from = std::min(comma + 1, names.size());
    }
  }

  // Everything beside the two ends that is computed in each step.
  void move_body() {
    std::set<int> body;
    for (const Node* node : loop_.body) body.insert(node->id());
    const std::vector<int> beside = tree_.children(frame_);
    for (int child : beside) {
      bool all = child != begin_ && child != end_, any = false;
      for (int inside : tree_.inside(child))
        for (int node : box(inside).nodes) any = true, all = all && body.contains(node);
      if (any && all) tree_.move(child, step_);
    }
  }

  // The begin becomes a box for each carry and one for each slice.
  void replace_begin() {
    for (size_t i = 0; i < diagram_.values.size(); ++i) {
      if (value(i).source != begin_ || value(i).node_output == 0) continue;
      const auto output = static_cast<size_t>(value(i).node_output - 1);
      DiagramBox made{.kind = DiagramBox::Kind::operation, .path = box(begin_).path};
      made.category = output < carries() ? Category::shape : Category::indexing;
      made.nodes = {loop_.begin->id()};
      made.title = output < carries() ? names_[output] : with_index("x", slice_step_);
      if (output >= carries() && loop_.begin->inputs().size() > carries() + 1)
        made.note = std::to_string(output - carries() + 1);
      const int index = tree_.add(std::move(made), step_);
      ends_[static_cast<int>(output)] = index;
      value(i).source = index;
      value(i).output = 0;
    }
    for (DiagramValue& value : diagram_.values)
      for (size_t i = value.readers.size(); i-- > 0;) {
        DiagramReader& reader = value.readers[i];
        if (reader.box != begin_) continue;
        const auto to = ends_.find(reader.input);
        if (to == ends_.end())
          value.readers.erase(value.readers.begin() + static_cast<std::ptrdiff_t>(i));
        else
          reader.box = to->second, reader.port = 0;
      }
    tree_.remove(begin_);
  }

  // The values that a step hands on, and those that are stacked.
  void read_end() {
    next_.assign(carries(), -1);
    for (size_t i = 0; i < diagram_.values.size(); ++i) {
      auto& readers = value(i).readers;
      for (size_t k = readers.size(); k-- > 0;) {
        if (readers[k].box != end_) continue;
        const auto at = static_cast<size_t>(readers[k].input) - 1;
        if (at >= carries() && at < 2 * carries())
          next_[at - carries()] = static_cast<int>(i);
        else if (at >= 2 * carries())
          stacked_.push_back(i);
        readers.erase(readers.begin() + static_cast<std::ptrdiff_t>(k));
      }
    }
  }

  void roll(int line, const Dim& length) {
    for (size_t i = 0; i < carries(); ++i)
      if (next_[i] >= 0 && ends_.contains(static_cast<int>(i)))
        carry_on(value(static_cast<size_t>(next_[i])), ends_.at(static_cast<int>(i)), 0, names_[i]);
    const std::vector<int> inside = tree_.children(step_);
    for (int child : inside) tree_.move(child, line);
    tree_.remove(step_);
    box(line).time = DiagramBox::Time::none;
    if (length.known()) box(line).repeat = static_cast<int>(length.value());
    last_ = next_;
    for (size_t i : stacked_) stacks_.push_back({static_cast<int>(i)});
  }

  /// Where a step reads its carries, and what it gives.
  struct Column {
    std::map<int, int> ends;
    std::vector<int> next, stacked;  // values; -1: none
  };

  void unroll(int line, const std::vector<DrawnStep>& steps) {
    Column first{ends_, next_, {}};
    for (size_t i : stacked_) first.stacked.push_back(static_cast<int>(i));
    const bool reverse = loop_.end->attributes().boolean("reverse");
    std::vector<Column> columns = {first};
    for (size_t k = 1; k < steps.size(); ++k)
      columns.push_back(steps[k].gap ? gap(first, steps[k], line) : copy(first, steps[k], line));
    for (size_t k = 1; k < columns.size(); ++k)
      reverse ? hand_on(columns[k], columns[k - 1]) : hand_on(columns[k - 1], columns[k]);
    const Column &entered = reverse ? columns.back() : columns.front(),
                 &left = reverse ? columns.front() : columns.back();
    if (reverse) move_entry(first, entered);
    last_ = left.next;
    stacks_.resize(stacked_.size());
    for (const Column& column : columns)
      for (size_t i = 0; i < column.stacked.size(); ++i) stacks_[i].push_back(column.stacked[i]);
    for (const auto& [output, index] : ends_)
      if (static_cast<size_t>(output) >= carries()) box(index).title = with_index("x", steps[0].name);
  }

  // What comes from outside, each copy reads too, but the first carries.
  Column copy(const Column& first, const DrawnStep& step, int line) {
    const size_t before = diagram_.values.size();
    const std::map<int, int> copies = tree_.copy(step_, line);
    box(copies.at(step_)).title = "t = " + step.name;
    Column made;
    for (const auto& [output, index] : first.ends) {
      made.ends[output] = copies.at(index);
      if (static_cast<size_t>(output) >= carries()) box(copies.at(index)).title = with_index("x", step.name);
    }
    std::map<std::pair<int, int>, int> copied;  // by source and output
    for (size_t i = before; i < diagram_.values.size(); ++i)
      copied[{value(i).source, value(i).output}] = static_cast<int>(i);
    const auto of = [&](int index) {
      if (index < 0) return -1;
      const auto at = copies.find(value(static_cast<size_t>(index)).source);
      return at == copies.end() ? -1 : copied.at({at->second, value(static_cast<size_t>(index)).output});
    };
    for (int index : first.next) made.next.push_back(of(index));
    for (int index : first.stacked) made.stacked.push_back(of(index));
    read_outside(before, [&](int reader) {
      const auto at = copies.find(reader);
      return at == copies.end() || is_carry(reader) ? -1 : at->second;
    });
    return made;
  }

  bool is_carry(int index) const {
    return std::any_of(ends_.begin(), ends_.end(), [&](const auto& end) {
      return end.second == index && static_cast<size_t>(end.first) < carries();
    });
  }

  template <class Place>
  void read_outside(size_t count, const Place& place) {
    const std::vector<int> inside = tree_.inside(step_);
    const std::set<int> own(inside.begin(), inside.end());
    for (size_t i = 0; i < count; ++i) {
      if (own.contains(value(i).source)) continue;
      std::vector<DiagramReader> more;
      for (const DiagramReader& reader : value(i).readers)
        if (const int to = own.contains(reader.box) ? place(reader.box) : -1; to >= 0) {
          more.push_back(reader);
          more.back().box = to;
        }
      value(i).readers.insert(value(i).readers.end(), more.begin(), more.end());
    }
  }

  // A gap reads each value once.
  Column gap(const Column& first, const DrawnStep& step, int line) {
    DiagramBox skipped = gap_box("t = " + step.name);
    skipped.path = box(step_).path;
    const int index = tree_.add(std::move(skipped), line);
    int port = 0;
    std::set<size_t> read;
    const size_t count = diagram_.values.size();
    const std::vector<int> inside = tree_.inside(step_);
    const std::set<int> own(inside.begin(), inside.end());
    for (size_t i = 0; i < count; ++i) {
      if (own.contains(value(i).source)) continue;
      const bool reads = std::any_of(
          value(i).readers.begin(), value(i).readers.end(),
          [&](const DiagramReader& reader) { return own.contains(reader.box) && !is_carry(reader.box); });
      if (reads) value(i).readers.push_back({.box = index, .port = port++});
    }
    Column made;
    int output = 0;
    for (const auto& [at, end] : first.ends) made.ends[at] = index;
    const auto add = [&](std::vector<int>& list) {
      list.push_back(static_cast<int>(diagram_.values.size()));
      diagram_.values.push_back({.source = index, .output = output++});
    };
    for (size_t i = 0; i < first.next.size(); ++i) add(made.next);
    for (size_t i = 0; i < first.stacked.size(); ++i) add(made.stacked);
    gap_port_ = port;
    gap_ = index;
    return made;
  }

  void hand_on(const Column& from, const Column& to) {
    for (size_t i = 0; i < carries(); ++i) {
      const auto end = to.ends.find(static_cast<int>(i));
      if (from.next[i] < 0 || end == to.ends.end()) continue;
      const int port = end->second == gap_ ? gap_port_ + static_cast<int>(i) : 0;
      carry_on(value(static_cast<size_t>(from.next[i])), end->second, port, names_[i]);
    }
  }

  // A loop from the end has its first carries in its last step.
  void move_entry(const Column& first, const Column& entered) {
    for (DiagramValue& value : diagram_.values)
      for (DiagramReader& reader : value.readers)
        for (size_t i = 0; i < carries(); ++i)
          if (const auto at = first.ends.find(static_cast<int>(i));
              at != first.ends.end() && reader.box == at->second && !reader.later)
            reader.box = entered.ends.at(static_cast<int>(i));
  }

  // The end becomes a box for each stack; its last carries come from the last step itself.
  void finish_end(const Dim& length, bool rolled) {
    for (size_t i = 0, count = diagram_.values.size(); i < count; ++i) {
      if (value(i).source != end_) continue;
      const auto output = static_cast<size_t>(value(i).node_output);
      if (output < carries()) {
        if (last_[output] < 0 || value(i).readers.empty()) continue;
        give_last(i, output);
      } else if (!value(i).readers.empty()) {
        stack(i, output - carries(), rolled ? "T" : last_step(length));
      }
    }
    for (DiagramValue& value : diagram_.values)
      if (value.source == end_) value.readers.clear();
    tree_.remove(end_);
  }

  void give_last(size_t index, size_t carry) {
    const DiagramValue old = value(index);
    const auto from = static_cast<size_t>(last_[carry]);
    auto& readers = value(from).readers;
    readers.insert(readers.end(), old.readers.begin(), old.readers.end());
    value(index).readers.clear();
  }

  void stack(size_t index, size_t which, const std::string& last) {
    DiagramBox all{.kind = DiagramBox::Kind::operation, .path = box(end_).path};
    all.category = Category::shape;
    all.nodes = {loop_.end->id()};
    all.title = with_index("y", "1") + " … " + with_index("y", last);
    const int box = tree_.add(std::move(all), frame_);
    int port = 0;
    for (int from : stacks_[which])
      if (from >= 0) value(static_cast<size_t>(from)).readers.push_back({.box = box, .port = port++});
    value(index).source = box;
    value(index).output = 0;
  }

  Diagram& diagram_;
  BoxTree& tree_;
  const Loop& loop_;
  int begin_, end_, frame_;
  int step_ = -1;
  const std::string slice_step_ = "t";
  std::vector<std::string> names_;
  std::map<int, int> ends_;  ///< boxes for the begin's carries, then its slices
  std::vector<int> next_, last_;
  std::vector<size_t> stacked_;
  std::vector<std::vector<int>> stacks_;  ///< by stack: the values of its steps
  int gap_ = -2, gap_port_ = 0;
};

// The box that stands for one node alone; -1: it lies in a folded block, or is not drawn.
int box_of(const Diagram& diagram, const BoxTree& tree, int node) {
  for (int index : tree.inside(0)) {
    const DiagramBox& box = diagram.boxes[static_cast<size_t>(index)];
    if (box.kind == DiagramBox::Kind::operation && box.nodes == std::vector<int>{node}) return index;
  }
  return -1;
}

}  // namespace

void open_scans(Diagram& diagram, const Graph& graph, TimeView view) {
  const Loops loops(graph);
  for (const Loop& loop : loops.all()) {
    // A loop inside of another one is drawn as its two ends.
    if (loop.around >= 0) continue;
    BoxTree tree(diagram);
    const int begin = box_of(diagram, tree, loop.begin->id()), end = box_of(diagram, tree, loop.end->id());
    if (begin < 0 || end < 0) continue;
    const auto& boxes = diagram.boxes;
    if (boxes[static_cast<size_t>(begin)].parent != boxes[static_cast<size_t>(end)].parent) continue;
    ScanDrawing(diagram, tree, loop, begin, end).run(view);
    tree.finish();
  }
}

}  // namespace orrery
