#include "renderers/formats/cell_axis.h"

#include <algorithm>
#include <cmath>

namespace orrery {
namespace {

constexpr double kSamePosition = 1e-4;
constexpr int kFree = -1000000;

}  // namespace

int CellAxis::add(double position, int first, int last, int extent) {
  things_.push_back({position, std::min(first, last), std::max(first, last), extent, 0, {}});
  return static_cast<int>(things_.size()) - 1;
}

void CellAxis::keep_apart(int before, int after, int least) {
  things_[static_cast<size_t>(after)].behind.emplace_back(before, least);
}

void CellAxis::solve(int slots, int gap, bool proportional) {
  std::vector<Thing*> sorted;
  for (Thing& thing : things_) sorted.push_back(&thing);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Thing* a, const Thing* b) { return a->position < b->position; });
  std::vector<int> taken(static_cast<size_t>(slots), kFree);
  const double origin = sorted.empty() ? 0 : sorted[0]->position;
  int cell = 0, shift = 0;
  for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    const double position = sorted[begin]->position;
    while (end < sorted.size() && sorted[end]->position - position < kSamePosition) ++end;
    const int own = proportional ? static_cast<int>(std::floor(position - origin + 0.5)) : cell;
    if (proportional) cell = std::max(cell, own + shift);
    for (size_t i = begin; i < end; ++i) {
      for (int slot = sorted[i]->first; slot <= sorted[i]->last; ++slot)
        cell = std::max(cell, taken[static_cast<size_t>(slot)] + gap);
      for (const auto& [before, least] : sorted[i]->behind)
        if (things_[static_cast<size_t>(before)].position < position - kSamePosition)
          cell = std::max(cell, things_[static_cast<size_t>(before)].cell + least);
    }
    shift = std::max(shift, cell - own);
    for (size_t i = begin; i < end; ++i) {
      Thing& thing = *sorted[i];
      thing.cell = cell;
      size_ = std::max(size_, cell + thing.extent + 1);
      for (int slot = thing.first; slot <= thing.last; ++slot)
        taken[static_cast<size_t>(slot)] = std::max(taken[static_cast<size_t>(slot)], cell + thing.extent);
    }
  }
}

}  // namespace orrery
