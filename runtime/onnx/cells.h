#pragma once

#include <functional>
#include <vector>

#include "runtime/onnx/literal.h"

namespace orrery {

/// The elements of a known tensor, to be worked with at import: integers, which may be symbolic, or reals.
struct OnnxCells {
  DType dtype = DType::int64;
  std::vector<std::int64_t> shape;
  std::vector<Dim> dims;      ///< of integral dtypes
  std::vector<double> reals;  ///< of floating ones

  explicit OnnxCells(const OnnxLiteral& literal);
  OnnxCells(DType of, std::vector<std::int64_t> sizes) : dtype(of), shape(std::move(sizes)) {}

  bool real() const { return is_floating(dtype); }
  std::int64_t count() const;
  /// Adds the nth element of another one of the same kind.
  void take(const OnnxCells& from, std::int64_t n);
  /// REQUIRES: as many elements as the shape says. Reals are rounded to the dtype float32 where it is that.
  OnnxLiteral literal() const;
};

/// The elements at some places, as a tensor of that shape.
OnnxCells taken(const OnnxCells& from, std::vector<std::int64_t> shape,
                const std::vector<std::int64_t>& places);

/// NumPy's common shape of two; nothing where they do not fit.
std::optional<std::vector<std::int64_t>> broadcast_sizes(const std::vector<std::int64_t>& a,
                                                         const std::vector<std::int64_t>& b);
/// The elements spread to a shape that they broadcast to.
OnnxCells spread(const OnnxCells& from, const std::vector<std::int64_t>& shape);

/// Calls `visit` with every index of a shape, the last dimension fastest.
void for_each_index(const std::vector<std::int64_t>& shape,
                    const std::function<void(const std::vector<std::int64_t>&)>& visit);
/// The place of an index, row by row.
std::int64_t place_of(const std::vector<std::int64_t>& index, const std::vector<std::int64_t>& shape);

}  // namespace orrery
