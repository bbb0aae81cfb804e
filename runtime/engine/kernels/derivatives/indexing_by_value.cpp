#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

std::int64_t indexed_dim(const DerivativeContext& d) { return d.call.attributes.integer("dim"); }

at::Tensor zeros_of_input(const DerivativeContext& d, size_t input = 0) {
  return d.gradient().new_zeros(d.sizes(input));
}

std::vector<at::Tensor> gather_gradients(const DerivativeContext& d) {
  return d.result({zeros_of_input(d).scatter_add(indexed_dim(d), d.call.input(1), d.gradient())});
}

std::vector<at::Tensor> index_select_gradients(const DerivativeContext& d) {
  return d.result({at::index_select_backward(d.gradient(), d.sizes(), indexed_dim(d), d.call.input(1))});
}

// Autograd refuses a source of which a part is not scattered.
bool uses_whole_source(const KernelContext& k) {
  return !k.input(2).defined() || k.input(1).sizes() == k.input(2).sizes();
}

at::Tensor scattered_gradient(const DerivativeContext& d) {
  return d.wants(2) ? d.gradient().gather(indexed_dim(d), d.call.input(1)) : at::Tensor();
}

// What was replaced has no share in the result.
at::Tensor without_scattered(const DerivativeContext& d, const at::Tensor& gradient) {
  return d.wants(0) ? gradient.scatter(indexed_dim(d), d.call.input(1), 0) : at::Tensor();
}
at::Tensor without_indexed(const DerivativeContext& d) {
  return d.wants(0) ? d.gradient().index_fill(indexed_dim(d), d.call.input(1), 0) : at::Tensor();
}

bool scatters_plainly(const KernelContext& k) { return !k.attributes.has("reduce") && uses_whole_source(k); }

std::vector<at::Tensor> scatter_gradients(const DerivativeContext& d) {
  return d.result({without_scattered(d, d.gradient()), {}, scattered_gradient(d)});
}

std::vector<at::Tensor> scatter_add_gradients(const DerivativeContext& d) {
  return d.result({d.gradient(), {}, scattered_gradient(d)});
}

bool reduces_to_mean(const Attributes& a) { return a.text("reduce") == "mean"; }

bool scatters_linearly(const KernelContext& k) {
  return (reduces_to_mean(k.attributes) || k.attributes.text("reduce") == "sum") && uses_whole_source(k);
}

// How many values each mean was taken of.
at::Tensor scattered_counts(const DerivativeContext& d, bool include_self) {
  const at::Tensor own = at::full_like(d.gradient(), include_self ? 1 : 0);
  const at::Tensor ones = d.gradient().new_ones(d.call.input(1).sizes());
  return own.scatter_add(indexed_dim(d), d.call.input(1), ones).clamp_min(1);
}

std::vector<at::Tensor> scatter_reduce_gradients(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const bool include_self = a.boolean("include_self");
  const at::Tensor gradient =
      reduces_to_mean(a) ? d.gradient() / scattered_counts(d, include_self) : d.gradient();
  at::Tensor of_source;
  if (d.wants(2)) of_source = gradient.gather(indexed_dim(d), d.call.input(1));
  return d.result({include_self ? gradient : without_scattered(d, gradient), {}, of_source});
}

// A scalar source stands for one of one element.
at::Tensor indexed_gradient(const DerivativeContext& d) {
  if (!d.wants(2)) return {};
  return d.gradient().index_select(indexed_dim(d), d.call.input(1)).reshape(d.sizes(2));
}

std::vector<at::Tensor> index_add_gradients(const DerivativeContext& d) {
  at::Tensor of_source = indexed_gradient(d);
  if (of_source.defined()) of_source = of_source * number(d.call.attributes, "alpha");
  return d.result({d.gradient(), {}, of_source});
}

std::vector<at::Tensor> index_copy_gradients(const DerivativeContext& d) {
  return d.result({without_indexed(d), {}, indexed_gradient(d)});
}

// A place that is named twice is filled once.
std::vector<at::Tensor> index_fill_gradients(const DerivativeContext& d) {
  at::Tensor of_value;
  if (d.wants(2)) {
    const at::Tensor places = std::get<0>(at::_unique(d.call.input(1), /*sorted=*/false));
    of_value = d.for_input(2, d.gradient().index_select(indexed_dim(d), places).sum());
  }
  return d.result({without_indexed(d), {}, of_value});
}

std::vector<at::Tensor> take_gradients(const DerivativeContext& d) {
  return d.result({zeros_of_input(d).put(d.call.input(1), d.gradient(), /*accumulate=*/true)});
}

// Input and index are broadcast but for the dimension; without one both are flattened.
std::vector<at::Tensor> take_along_dim_gradients(const DerivativeContext& d) {
  const at::Tensor &g = d.gradient(), &index = d.call.input(1);
  const auto dim = optional_integer(d.call.attributes, "dim");
  if (!dim) {
    const at::Tensor zeros = g.new_zeros({c10::multiply_integers(d.sizes())});
    return d.result({zeros.scatter_add(0, index.reshape(-1), g.reshape(-1)).reshape(d.sizes())});
  }
  std::vector<std::int64_t> sizes = g.sizes().vec();
  const auto place = static_cast<size_t>(*dim < 0 ? *dim + g.dim() : *dim);
  sizes[place] = d.sizes()[place];
  return d.result({d.for_input(0, g.new_zeros(sizes).scatter_add(*dim, index.expand(g.sizes()), g))});
}

std::vector<at::Tensor> select_scatter_gradients(const DerivativeContext& d) {
  const std::int64_t index = d.call.attributes.integer("index");
  at::Tensor of_input, of_source;
  if (d.wants(0)) of_input = at::select_scatter(d.gradient(), zeros_of_input(d, 1), indexed_dim(d), index);
  if (d.wants(1)) of_source = d.for_input(1, d.gradient().select(indexed_dim(d), index));
  return d.result({of_input, of_source});
}

std::vector<at::Tensor> slice_scatter_gradients(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const auto start = optional_integer(a, "start"), end = optional_integer(a, "end");
  const std::int64_t step = a.integer("step");
  at::Tensor of_input, of_source;
  if (d.wants(0))
    of_input = at::slice_scatter(d.gradient(), zeros_of_input(d, 1), indexed_dim(d), start, end, step);
  if (d.wants(1)) of_source = d.for_input(1, d.gradient().slice(indexed_dim(d), start, end, step));
  return d.result({of_input, of_source});
}

constexpr Reads kIndexAlone = {.inputs = 0b10};

constexpr DerivativeEntry kIndexingByValueDerivatives[] = {
    {"gather", gather_gradients, kIndexAlone},
    {"index_select", index_select_gradients, kIndexAlone},
    {"scatter", scatter_gradients, kIndexAlone, nullptr, scatters_plainly},
    {"scatter_add", scatter_add_gradients, kIndexAlone, nullptr, uses_whole_source},
    {"scatter_reduce", scatter_reduce_gradients, kIndexAlone, nullptr, scatters_linearly},
    {"index_add", index_add_gradients, kIndexAlone},
    {"index_copy", index_copy_gradients, kIndexAlone},
    {"index_fill", index_fill_gradients, kIndexAlone},
    {"take", take_gradients, kIndexAlone},
    {"take_along_dim", take_along_dim_gradients, kIndexAlone},
    {"select_scatter", select_scatter_gradients},
    {"slice_scatter", slice_scatter_gradients},
};

}  // namespace

std::span<const DerivativeEntry> indexed_value_derivatives() { return kIndexingByValueDerivatives; }

}  // namespace orrery
