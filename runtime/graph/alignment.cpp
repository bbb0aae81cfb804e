#include "runtime/graph/alignment.h"

#include <algorithm>
#include <cstdint>

namespace orrery {

std::vector<std::pair<int, int>> aligned(int before, int after, const Fit& fit) {
  std::vector<std::pair<int, int>> pairs;
  const long long width = after + 1LL;
  if (before == 0 || after == 0 || (before + 1LL) * width > kMostCells) return pairs;
  enum Step : std::uint8_t { both, only_before, only_after };
  std::vector<double> row(static_cast<size_t>(width)), above;
  std::vector<Step> steps(static_cast<size_t>((before + 1LL) * width), only_after);
  for (int i = 1; i <= before; ++i) {
    above = row;
    steps[static_cast<size_t>(i * width)] = only_before;
    for (int j = 1; j <= after; ++j) {
      const auto at = static_cast<size_t>(j);
      Step& step = steps[static_cast<size_t>(i * width + j)];
      row[at] = row[at - 1];
      if (above[at] >= row[at]) row[at] = above[at], step = only_before;
      const double together = fit(i - 1, j - 1);
      if (together > 0 && above[at - 1] + together > row[at]) row[at] = above[at - 1] + together, step = both;
    }
    row[0] = 0;
  }
  for (int i = before, j = after; i > 0 && j > 0;) {
    const Step step = steps[static_cast<size_t>(i * width + j)];
    if (step == both) pairs.emplace_back(i - 1, j - 1);
    if (step != only_after) --i;
    if (step != only_before) --j;
  }
  std::reverse(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace orrery
