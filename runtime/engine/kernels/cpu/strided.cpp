#include "runtime/engine/kernels/cpu/strided.h"

#include <algorithm>
#include <utility>

#include "runtime/engine/kernels/cpu/clones.h"

namespace orrery::cpu {
namespace {

using Loop = StridedLoops::Loop;

/// From the outermost in; dimensions of one number are left out.
std::vector<Loop> joined_loops(const Layout& layout) {
  std::vector<Loop> loops;
  std::int64_t dense = 1;
  for (size_t d = layout.sizes.size(); d-- > 0;) {
    const Loop loop{layout.sizes[d], layout.strides[d], dense};
    dense *= loop.size;
    if (loop.size == 1) continue;
    if (!loops.empty() && loops.back().strided * loops.back().size == loop.strided)
      loops.back().size *= loop.size;
    else
      loops.push_back(loop);
  }
  std::ranges::reverse(loops);
  return loops;
}

/// Both sides of a tile stay in the nearest cache.
constexpr std::int64_t tile = 16;

template <typename Each>
ORRERY_INLINE void over_tiles(const StridedLoops& loops, std::int64_t strided, std::int64_t dense,
                              const Each& each) {
  const Loop rows = loops.rows, columns = loops.columns;
  for (std::int64_t row = 0; row < rows.size; row += tile)
    for (std::int64_t column = 0; column < columns.size; column += tile)
      for (std::int64_t r = row; r < std::min(row + tile, rows.size); ++r)
        for (std::int64_t c = column; c < std::min(column + tile, columns.size); ++c)
          each(strided + r * rows.strided + c * columns.strided, dense + r * rows.dense + c);
}

template <typename Each>
ORRERY_INLINE void over_lines(const StridedLoops& loops, std::int64_t strided, std::int64_t dense,
                              const Each& each) {
  for (std::int64_t r = 0; r < loops.rows.size; ++r) {
    const std::int64_t from = strided + r * loops.rows.strided, to = dense + r * loops.rows.dense;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < loops.columns.size; ++c) each(from + c, to + c);
  }
}

/// Calls each(number of the layout, number of the dense tensor).
template <typename Each>
ORRERY_INLINE void over_turns(const StridedLoops& loops, std::int64_t begin, std::int64_t end,
                              const Each& each) {
  for (std::int64_t turn = begin; turn < end; ++turn) {
    std::int64_t strided = loops.offset, dense = 0, rest = turn;
    for (size_t d = loops.outer.size(); d-- > 0;) {
      const Loop& loop = loops.outer[d];
      strided += rest % loop.size * loop.strided;
      dense += rest % loop.size * loop.dense;
      rest /= loop.size;
    }
    if (loops.columns.strided == 1)
      over_lines(loops, strided, dense, each);
    else
      over_tiles(loops, strided, dense, each);
  }
}

}  // namespace

Layout dense_layout(std::vector<std::int64_t> sizes) {
  std::vector<std::int64_t> strides(sizes.size());
  std::int64_t count = 1;
  for (size_t d = sizes.size(); d-- > 0; count *= sizes[d]) strides[d] = count;
  return {std::move(sizes), std::move(strides)};
}

bool is_dense(const Layout& layout) {
  if (layout.offset != 0) return false;
  const Layout dense = dense_layout(layout.sizes);
  for (size_t d = 0; d < layout.sizes.size(); ++d)
    if (layout.sizes[d] != 1 && layout.strides[d] != dense.strides[d]) return false;
  return true;
}

// Sorted by stride, each dimension has to step over all that lies within.
bool repeats(const Layout& layout) {
  std::vector<std::pair<std::int64_t, std::int64_t>> dims;
  for (size_t d = 0; d < layout.sizes.size(); ++d)
    if (layout.sizes[d] != 1) dims.emplace_back(layout.strides[d], layout.sizes[d]);
  std::ranges::sort(dims);
  std::int64_t reach = 0;
  for (const auto& [stride, size] : dims) {
    if (stride <= reach) return true;
    reach += stride * (size - 1);
  }
  return false;
}

StridedLoops::StridedLoops(const Layout& layout) : offset(layout.offset) {
  outer = joined_loops(layout);
  const auto take = [&](std::vector<Loop>::iterator at) {
    const Loop taken = *at;
    outer.erase(at);
    return taken;
  };
  columns = outer.empty() ? Loop{1, 1, 1} : take(outer.end() - 1);
  if (columns.strided != 1) {
    const auto next = std::ranges::find(outer, std::int64_t{1}, &Loop::strided);
    if (next != outer.end())
      rows = take(next);
    else if (!outer.empty())
      rows = take(outer.end() - 1);
  }
  for (const Loop& loop : outer) turns *= loop.size;
}

template <typename T>
ORRERY_CLONES void gather(const StridedLoops& loops, std::int64_t begin, std::int64_t end, const T* strided,
                          T* dense) {
  over_turns(
      loops, begin, end, [&](std::int64_t from, std::int64_t to) __attribute__((always_inline)) {
        dense[to] = strided[from];
      });
}

template <typename T>
ORRERY_CLONES void scatter(const StridedLoops& loops, std::int64_t begin, std::int64_t end, const T* dense,
                           bool adds, T* strided) {
  if (adds)
    over_turns(
        loops, begin, end, [&](std::int64_t to, std::int64_t from) __attribute__((always_inline)) {
          strided[to] += dense[from];
        });
  else
    over_turns(
        loops, begin, end, [&](std::int64_t to, std::int64_t from) __attribute__((always_inline)) {
          strided[to] = dense[from];
        });
}

#define ORRERY_INSTANTIATE(T)                                                          \
  template void gather(const StridedLoops&, std::int64_t, std::int64_t, const T*, T*); \
  template void scatter(const StridedLoops&, std::int64_t, std::int64_t, const T*, bool, T*);
ORRERY_INSTANTIATE(float)
ORRERY_INSTANTIATE(double)
#undef ORRERY_INSTANTIATE

}  // namespace orrery::cpu
