#include "tests/bench/figure.h"

#include <algorithm>
#include <iterator>

namespace orrery::bench {

double Times::minimum() const { return *std::min_element(seconds.begin(), seconds.end()); }

double Times::median() const {
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  const size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

std::vector<Figure> all_figures() {
  std::vector<Figure> all;
  const auto add = [&](std::vector<Figure> family) {
    std::move(family.begin(), family.end(), std::back_inserter(all));
  };
#ifdef ORRERY_BENCH_PROGRAM
  add(start_figures());
#endif
#ifdef ORRERY_BENCH_ENGINE
  add(training_figures());
  add(plan_figures());
  add(data_figures());
  add(weights_figures());
#endif
  add(graph_figures());
  add(history_figures());
#ifdef ORRERY_BENCH_RENDERERS
  add(drawing_figures());
  add(layout_figures());
#endif
  return all;
}

std::vector<Figure> figures_beside_peers() {
#ifdef ORRERY_BENCH_ENGINE
  return plan_figures();
#else
  return {};
#endif
}

}  // namespace orrery::bench
