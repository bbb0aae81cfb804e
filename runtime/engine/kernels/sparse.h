#pragma once

#include <optional>

#include "runtime/engine/kernels/kernel.h"

namespace orrery {

/// The row of an embedding that gets no gradient, counted from 0; -1 for none.
std::int64_t padding_row(const KernelContext& k);

/// What LibTorch's embedding bag is called with.
struct Bags {
  at::Tensor indices, offsets;
  std::optional<at::Tensor> weights;
  std::int64_t mode;
  bool ends;  ///< the last offset only ends a bag
};
Bags bags_of(const KernelContext& k);

/// Throws (Fault::run) when an index is outside the table, then shortens the rows by `max_norm`, in the
/// table.
void prepare_rows(const KernelContext& k, const at::Tensor& indices);

}  // namespace orrery
