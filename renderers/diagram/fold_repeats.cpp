#include <algorithm>
#include <map>
#include <set>

#include "renderers/diagram/chain.h"
#include "renderers/diagram/merge_boxes.h"
#include "renderers/diagram/passes.h"

namespace orrery {
namespace {

void name_repeats(Diagram& diagram, const Chain& chain) {
  DiagramBox& first = diagram.boxes[static_cast<size_t>(chain.members[0])];
  const std::string last = diagram.boxes[static_cast<size_t>(chain.members.back())].title;
  first.repeat = static_cast<int>(chain.members.size());
  first.shared = chain.shared;
  if (first.title != last) first.title += " … " + last;
  first.title += (chain.shared ? " shared ×" : " ×") + std::to_string(first.repeat);
}

/// Folds one chain after another into its first member, all at once in the end.
class Folding {
 public:
  explicit Folding(Diagram& diagram)
      : diagram_(diagram), into_(diagram.boxes.size()), busy_(diagram.boxes.size()) {
    for (size_t i = 0; i < into_.size(); ++i) into_[i] = static_cast<int>(i);
  }

  void fold(const Chain& chain) {
    if (busy_[static_cast<size_t>(chain.members[0])]) return;
    for (size_t k = 0; k < chain.members.size(); ++k)
      for (int offset = 0; offset < chain.size; ++offset) {
        const int first = chain.members[0] + offset, other = chain.members[k] + offset;
        into_[static_cast<size_t>(other)] = first;
        busy_[static_cast<size_t>(other)] = true;
        add_member(first, other);
        add_fused(first, other);
      }
    name_repeats(diagram_, chain);
  }

  /// Was there anything to fold?
  bool finish() {
    if (std::find(busy_.begin(), busy_.end(), true) == busy_.end()) return false;
    for (DiagramValue& value : diagram_.values)
      if (is_away(value.source)) move_readers(value);
    std::erase_if(diagram_.values, [&](const DiagramValue& value) { return is_away(value.source); });
    for (DiagramValue& value : diagram_.values)
      std::erase_if(value.readers, [&](const DiagramReader& reader) { return is_away(reader.box); });
    merge_boxes(diagram_, into_);
    return true;
  }

 private:
  bool is_away(int box) const { return into_[static_cast<size_t>(box)] != box; }

  using Key = std::pair<int, int>;  // of a value: its source and output

  void add_member(int first, int other) {
    std::vector<std::string>& members = diagram_.boxes[static_cast<size_t>(first)].members;
    const DiagramBox& box = diagram_.boxes[static_cast<size_t>(other)];
    if (box.members.empty())
      members.push_back(box.path);
    else if (other != first)
      members.insert(members.end(), box.members.begin(), box.members.end());
  }

  void add_fused(int first, int other) {
    std::vector<std::string>& fused = diagram_.boxes[static_cast<size_t>(first)].fused;
    const std::vector<std::string>& more = diagram_.boxes[static_cast<size_t>(other)].fused;
    if (other != first) fused.insert(fused.end(), more.begin(), more.end());
  }

  // What reads the last member's result reads the first one's in its place. Lines from one member to the
  // next go away with their readers.
  void move_readers(DiagramValue& value) {
    if (values_.empty())
      for (size_t i = 0; i < diagram_.values.size(); ++i)
        values_.emplace(Key{diagram_.values[i].source, diagram_.values[i].output}, i);
    const int source = into_[static_cast<size_t>(value.source)];
    auto& readers = diagram_.values[values_.at({source, value.output})].readers;
    for (const DiagramReader& reader : value.readers)
      if (!is_away(reader.box)) readers.push_back(reader);
  }

  Diagram& diagram_;
  std::vector<int> into_;
  std::vector<bool> busy_;  // in a chain that this round folds
  std::map<Key, size_t> values_;
};

}  // namespace

// Each round folds the outermost chains that are left, since those inside of their members are one
// afterwards.
void fold_repeats(Diagram& diagram) {
  for (bool again = true; again;) {
    const Chains chains(diagram);
    Folding folding(diagram);
    for (int frame = 0; frame < static_cast<int>(diagram.boxes.size()); ++frame)
      for (const Chain& chain : chains.in(frame)) folding.fold(chain);
    again = folding.finish();
  }
}

}  // namespace orrery
