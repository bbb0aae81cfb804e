#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/views.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

// Of the last `rank` numbers, those that are missing in front being 1.
std::int64_t with_ones_before(at::IntArrayRef numbers, size_t rank, size_t place) {
  const size_t missing = rank - numbers.size();
  return place < missing ? 1 : numbers[place - missing];
}

// The copies get dimensions of their own, between those of the input.
at::Tensor copies_summed(const at::Tensor& gradient, at::IntArrayRef repeats, at::IntArrayRef sizes) {
  const auto rank = static_cast<size_t>(gradient.dim());
  std::vector<std::int64_t> apart, copies;
  for (size_t dim = 0; dim < rank; ++dim) {
    copies.push_back(static_cast<std::int64_t>(apart.size()));
    apart.push_back(with_ones_before(repeats, rank, dim));
    apart.push_back(with_ones_before(sizes, rank, dim));
  }
  return gradient.reshape(apart).sum(copies).reshape(sizes);
}

std::vector<at::Tensor> repeat_backward(const DerivativeContext& d) {
  return d.result({copies_summed(d.gradient(), d.call.sizes("repeats"), d.sizes())});
}

std::vector<at::Tensor> tile_backward(const DerivativeContext& d) {
  return d.result({copies_summed(d.gradient(), d.call.sizes("dims"), d.sizes())});
}

// Of an input as long as `sizes` that was repeated along `dim`.
at::Tensor interleaved_summed(const DerivativeContext& d, at::IntArrayRef sizes, std::int64_t dim) {
  const std::int64_t length = sizes[static_cast<size_t>(dim)];
  if (d.call.input(1).defined()) {
    const at::Tensor places = at::repeat_interleave(d.call.input(1).expand({length}));
    return at::index_select_backward(d.gradient(), sizes, dim, places);
  }
  std::vector<std::int64_t> apart = sizes.vec();
  apart.insert(apart.begin() + dim + 1, d.call.attributes.integer("repeats"));
  return d.gradient().reshape(apart).sum(dim + 1);
}

// Without a dimension the input is flattened first.
std::vector<at::Tensor> repeat_interleave_backward(const DerivativeContext& d) {
  const auto dim = optional_integer(d.call.attributes, "dim");
  if (!dim || d.sizes().empty())
    return d.result({interleaved_summed(d, {c10::multiply_integers(d.sizes())}, 0).reshape(d.sizes())});
  const auto rank = static_cast<std::int64_t>(d.sizes().size());
  return d.result({interleaved_summed(d, d.sizes(), *dim < 0 ? *dim + rank : *dim)});
}

std::vector<at::Tensor> flip_backward(const DerivativeContext& d) {
  return d.result({d.gradient().flip(d.call.attributes.integers("dims"))});
}
std::vector<at::Tensor> fliplr_backward(const DerivativeContext& d) {
  return d.result({d.gradient().fliplr()});
}
std::vector<at::Tensor> flipud_backward(const DerivativeContext& d) {
  return d.result({d.gradient().flipud()});
}

std::vector<at::Tensor> roll_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  std::vector<std::int64_t> shifts = a.integers("shifts");
  for (std::int64_t& shift : shifts) shift = -shift;
  return d.result(
      {d.gradient().roll(shifts, a.has("dims") ? at::IntArrayRef(a.integers("dims")) : at::IntArrayRef())});
}

std::vector<at::Tensor> rot90_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  return d.result({d.gradient().rot90(-a.integer("k"), a.integers("dims"))});
}

constexpr DerivativeEntry kShapeSpreadDerivatives[] = {
    {"expand", fitted_gradient},    {"broadcast_to", fitted_gradient},
    {"expand_as", fitted_gradient}, {"repeat", repeat_backward},
    {"tile", tile_backward},        {"repeat_interleave", repeat_interleave_backward, {.inputs = 0b10}},
    {"flip", flip_backward},        {"fliplr", fliplr_backward},
    {"flipud", flipud_backward},    {"roll", roll_backward},
    {"rot90", rot90_backward},
};

}  // namespace

std::span<const DerivativeEntry> shape_spread_derivatives() { return kShapeSpreadDerivatives; }

}  // namespace orrery
