#include <algorithm>

#include "renderers/styles/volume.h"

namespace orrery {
namespace {

using Kind = Stage::Kind;

/// Finds which stages touch the one before.
class Grouping {
 public:
  Grouping(const Stages& stages, Touching touching)
      : stages_(stages),
        touching_(touching),
        readers_(stages.stages.size()),
        inputs_(stages.stages.size()),
        group_of_(stages.stages.size(), -1) {
    for (const StageLine& line : stages.lines) {
      readers_[line.from].push_back(line.to);
      inputs_[line.to].push_back(line.from);
    }
  }

  std::vector<std::vector<int>> groups() {
    for (size_t i = 0; i < stages_.stages.size(); ++i) {
      const int stage = static_cast<int>(i), before = touched_by(stage);
      group_of_[stage] = before < 0 ? static_cast<int>(groups_.size()) : group_of_[before];
      if (before < 0) groups_.emplace_back();
      groups_[group_of_[stage]].push_back(stage);
    }
    return std::move(groups_);
  }

 private:
  // The stage that this one touches; −1 for none.
  int touched_by(int index) const {
    if (touching_ == Touching::none || inputs_[index].empty()) return -1;
    const int before = *std::max_element(inputs_[index].begin(), inputs_[index].end());
    const Stage &stage = stages_.stages[index], &other = stages_.stages[before];
    if (!is_solid(stage) || !is_solid(other) || other.map.sizes.empty()) return -1;
    if (before > index || groups_[group_of_[before]].back() != before ||
        groups_[group_of_[before]].size() > 4)
      return -1;
    if (!is_read_next_by(before, index)) return -1;
    if (stage.kind == Kind::joined)
      return touching_ == Touching::under_skips && other.kind == Kind::upwards ? before : -1;
    if (inputs_[index].size() != 1 || other.kind == Kind::input || makes_smaller(other)) return -1;
    if (stage.kind == Kind::pooling) return stage.map.sizes.empty() ? -1 : before;
    const bool same = stage.kind == Kind::convolution && stage.map.sizes == other.map.sizes;
    return same && other.kind != Kind::upwards ? before : -1;
  }

  static bool makes_smaller(const Stage& stage) {
    return stage.kind == Kind::pooling && stage.map.sizes != stage.from.sizes;
  }

  // Nobody else reads it, but for what joins it again later on.
  bool is_read_next_by(int before, int index) const {
    return std::all_of(readers_[before].begin(), readers_[before].end(), [&](int reader) {
      const Kind kind = stages_.stages[reader].kind;
      return reader == index || (touching_ == Touching::under_skips && reader > index &&
                                 (kind == Kind::joined || kind == Kind::symbol));
    });
  }

  const Stages& stages_;
  Touching touching_;
  std::vector<std::vector<int>> readers_, inputs_, groups_;
  std::vector<int> group_of_;
};

}  // namespace

bool is_solid(const Stage& stage) {
  return stage.map.kind != FeatureMap::Kind::none && stage.kind != Stage::Kind::symbol &&
         stage.kind != Stage::Kind::other;
}

std::vector<std::vector<int>> touching_stages(const Stages& stages, Touching touching) {
  return Grouping(stages, touching).groups();
}

}  // namespace orrery
