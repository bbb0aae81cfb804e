#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "renderers/diagram/box_tree.h"
#include "renderers/diagram/time_steps.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

using Time = DiagramBox::Time;

/// One line of steps, which become the first of them.
class Rolling {
 public:
  Rolling(Diagram& diagram, BoxTree& tree, int line)
      : diagram_(diagram), tree_(tree), line_(line), steps_(tree.children(line)) {}

  void run() {
    place_boxes();
    for (size_t i = 0; i < diagram_.values.size(); ++i)
      if (step_of(diagram_.values[i].source) == 0)
        base_[{diagram_.values[i].source, diagram_.values[i].output}] = i;
    for (size_t i = 0, count = diagram_.values.size(); i < count; ++i) roll(i);
    for (size_t k = 1; k < steps_.size(); ++k) tree_.remove(steps_[k]);
    for (const std::vector<int> inside = tree_.children(steps_[0]); int child : inside)
      tree_.move(child, line_);
    tree_.remove(steps_[0]);
    DiagramBox& frame = box(line_);
    frame.time = Time::none;
    frame.repeat = static_cast<int>(steps_.size());
  }

 private:
  DiagramBox& box(int index) { return diagram_.boxes[static_cast<size_t>(index)]; }

  int step_of(int box) const {
    const auto at = place_.find(box);
    return at == place_.end() ? -1 : at->second.first;
  }
  int base_of(int box) const { return base_boxes_[place_.at(box).second]; }

  void place_boxes() {
    base_boxes_ = tree_.inside(steps_[0]);
    for (size_t k = 0; k < steps_.size(); ++k) {
      const std::vector<int> boxes = tree_.inside(steps_[k]);
      if (boxes.size() != base_boxes_.size())
        refuse(fmt::format("the first has {} boxes, step {} has {}", base_boxes_.size() - 1, k + 1,
                           boxes.size() - 1));
      for (size_t i = 0; i < boxes.size(); ++i) {
        require_alike(box(base_boxes_[i]), box(boxes[i]), k);
        place_[boxes[i]] = {static_cast<int>(k), i};
        take(box(base_boxes_[i]), box(boxes[i]), k);
      }
    }
  }

  void require_alike(const DiagramBox& base, const DiagramBox& other, size_t step) {
    const bool block = base.kind == DiagramBox::Kind::frame || base.kind == DiagramBox::Kind::folded;
    if (base.kind == other.kind && (block || base.title == other.title)) return;
    refuse(fmt::format("where the first has '{}', step {} has '{}'", base.title, step + 1, other.title));
  }

  [[noreturn]] void refuse(const std::string& how) {
    throw Error(Fault::usage,
                fmt::format("rolled: the steps of '{}' differ: {}",
                            box(line_).path.empty() ? diagram_.title : box(line_).path, how),
                {}, "The style 'unrolled' shows each of them.");
  }

  // What a box stands for, and what differs from step to step: which part of a sequence it takes.
  static void take(DiagramBox& base, const DiagramBox& other, size_t step) {
    base.members.push_back(other.path);
    if (step == 0) return;
    base.nodes.insert(base.nodes.end(), other.nodes.begin(), other.nodes.end());
    base.layers.insert(base.layers.end(), other.layers.begin(), other.layers.end());
    if (base.detail != other.detail) base.detail = "of each step";
    if (base.kind == DiagramBox::Kind::operation && base.note != other.note) base.note.clear();
  }

  void roll(size_t index) {
    const DiagramValue value = diagram_.values[index];
    const int from = step_of(value.source);
    std::vector<DiagramReader> kept;
    for (const DiagramReader& reader : value.readers) {
      const int to = step_of(reader.box);
      if (from < 0)
        to < 0 ? kept.push_back(reader) : enter(value, reader, to, kept);
      else if (to == from)
        from == 0 ? kept.push_back(reader) : void();
      else if (to < 0)
        leave(value, reader, from, kept);
      else
        hand_on(value, reader, from, kept);
    }
    auto& readers = diagram_.values[index].readers;
    readers.erase(readers.begin(), readers.begin() + static_cast<std::ptrdiff_t>(value.readers.size()));
    readers.insert(readers.begin(), kept.begin(), kept.end());
  }

  // What several steps read from one box outside is one line.
  void enter(const DiagramValue& value, DiagramReader reader, int to, std::vector<DiagramReader>& kept) {
    reader.box = base_of(reader.box);
    if (!entered_.insert({value.source, reader.box, reader.port}).second) return;
    if (to > 0 && looped_.contains({reader.box, reader.port})) return;
    kept.push_back(reader);
  }

  // What one box outside reads of several steps, too.
  void leave(const DiagramValue& value, const DiagramReader& reader, int from,
             std::vector<DiagramReader>& kept) {
    const std::array<int, 3> ends = {base_of(value.source), value.output, reader.box};
    const auto [at, is_new] = left_.emplace(ends, 1);
    if (!is_new) return;
    if (from == 0)
      kept.push_back(reader);
    else
      base_value(value).readers.push_back(reader);
  }

  void hand_on(const DiagramValue& value, DiagramReader reader, int from, std::vector<DiagramReader>& kept) {
    const std::array<int, 4> ends = {base_of(value.source), value.output, base_of(reader.box), reader.port};
    if (!handed_.insert(ends).second) return;
    reader.box = ends[2];
    looped_.insert({reader.box, reader.port});
    if (from == 0)
      kept.push_back(reader);
    else
      base_value(value).readers.push_back(reader);
  }

  DiagramValue& base_value(const DiagramValue& value) {
    const std::pair<int, int> key = {base_of(value.source), value.output};
    const auto at = base_.find(key);
    if (at != base_.end()) return diagram_.values[at->second];
    base_[key] = diagram_.values.size();
    DiagramValue made = value;
    made.source = key.first;
    made.readers.clear();
    diagram_.values.push_back(std::move(made));
    return diagram_.values.back();
  }

  Diagram& diagram_;
  BoxTree& tree_;
  int line_;
  std::vector<int> steps_;
  std::vector<int> base_boxes_;
  std::map<int, std::pair<int, size_t>> place_;  // of each box inside: its step, and which of its boxes it is
  std::map<std::pair<int, int>, size_t> base_;   // values of the first step by source and output
  std::set<std::array<int, 3>> entered_;
  std::map<std::array<int, 3>, int> left_;
  std::set<std::array<int, 4>> handed_;
  std::set<std::pair<int, int>> looped_;
};

}  // namespace

void roll_steps(Diagram& diagram) {
  BoxTree tree(diagram);
  for (int line = 0, count = static_cast<int>(diagram.boxes.size()); line < count; ++line)
    if (diagram.boxes[static_cast<size_t>(line)].time == Time::line) Rolling(diagram, tree, line).run();
  tree.finish();
}

}  // namespace orrery
