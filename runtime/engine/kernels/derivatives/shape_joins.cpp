#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/views.h"

namespace orrery {
namespace {

bool takes_no_place(at::IntArrayRef sizes) { return c10::multiply_integers(sizes) == 0; }

// The stretches of the inputs along `dim`, where those below the rank that all were raised to have one place.
// An empty vector fits everything and takes none.
std::vector<at::Tensor> unjoined(const DerivativeContext& d, std::int64_t dim, size_t rank = 1) {
  std::vector<at::Tensor> parts(d.inputs.size());
  const size_t place = static_cast<size_t>(dim < 0 ? dim + d.gradient().dim() : dim);
  std::int64_t start = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const at::IntArrayRef sizes = d.sizes(i);
    if (takes_no_place(sizes)) continue;
    const std::int64_t length = sizes.size() < rank ? 1 : sizes[place];
    if (d.wants(i))
      parts[i] =
          d.for_input(i, d.gradient().narrow(static_cast<std::int64_t>(place), start, length).reshape(sizes));
    start += length;
  }
  parts.resize(d.wanted.size());
  return parts;
}

std::vector<at::Tensor> cat_backward(const DerivativeContext& d) {
  return unjoined(d, d.call.attributes.integer("dim"));
}
std::vector<at::Tensor> hstack_backward(const DerivativeContext& d) {
  return unjoined(d, d.sizes().size() < 2 ? 0 : 1);
}
std::vector<at::Tensor> vstack_backward(const DerivativeContext& d) { return unjoined(d, 0, 2); }
std::vector<at::Tensor> dstack_backward(const DerivativeContext& d) { return unjoined(d, 2, 3); }

std::vector<at::Tensor> stack_backward(const DerivativeContext& d) {
  std::vector<at::Tensor> parts(d.wanted.size());
  const std::int64_t dim = d.call.attributes.integer("dim");
  for (size_t i = 0; i < d.inputs.size(); ++i)
    parts[i] = d.for_input(i, d.gradient().select(dim, static_cast<std::int64_t>(i)));
  return parts;
}

// Of an input that a grid has along one of its dimensions, the same all over the others.
at::Tensor along_axis(const DerivativeContext& d, const at::Tensor& grid, size_t input, size_t axis) {
  std::vector<std::int64_t> others;
  for (std::int64_t dim = 0; dim < grid.dim(); ++dim)
    if (dim != static_cast<std::int64_t>(axis)) others.push_back(dim);
  const at::Tensor summed = others.empty() ? grid : grid.sum(others);
  return d.for_input(input, summed.reshape(d.sizes(input)));
}

std::vector<at::Tensor> meshgrid_backward(const DerivativeContext& d) {
  std::vector<at::Tensor> parts(d.wanted.size());
  const bool swaps = d.inputs.size() > 1 && d.call.attributes.text("indexing") == "xy";
  for (size_t i = 0; i < d.inputs.size(); ++i)
    if (d.gradient(i).defined()) parts[i] = along_axis(d, d.gradient(i), i, swaps && i < 2 ? 1 - i : i);
  return parts;
}

std::vector<at::Tensor> cartesian_prod_backward(const DerivativeContext& d) {
  if (d.inputs.size() == 1) return reshaped_gradient(d);
  std::vector<at::Tensor> parts(d.wanted.size());
  std::vector<std::int64_t> lengths;
  for (const TensorLike& input : d.inputs) lengths.push_back(c10::multiply_integers(input.sizes));
  for (size_t i = 0; i < d.inputs.size(); ++i)
    parts[i] = along_axis(d, d.gradient().select(1, static_cast<std::int64_t>(i)).reshape(lengths), i, i);
  return parts;
}

std::vector<at::Tensor> block_diag_backward(const DerivativeContext& d) {
  std::vector<at::Tensor> blocks(d.wanted.size());
  std::int64_t row = 0, column = 0;
  for (size_t i = 0; i < d.inputs.size(); ++i) {
    const at::IntArrayRef sizes = d.sizes(i);
    const std::int64_t rows = sizes.size() == 2 ? sizes[0] : 1, columns = sizes.empty() ? 1 : sizes.back();
    blocks[i] = d.for_input(i, d.gradient().narrow(0, row, rows).narrow(1, column, columns).reshape(sizes));
    row += rows;
    column += columns;
  }
  return blocks;
}

constexpr DerivativeEntry kShapeJoinsDerivatives[] = {
    {"cat", cat_backward},
    {"stack", stack_backward},
    {"hstack", hstack_backward},
    {"vstack", vstack_backward},
    {"dstack", dstack_backward},
    {"atleast_1d", reshaped_gradient},
    {"atleast_2d", reshaped_gradient},
    {"atleast_3d", reshaped_gradient},
    {"meshgrid", meshgrid_backward},
    {"cartesian_prod", cartesian_prod_backward},
    {"block_diag", block_diag_backward},
};

}  // namespace

std::span<const DerivativeEntry> shape_join_derivatives() { return kShapeJoinsDerivatives; }

}  // namespace orrery
