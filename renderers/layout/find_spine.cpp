#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

/// How good a way on is: first by how much of the drawing's main line it has, then by its boxes.
struct Weight {
  int main = 0, boxes = 0;
  auto operator<=>(const Weight&) const = default;
};

struct Step {
  int lower;
  bool main;
};

bool on_main_line(const Interior& in, const Hop& hop) {
  if (hop.link >= 0) return in.links[hop.link].main;
  const Chain& chain = in.chains[hop.chain];
  return std::any_of(chain.links.begin(), chain.links.end(), [&](int link) {
    return in.links[link].main && in.items[hop.lower].rank < in.items[in.links[link].sink].rank;
  });
}

std::vector<std::vector<Step>> steps_of(const Interior& in) {
  std::vector<std::vector<Step>> steps(in.items.size());
  for (const Hop& hop : in.hops)
    if (!in.chains[hop.chain].backward) steps[hop.upper].push_back({hop.lower, on_main_line(in, hop)});
  for (auto& some : steps)
    std::stable_sort(some.begin(), some.end(),
                     [](const Step& a, const Step& b) { return a.lower < b.lower; });
  return steps;
}

Weight weight_of(const Step& step, const std::vector<Weight>& weights) {
  return {weights[step.lower].main + (step.main ? 1 : 0), weights[step.lower].boxes};
}

std::vector<Weight> weights_of(const Interior& in, const std::vector<std::vector<Step>>& steps) {
  std::vector<int> upwards(in.items.size());
  for (size_t i = 0; i < upwards.size(); ++i) upwards[i] = static_cast<int>(i);
  std::stable_sort(upwards.begin(), upwards.end(),
                   [&](int a, int b) { return in.items[a].rank > in.items[b].rank; });
  std::vector<Weight> weights(in.items.size());
  for (int i : upwards) {
    for (const Step& step : steps[i]) weights[i] = std::max(weights[i], weight_of(step, weights));
    if (in.items[i].kind != Item::Kind::bend) ++weights[i].boxes;
  }
  return weights;
}

// The middle one of the best: equal branches then lie on both sides of it.
int middle(const std::vector<int>& best) { return best[(best.size() - 1) / 2]; }

int first_of(const std::vector<Weight>& weights) {
  const Weight most = *std::max_element(weights.begin(), weights.end());
  std::vector<int> best;
  for (size_t i = 0; i < weights.size(); ++i)
    if (weights[i] == most) best.push_back(static_cast<int>(i));
  return middle(best);
}

int next_of(const std::vector<Step>& steps, const std::vector<Weight>& weights) {
  Weight most;
  for (const Step& step : steps) most = std::max(most, weight_of(step, weights));
  std::vector<int> best;
  for (const Step& step : steps)
    if (weight_of(step, weights) == most && (best.empty() || best.back() != step.lower))
      best.push_back(step.lower);
  return middle(best);
}

}  // namespace

void find_spine(Interior& in) {
  in.spine.assign(in.rows.size(), -1);
  if (!in.items.empty()) {
    const auto steps = steps_of(in);
    const std::vector<Weight> weights = weights_of(in, steps);
    int item = first_of(weights);
    for (in.spine[in.items[item].rank] = item; !steps[item].empty(); in.spine[in.items[item].rank] = item)
      item = next_of(steps[item], weights);
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
