#include "runtime/engine/kernels/adaptive_softmax.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

// Which output of the head each label asks for, and what its cluster adds to that.
struct Asked {
  at::Tensor head, within;
};

void require_classes(const at::Tensor& labels, std::int64_t classes) {
  const bool inside = at::logical_and(labels >= 0, labels < classes).all().item<bool>();
  check(inside, Fault::run, "a label is outside the classes 0…{}", classes - 1);
}

at::Tensor cluster_scores(const KernelContext& k, const at::Tensor& input, size_t cluster) {
  const at::Tensor narrow = at::linear(input, k.parameter(fmt::format("tail.{}.0.weight", cluster)));
  return at::log_softmax(at::linear(narrow, k.parameter(fmt::format("tail.{}.1.weight", cluster))), 1);
}

// The labels of one cluster: only their rows are computed.
void ask_cluster(const KernelContext& k, const at::Tensor& input, const at::Tensor& labels, size_t cluster,
                 Asked& asked) {
  const std::vector<std::int64_t>& cutoffs = k.attributes.integers("cutoffs");
  const bool last = cluster + 1 == cutoffs.size();
  const std::int64_t end = last ? k.attributes.integer("n_classes") : cutoffs[cluster + 1];
  const at::Tensor rows = at::logical_and(labels >= cutoffs[cluster], labels < end).nonzero().squeeze(1);
  if (rows.numel() == 0) return;
  const at::Tensor wanted = (labels.index_select(0, rows) - cutoffs[cluster]).unsqueeze(1);
  const at::Tensor scores = cluster_scores(k, input.index_select(0, rows), cluster).gather(1, wanted);
  asked.within = asked.within.index_copy(0, rows, scores.squeeze(1));
  asked.head = asked.head.index_fill(0, rows, cutoffs[0] + static_cast<std::int64_t>(cluster));
}

at::Tensor log_probabilities(const KernelContext& k, const at::Tensor& input, const at::Tensor& labels) {
  require_classes(labels, k.attributes.integer("n_classes"));
  Asked asked{labels, at::zeros({input.size(0)}, input.options())};
  for (size_t i = 0; i < k.attributes.integers("cutoffs").size(); ++i)
    ask_cluster(k, input, labels, i, asked);
  const at::Tensor head = at::linear(input, k.parameter("head.weight"), k.parameter("head.bias"));
  return asked.within + at::log_softmax(head, 1).gather(1, asked.head.unsqueeze(1)).squeeze(1);
}

}  // namespace

std::vector<at::Tensor> adaptive_log_softmax(const KernelContext& k) {
  const bool alone = k.input(0).dim() == 1;
  const at::Tensor output = log_probabilities(k, alone ? k.input(0).unsqueeze(0) : k.input(0),
                                              alone ? k.input(1).unsqueeze(0) : k.input(1));
  return {alone ? output.squeeze(0) : output, (-output).mean()};
}

}  // namespace orrery
