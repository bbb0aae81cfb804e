#include "runtime/governors/optimizer_turns.h"

#include <algorithm>
#include <numeric>

namespace orrery {

const std::vector<Attribute>& optimizer_use_attributes() {
  static const std::vector<Attribute> attributes = {
      {.name = "frequency",
       .doc = "updates in a row before it is the next optimizer's turn; none: all update at each step",
       .min = 1}};
  return attributes;
}

std::int64_t OptimizerTurns::updates_of(size_t optimizer, std::int64_t updates) const {
  if (frequencies_.empty()) return updates;
  const auto own = frequencies_.begin() + static_cast<std::ptrdiff_t>(optimizer);
  const std::int64_t before = std::accumulate(frequencies_.begin(), own, std::int64_t{0});
  const std::int64_t round = std::accumulate(own, frequencies_.end(), before);
  return updates / round * *own + std::clamp<std::int64_t>(updates % round - before, 0, *own);
}

OptimizerTurns turns_of(const std::vector<std::shared_ptr<Optimizer>>& optimizers,
                        const std::vector<std::int64_t>& frequencies, const SourceSite& site) {
  if (std::ranges::all_of(frequencies, [](std::int64_t each) { return each == 0; }))
    return OptimizerTurns({});
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const std::string which =
        fmt::format("optimizer {} of {} ({})", i + 1, optimizers.size(), optimizers[i]->kind());
    if (frequencies[i] == 0)
      throw Error(Fault::usage, which + " has no frequency, and others have one", site,
                  "Give each optimizer its frequency, or none.");
    if (!optimizers[i]->loss())
      throw Error(Fault::usage, which + " has a frequency and no loss, so its turns would train nothing",
                  site, "Give the optimizer its loss.");
  }
  return OptimizerTurns(frequencies);
}

}  // namespace orrery
