#include "runtime/onnx/cells.h"

#include <algorithm>

namespace orrery {

OnnxCells::OnnxCells(const OnnxLiteral& literal) : dtype(literal.dtype()), shape(literal.shape()) {
  if (real())
    reals = literal.reals();
  else
    dims = literal.dims();
}

std::int64_t OnnxCells::count() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

void OnnxCells::take(const OnnxCells& from, std::int64_t n) {
  const auto at = static_cast<std::size_t>(n);
  if (real())
    reals.push_back(from.reals[at]);
  else
    dims.push_back(from.dims[at]);
}

OnnxLiteral OnnxCells::literal() const {
  if (!real()) return {dtype, shape, dims};
  std::vector<double> rounded = reals;
  if (dtype == DType::float32)
    for (double& value : rounded) value = static_cast<float>(value);
  return {dtype, shape, std::move(rounded)};
}

OnnxCells taken(const OnnxCells& from, std::vector<std::int64_t> shape,
                const std::vector<std::int64_t>& places) {
  OnnxCells to(from.dtype, std::move(shape));
  for (const std::int64_t place : places) to.take(from, place);
  return to;
}

std::optional<std::vector<std::int64_t>> broadcast_sizes(const std::vector<std::int64_t>& a,
                                                         const std::vector<std::int64_t>& b) {
  std::vector<std::int64_t> common(std::max(a.size(), b.size()), 1);
  const auto meet = [&common](const std::vector<std::int64_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      std::int64_t& size = common[common.size() - sizes.size() + i];
      if (sizes[i] != 1 && size != 1 && sizes[i] != size) return false;
      if (size == 1) size = sizes[i];
    }
    return true;
  };
  if (!meet(a) || !meet(b)) return std::nullopt;
  return common;
}

OnnxCells spread(const OnnxCells& from, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> places;
  const std::size_t front = shape.size() - from.shape.size();
  for_each_index(shape, [&](const std::vector<std::int64_t>& index) {
    std::vector<std::int64_t> own(from.shape.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = from.shape[i] == 1 ? 0 : index[front + i];
    places.push_back(place_of(own, from.shape));
  });
  return taken(from, shape, places);
}

void for_each_index(const std::vector<std::int64_t>& shape,
                    const std::function<void(const std::vector<std::int64_t>&)>& visit) {
  if (std::ranges::count(shape, 0) > 0) return;
  std::vector<std::int64_t> index(shape.size(), 0);
  while (true) {
    visit(index);
    std::size_t dim = shape.size();
    while (dim > 0 && ++index[dim - 1] == shape[dim - 1]) index[--dim] = 0;
    if (dim == 0) return;
  }
}

std::int64_t place_of(const std::vector<std::int64_t>& index, const std::vector<std::int64_t>& shape) {
  std::int64_t place = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) place = place * shape[i] + index[i];
  return place;
}

}  // namespace orrery
