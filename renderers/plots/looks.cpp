#include "renderers/plots/looks.h"

#include <map>

namespace orrery::plots {
namespace {

Look usual_look(int index, const Series& series) {
  return {.color = index, .dashes = index, .mark = series.points ? index : -1};
}

LegendEntry entry_of(const Series& series, const Look& look) {
  return {.name = series.name, .look = look, .line = !series.points, .band = !series.lower.empty()};
}

}  // namespace

Looks looks_of(const Figure& figure) {
  Looks looks;
  std::map<std::string, int> index_of;
  int nameless = 0;
  for (const Panel& panel : figure.panels) {
    looks.of_series.emplace_back();
    for (const Series& series : panel.series) {
      const auto next = static_cast<int>(index_of.size()) + nameless;
      const bool is_new = series.name.empty() || !index_of.contains(series.name);
      const int index = is_new ? next : index_of[series.name];
      const Look look = series.look.value_or(usual_look(index, series));
      looks.of_series.back().push_back(look);
      if (series.name.empty()) ++nameless;
      if (series.name.empty() || !is_new) continue;
      index_of[series.name] = index;
      looks.entries.push_back(entry_of(series, look));
    }
  }
  if (!figure.entries.empty()) looks.entries = figure.entries;
  return looks;
}

}  // namespace orrery::plots
