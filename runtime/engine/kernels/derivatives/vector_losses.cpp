#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/distance.h"
#include "runtime/engine/kernels/derivatives/losses.h"
#include "runtime/engine/kernels/loss.h"

namespace orrery {
namespace {

// Added to squared lengths by at::cosine_embedding_loss.
constexpr double kCosineEpsilon = 1e-12;

// Two vectors, their distance and its gradients.
struct MarginDistance {
  at::Tensor difference, distance;
  double p;

  MarginDistance(const DerivativeContext& d, size_t from, size_t to)
      : difference(d.call.input(from) - d.call.input(to) + d.call.attributes.real("eps")),
        p(d.call.attributes.real("p")) {
    distance = at::norm(difference, p, {-1}, true);
  }

  at::Tensor gradient(const at::Tensor& of_distance) const {
    return last_norm_gradient(of_distance, difference, distance, p);
  }
};

at::Tensor sum_of_defined(const at::Tensor& first, const at::Tensor& second) {
  return first.defined() && second.defined() ? first + second : first.defined() ? first : second;
}

// A distance that shares the smallest place with another shares its gradient, as of at::min.
at::Tensor smaller_share(const at::Tensor& gradient, const at::Tensor& own, const at::Tensor& other) {
  return gradient.masked_fill(own > other, 0).masked_fill_(own == other, 0) +
         (gradient / 2).masked_fill_(own != other, 0);
}

}  // namespace

std::vector<at::Tensor> margin_ranking_backward(const DerivativeContext& d) {
  const at::Tensor &first = d.call.input(0), &second = d.call.input(1), &target = d.call.input(2);
  const at::Tensor difference = first - second;
  const at::Tensor losses = -target * difference + d.call.attributes.real("margin");
  const at::Tensor each = spread_loss_gradient(d, losses.sizes()).masked_fill(losses < 0, 0);
  const at::Tensor of_second = each * target;
  return d.result(
      {d.for_input(0, -of_second), d.for_input(1, of_second), d.for_input(2, -each * difference)});
}

std::vector<at::Tensor> cosine_embedding_backward(const DerivativeContext& d) {
  const at::Tensor &first = d.call.input(0), &second = d.call.input(1), &target = d.call.input(2);
  const std::int64_t dim = target.dim();
  const at::Tensor squares1 = (first * first).sum(dim, true) + kCosineEpsilon;
  const at::Tensor squares2 = (second * second).sum(dim, true) + kCosineEpsilon;
  const at::Tensor lengths = (squares1 * squares2).sqrt();
  const at::Tensor cosine = (first * second).sum(dim, true) / lengths;
  const at::Tensor sign = target.unsqueeze(dim);
  const at::Tensor near = at::logical_and(sign == -1, cosine >= d.call.attributes.real("margin"));
  const at::Tensor each = spread_loss_gradient(d, cosine.squeeze(dim).sizes()).unsqueeze(dim);
  const at::Tensor of_cosine = each.masked_fill(near.logical_not(), 0) - each.masked_fill(sign != 1, 0);
  at::Tensor of_first, of_second;
  if (d.wants(0)) of_first = of_cosine * (second / lengths - cosine * first / squares1);
  if (d.wants(1)) of_second = of_cosine * (first / lengths - cosine * second / squares2);
  return d.result({d.for_input(0, of_first), d.for_input(1, of_second)});
}

std::vector<at::Tensor> triplet_margin_backward(const DerivativeContext& d) {
  const Attributes& a = d.call.attributes;
  const MarginDistance positive(d, 0, 1), negative(d, 0, 2);
  std::optional<MarginDistance> swapped;
  if (a.boolean("swap")) swapped.emplace(d, 1, 2);
  const at::Tensor farther = swapped ? at::min(negative.distance, swapped->distance) : negative.distance;
  const at::Tensor losses = positive.distance - farther + a.real("margin");
  const at::Tensor each =
      spread_loss_gradient(d, losses.squeeze(-1).sizes()).unsqueeze(-1).masked_fill(losses < 0, 0);
  const at::Tensor of_positive = positive.gradient(each);
  at::Tensor to_negative = -each, of_swapped;
  if (swapped) {
    of_swapped = swapped->gradient(smaller_share(-each, swapped->distance, negative.distance));
    to_negative = smaller_share(-each, negative.distance, swapped->distance);
  }
  const at::Tensor of_negative = negative.gradient(to_negative);
  return d.result({d.for_input(0, of_positive + of_negative),
                   d.for_input(1, sum_of_defined(-of_positive, of_swapped)),
                   d.for_input(2, -sum_of_defined(of_negative, of_swapped))});
}

}  // namespace orrery
