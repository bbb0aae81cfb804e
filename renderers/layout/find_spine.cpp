#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

// The number of items on the longest path from each item on, itself included, if it goes down rank by
// rank; long links do not count, since a main line has a box in each rank.
std::vector<int> heights(const Interior& in, const std::vector<std::vector<int>>& next) {
  std::vector<int> by_rank(in.items.size());
  for (size_t i = 0; i < by_rank.size(); ++i) by_rank[i] = static_cast<int>(i);
  std::stable_sort(by_rank.begin(), by_rank.end(), [&](int a, int b) { return in.items[a].rank > in.items[b].rank; });
  std::vector<int> height(in.items.size(), 1);
  for (int i : by_rank)
    for (int sink : next[i]) height[i] = std::max(height[i], height[sink] + 1);
  return height;
}

// The middle one of those that reach farthest: equal branches then lie on both sides of it.
int choose(const std::vector<int>& candidates, const std::vector<int>& height) {
  int most = 0;
  for (int item : candidates) most = std::max(most, height[item]);
  std::vector<int> best;
  for (int item : candidates)
    if (height[item] == most && (best.empty() || best.back() != item)) best.push_back(item);
  return best[(best.size() - 1) / 2];
}

}  // namespace

void find_spine(Interior& in) {
  std::vector<std::vector<int>> next(in.items.size());
  for (const Link& link : in.links)
    if (!link.backward && in.items[link.sink].rank == in.items[link.source].rank + 1) next[link.source].push_back(link.sink);
  for (auto& sinks : next) std::sort(sinks.begin(), sinks.end());
  in.spine.assign(in.rows.size(), -1);
  if (!in.items.empty()) {
    std::vector<int> all(in.items.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
    const std::vector<int> height = heights(in, next);
    int item = choose(all, height);
    for (in.spine[in.items[item].rank] = item; !next[item].empty(); in.spine[in.items[item].rank] = item)
      item = choose(next[item], height);
  }
  for (size_t rank = 0; rank < in.spine.size(); ++rank) {
    if (in.spine[rank] < 0) {
      in.spine[rank] = static_cast<int>(in.items.size());
      in.items.push_back({.kind = Item::Kind::axis, .rank = static_cast<int>(rank)});
    }
    in.items[in.spine[rank]].main = true;
  }
}

}  // namespace orrery::layout
