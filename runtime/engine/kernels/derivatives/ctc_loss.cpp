#include <limits>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivatives/losses.h"
#include "runtime/engine/kernels/loss.h"

namespace orrery {
namespace {

// The arguments of at::_ctc_loss, always of a batch.
struct Alignment {
  at::Tensor scores, labels;
  std::vector<std::int64_t> input_lengths, target_lengths;
  std::int64_t blank;
  bool zero_infinity, batched;

  explicit Alignment(const KernelContext& k)
      : labels(k.input(1).to(at::kLong)),
        input_lengths(lengths(k.input(2))),
        target_lengths(lengths(k.input(3))),
        blank(k.attributes.integer("blank")),
        zero_infinity(k.attributes.boolean("zero_infinity")),
        batched(k.input(0).dim() == 3) {
    scores = batched ? k.input(0) : k.input(0).unsqueeze(1);
  }

  static std::vector<std::int64_t> lengths(const at::Tensor& given) {
    const at::Tensor numbers = given.to(at::kLong).contiguous();
    const auto* first = numbers.const_data_ptr<std::int64_t>();
    return {first, first + numbers.numel()};
  }

  at::Tensor divisors(const at::TensorOptions& options) const {
    return at::tensor(target_lengths, options).clamp_min(1);
  }
};

at::Tensor is_infinite_loss(const at::Tensor& losses) {
  return losses == std::numeric_limits<double>::infinity();
}

at::Tensor reduced_alignment(const Alignment& one, at::Tensor losses, std::int64_t reduction) {
  if (one.zero_infinity) losses = losses.masked_fill(is_infinite_loss(losses), 0);
  if (reduction == at::Reduction::Mean) return (losses / one.divisors(losses.options())).mean();
  if (reduction == at::Reduction::Sum) return losses.sum();
  return one.batched ? losses : losses.squeeze(0);
}

at::Tensor spread_alignment(const DerivativeContext& d, const Alignment& one, const at::Tensor& losses) {
  at::Tensor each = spread_loss_gradient(d, losses.sizes()).reshape(losses.sizes());
  if (loss_reduction(d.call.attributes) == at::Reduction::Mean) each = each / one.divisors(losses.options());
  return one.zero_infinity ? each.masked_fill(is_infinite_loss(losses), 0) : each;
}

}  // namespace

bool is_ctc_on_cpu(const KernelContext& k) { return k.input(0).is_cpu(); }

Kept ctc_keeping(const KernelContext& k) {
  const Alignment one(k);
  const auto [losses, log_alpha] = at::_ctc_loss(one.scores, one.labels, one.input_lengths,
                                                 one.target_lengths, one.blank, one.zero_infinity);
  return {{reduced_alignment(one, losses, loss_reduction(k.attributes))}, {losses, log_alpha}};
}

std::vector<at::Tensor> ctc_backward(const DerivativeContext& d) {
  const Alignment one(d.call);
  const at::Tensor each = spread_alignment(d, one, d.kept[0]);
  const at::Tensor of_scores =
      at::_ctc_loss_backward(each, one.scores, one.labels, one.input_lengths, one.target_lengths, d.kept[0],
                             d.kept[1], one.blank, one.zero_infinity);
  return d.result({one.batched ? of_scores : of_scores.squeeze(1)});
}

}  // namespace orrery
