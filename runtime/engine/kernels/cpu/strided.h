#pragma once

#include <cstdint>
#include <vector>

namespace orrery::cpu {

/// Where the numbers of a tensor lie among others: that at (i, j, …) is number `offset` + i * strides[0] + j
/// * strides[1] + ….
struct Layout {
  std::vector<std::int64_t> sizes, strides;
  std::int64_t offset = 0;

  bool operator==(const Layout&) const = default;
};

/// One number behind the other, the last dimension innermost.
Layout dense_layout(std::vector<std::int64_t> sizes);
/// Whether it lies so, from number 0 on.
bool is_dense(const Layout& layout);
/// Whether two of its numbers may be one and the same, as those that `expand` repeats.
bool repeats(const Layout& layout);

/// A layout as loops: dimensions that follow each other in memory are one, and the two innermost are those
/// along which the layout and a dense tensor of its sizes have their neighbours. Turns of the outer loops are
/// independent, unless the layout repeats numbers: threads may share them.
struct StridedLoops {
  explicit StridedLoops(const Layout& layout);

  struct Loop {
    std::int64_t size = 1, strided = 0, dense = 0;  ///< numbers from one turn to the next
  };
  std::vector<Loop> outer;
  Loop rows, columns;
  std::int64_t offset = 0;
  std::int64_t turns = 1;  ///< of the outer loops
};

/// Copies the numbers of a layout side by side: turns `begin` to before `end`. float and double.
template <typename T>
void gather(const StridedLoops& loops, std::int64_t begin, std::int64_t end, const T* strided, T* dense);

/// The other way; `adds` to what lies there.
template <typename T>
void scatter(const StridedLoops& loops, std::int64_t begin, std::int64_t end, const T* dense, bool adds,
             T* strided);

}  // namespace orrery::cpu
