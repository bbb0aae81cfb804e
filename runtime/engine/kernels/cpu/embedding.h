#pragma once

#include <cstdint>

namespace orrery::cpu {

/// What was looked up: `count` row numbers of a table [rows, columns]. Rows that equal `padding_index` have
/// no gradient (PyTorch's -1: none).
struct Lookup {
  std::int64_t count, rows, columns;
  const std::int64_t* indices;
  std::int64_t padding_index = -1;
};

/// Adds each row of `gradient` [count, columns], contiguous, to the row of `table_gradient` [rows, columns]
/// that it was looked up from, in the order of the indices, so that results are equal from run to run. The
/// caller zeroes `table_gradient` or lets it accumulate. Sums as ATen's embedding_dense_backward on one
/// thread. Returns the place of the first index that is no row, before anything is added, or -1. float and
/// double.
///
/// Threads may share the columns `begin` to before `end`, which are independent.
template <typename T>
std::int64_t embedding_backward(Lookup lookup, std::int64_t begin, std::int64_t end, const T* gradient,
                                T* table_gradient);

}  // namespace orrery::cpu
