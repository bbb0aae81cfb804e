#include "runtime/engine/kernels/derivatives/distance.h"

#include <cmath>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

// Where norms have no derivative, as LibTorch decides: shares of the largest elements, zero at zero.
at::Tensor last_norm_gradient(const at::Tensor& gradient, const at::Tensor& vectors, const at::Tensor& norms,
                              double p) {
  if (p == 0) return at::zeros_like(vectors);
  if (p == 1) return vectors.sgn() * gradient;
  if (p == 2) return gradient * (vectors / norms).masked_fill_(norms == 0, 0);
  const at::Tensor sizes = vectors.abs();
  if (std::isinf(p)) {
    const at::Tensor largest = at::logical_or(sizes == norms, vectors.isnan());
    return vectors.sgn() * (gradient / largest.sum(-1, true) * largest);
  }
  if (p < 1)
    return vectors.sgn() * sizes.pow(p - 1).masked_fill_(vectors == 0, 0) * gradient * norms.pow(1 - p);
  const at::Tensor scale = (gradient / norms.pow(p - 1)).masked_fill_(norms == 0, 0);
  return (p < 2 ? vectors.sgn() * sizes.pow(p - 1) : vectors * sizes.pow(p - 2)) * scale;
}

namespace {

at::Tensor unit_gradient(const at::Tensor& gradient, const at::Tensor& unit, const at::Tensor& norm,
                         const at::Tensor& raised, std::int64_t dim) {
  const at::Tensor through_norm =
      (gradient * unit).sum(dim, true) * (raised / norm).masked_fill_(norm == 0, 0);
  return (gradient - through_norm * unit) / raised;
}

// LibTorch divides by norms raised to eps and differentiates those that were not.
std::vector<at::Tensor> cosine_similarity_backward(const DerivativeContext& d) {
  const std::int64_t dim = d.call.attributes.integer("dim");
  const at::Tensor gradient = d.gradient().unsqueeze(dim);
  const at::ScalarType type = at::result_type(d.call.input(0), d.call.input(1));
  const auto vectors = at::broadcast_tensors({d.call.input(0).to(type), d.call.input(1).to(type)});
  at::Tensor norms[2], raised[2], units[2], results[2];
  for (size_t i : {0, 1}) {
    norms[i] = at::linalg_vector_norm(vectors[i], 2, dim, true);
    raised[i] = norms[i].clamp_min(d.call.attributes.real("eps"));
    units[i] = vectors[i] / raised[i];
  }
  for (size_t i : {0, 1})
    if (d.wants(i))
      results[i] = d.for_input(i, unit_gradient(gradient * units[1 - i], units[i], norms[i], raised[i], dim));
  return d.result({results[0], results[1]});
}

std::vector<at::Tensor> pairwise_distance_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const bool keepdim = a.boolean("keepdim");
  const auto kept = [&](const at::Tensor& each) { return keepdim ? each : each.unsqueeze(-1); };
  const at::Tensor differences = d.call.input(0) - d.call.input(1) + a.real("eps");
  const at::Tensor of_difference =
      last_norm_gradient(kept(d.gradient()), differences, kept(d.outputs[0]), a.real("p"));
  return d.result({d.for_input(0, of_difference), d.for_input(1, -of_difference)});
}

// Where LibTorch's distances come from matrix products.
bool by_products(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const std::string& mode = a.text("compute_mode");
  if (a.real("p") != 2 || mode == "donot_use_mm_for_euclid_dist") return false;
  return mode == "use_mm_for_euclid_dist" || d.outputs[0].size(-2) > 25 || d.outputs[0].size(-1) > 25;
}

at::Tensor product_distance_gradient(const at::Tensor& ratio, const at::Tensor& own,
                                     const at::Tensor& other) {
  return own * ratio.sum(-1, true) - ratio.matmul(other);
}

std::vector<at::Tensor> cdist_backward(const DerivativeContext& d) {
  const at::Tensor &first = d.call.input(0), &second = d.call.input(1), &distances = d.outputs[0];
  const double p = d.call.attributes.real("p");
  at::Tensor of_first, of_second;
  if (by_products(d)) {
    const at::Tensor ratio = (d.gradient() / distances).masked_fill_(distances == 0, 0);
    if (d.wants(0)) of_first = product_distance_gradient(ratio, first, second);
    if (d.wants(1)) of_second = product_distance_gradient(ratio.mT(), second, first);
  } else {
    if (d.wants(0)) of_first = at::_cdist_backward(d.gradient().contiguous(), first, second, p, distances);
    if (d.wants(1))
      of_second =
          at::_cdist_backward(d.gradient().mT().contiguous(), second, first, p, distances.mT().contiguous());
  }
  return d.result({d.for_input(0, of_first), d.for_input(1, of_second)});
}

std::vector<at::Tensor> pdist_backward(const DerivativeContext& d) {
  return d.result({at::_pdist_backward(d.gradient().contiguous(), d.call.input().contiguous(),
                                       d.call.attributes.real("p"), d.outputs[0])});
}

constexpr Reads kBothVectors = {.inputs = 3};
constexpr Reads kVectorsAndDistances = {.inputs = 3, .outputs = true};

constexpr DerivativeEntry kDistanceDerivatives[] = {
    {"CosineSimilarity", cosine_similarity_backward, kBothVectors},
    {"cosine_similarity", cosine_similarity_backward, kBothVectors},
    {"PairwiseDistance", pairwise_distance_backward, kVectorsAndDistances},
    {"pairwise_distance", pairwise_distance_backward, kVectorsAndDistances},
    {"cdist", cdist_backward, kVectorsAndDistances},
    {"pdist", pdist_backward, {.inputs = 1, .outputs = true}},
};

}  // namespace

std::span<const DerivativeEntry> distance_derivatives() { return kDistanceDerivatives; }

}  // namespace orrery
