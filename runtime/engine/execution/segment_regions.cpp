#include "runtime/engine/execution/segment_regions.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

namespace orrery {
namespace {

// Waking threads and waiting for them, measured on two cores: 2 to 5.
constexpr double kMicrosecondsToPart = 5;
// A region has to save as much again, and a fifth of what its branches take, for times are estimates.
constexpr double kLeastSaved = 5, kLeastShareSaved = 0.2;
// How far branches are looked for, and how many parts may wait behind lanes.
constexpr size_t kLongestRegion = 256, kLongestChain = 64, kMostBehind = 64;

// Parts from one on, told apart by what they need from each other.
class Branches {
 public:
  /// False: the part is in no branch.
  bool add(size_t place, const RegionPart& part) {
    const std::optional<size_t> owner = part.lone ? std::nullopt : owner_of(part);
    const size_t of = owner.value_or(kBehind);
    if (owner && *owner == branches_.size()) branches_.emplace_back();
    if (owner) {
      branches_[of].parts.push_back(place);
      branches_[of].microseconds += part.microseconds;
    } else {
      behind_.push_back(place);
    }
    for (const int at : part.reads) note(touched_[at].readers, of);
    for (const int at : part.writes) note(touched_[at].writers, of);
    return owner.has_value();
  }

  size_t count() const { return branches_.size(); }
  const std::vector<size_t>& behind() const { return behind_; }

  struct Branch {
    std::vector<size_t> parts;
    double microseconds = 0;
  };
  /// The longest first, each to the lane that has the least to do.
  std::vector<Branch> lanes(size_t most) const {
    std::vector<size_t> order(branches_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](size_t i) { return branches_[i].microseconds; });
    std::vector<Branch> lanes(std::min(most, branches_.size()));
    for (const size_t i : order) {
      Branch& least = *std::ranges::min_element(lanes, {}, &Branch::microseconds);
      least.parts.insert(least.parts.end(), branches_[i].parts.begin(), branches_[i].parts.end());
      least.microseconds += branches_[i].microseconds;
    }
    for (Branch& lane : lanes) std::ranges::sort(lane.parts);
    return lanes;
  }

 private:
  static constexpr size_t kBehind = ~size_t{0};
  using Owners = std::vector<size_t>;
  struct Touched {
    Owners readers, writers;
  };
  static void note(Owners& owners, size_t one) {
    if (std::ranges::find(owners, one) == owners.end()) owners.push_back(one);
  }

  // The branch that the part goes on with, or a new one; none where it needs several, or what is behind.
  std::optional<size_t> owner_of(const RegionPart& part) const {
    Owners needed;
    const auto need = [&](int place, bool writes) {
      const auto found = touched_.find(place);
      if (found == touched_.end()) return;
      for (const size_t of : found->second.writers) note(needed, of);
      for (const size_t of : writes ? found->second.readers : Owners()) note(needed, of);
    };
    for (const int place : part.reads) need(place, false);
    for (const int place : part.writes) need(place, true);
    if (needed.empty()) return branches_.size();
    return needed.size() == 1 && needed[0] != kBehind ? std::optional(needed[0]) : std::nullopt;
  }

  std::vector<Branch> branches_;
  std::vector<size_t> behind_;
  std::unordered_map<int, Touched> touched_;  ///< by place
};

// What parting saves; negative where it does not pay.
double saved_by(const std::vector<Branches::Branch>& lanes) {
  double whole = 0, longest = 0;
  for (const auto& lane : lanes) {
    whole += lane.microseconds;
    longest = std::max(longest, lane.microseconds);
  }
  const double saved = whole - longest - kMicrosecondsToPart;
  return saved >= std::max(kLeastSaved, kLeastShareSaved * whole) ? saved : -1;
}

// The one that saves most of those that begin there.
std::optional<SegmentRegion> region_from(const std::vector<RegionPart>& parts, size_t first, size_t threads) {
  Branches branches;
  std::optional<SegmentRegion> best;
  double saved = 0;
  const size_t end = std::min(parts.size(), first + kLongestRegion);
  for (size_t i = first; i < end && branches.behind().size() <= kMostBehind; ++i) {
    if (branches.count() < 2 && i - first > kLongestChain) break;
    if (parts[i].idle) continue;
    const bool in_branch = branches.add(i, parts[i]);
    if (i == first && !in_branch) break;
    if (!in_branch || branches.count() < 2) continue;
    const auto lanes = branches.lanes(threads);
    if (saved_by(lanes) <= saved) continue;
    saved = saved_by(lanes);
    best = SegmentRegion{.first = first, .count = i + 1 - first, .behind = branches.behind()};
    for (const auto& lane : lanes) best->lanes.push_back(lane.parts);
  }
  return best;
}

}  // namespace

std::vector<SegmentRegion> find_regions(const std::vector<RegionPart>& parts, size_t threads) {
  std::vector<SegmentRegion> regions;
  for (size_t i = 0; threads > 1 && i < parts.size();) {
    auto region = parts[i].idle || parts[i].lone ? std::nullopt : region_from(parts, i, threads);
    if (region) regions.push_back(std::move(*region));
    i = region ? regions.back().end() : i + 1;
  }
  return regions;
}

}  // namespace orrery
