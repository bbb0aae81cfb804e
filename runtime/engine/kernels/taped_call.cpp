#include "runtime/engine/kernels/taped_call.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/variable.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

bool any_complex(std::span<const at::Tensor> tensors) {
  return std::ranges::any_of(tensors, [](const at::Tensor& t) { return t.defined() && t.is_complex(); });
}

// The rules are for real numbers and for the layer's own tensors.
const DerivativeEntry* rule_for(const KernelContext& context, const std::vector<at::Tensor>& owned) {
  if (!context.descriptor || any_complex(context.inputs) || any_complex(owned)) return nullptr;
  const DerivativeEntry* rule = derivative_of(*context.descriptor);
  const auto same = [](const at::Tensor& a, const at::Tensor& b) { return a.is_same(b); };
  if (!rule || !std::ranges::equal(context.parameters, owned, same)) return nullptr;
  return !rule->covers || rule->covers(context) ? rule : nullptr;
}

bool reads_input(const Reads& reads, size_t input) {
  return (reads.inputs >> std::min<size_t>(input, 31)) & 1U;
}

torch::autograd::Edge edge_of(const at::Tensor& tensor) {
  const bool goes_on = tensor.defined() && tensor.requires_grad();
  return goes_on ? torch::autograd::impl::gradient_edge(tensor) : torch::autograd::Edge();
}

bool carries_gradient(const at::Tensor& tensor) {
  return tensor.defined() && (tensor.is_floating_point() || tensor.is_complex());
}

/// Where the way back ends. Unlike a leaf it does not hold the numbers, which may be let go of as soon as no
/// derivative needs them.
struct End : torch::autograd::Node {
  torch::autograd::variable_list apply(torch::autograd::variable_list&&) override { return {}; }
};

// The same numbers, of which autograd records from here on what is done.
at::Tensor begin_recording(const at::Tensor& tensor) {
  at::Tensor same = tensor.detach();
  const auto end = std::make_shared<End>();
  torch::autograd::impl::set_gradient_edge(same, {end, end->add_input_metadata(same)});
  return same;
}

}  // namespace

/// Where the way back through what autograd recorded begins and where it ends; edges without a function where
/// nothing comes back.
struct TapedCall::Recording {
  torch::autograd::edge_list roots;  ///< beside the results
  torch::autograd::edge_list ends;   ///< beside the inputs, then what the layer owns
};

std::vector<at::Tensor> TapedCall::forward(const KernelContext& context, std::vector<at::Tensor> owned,
                                           std::vector<bool> wanted) {
  rule_ = rule_for(context, owned);
  if (!rule_) return forward_recorded(context, std::move(owned), wanted);
  owned_ = std::move(owned);
  return forward_by_rule(context);
}

std::vector<at::Tensor> TapedCall::forward_by_rule(const KernelContext& context) {
  Kept made = rule_->forward ? rule_->forward(context) : Kept{kernel_of(*context.descriptor)(context), {}};
  const size_t count = context.inputs.size();
  inputs_.resize(count);
  like_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const at::Tensor& input = context.inputs[i];
    if (input.defined()) like_[i] = {input.sizes().vec(), input.options()};
    if (reads_input(rule_->reads, i)) inputs_[i] = input;
  }
  kept_ = std::move(made.kept);
  if (rule_->reads.outputs) outputs_ = made.outputs;
  call_.clear();
  call_.push_back(this->context(context));
  return std::move(made.outputs);
}

std::vector<at::Tensor> TapedCall::forward_recorded(const KernelContext& context,
                                                    std::vector<at::Tensor> owned,
                                                    const std::vector<bool>& wanted) {
  return record({context.inputs.begin(), context.inputs.end()}, std::move(owned), wanted,
                [&](const std::vector<at::Tensor>& leaves) {
                  KernelContext call = context;
                  call.inputs = leaves;
                  return kernel_of(*context.descriptor)(call);
                });
}

std::vector<at::Tensor> TapedCall::record(std::vector<at::Tensor> inputs, std::vector<at::Tensor> owned,
                                          const std::vector<bool>& wanted, const Compute& compute) {
  const c10::AutoGradMode recording(true);
  release();
  rule_ = nullptr;
  auto recorded = std::make_shared<Recording>();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (wanted[i] && carries_gradient(inputs[i])) inputs[i] = begin_recording(inputs[i]);
    recorded->ends.push_back(wanted[i] ? edge_of(inputs[i]) : torch::autograd::Edge());
  }
  for (const at::Tensor& tensor : owned) recorded->ends.push_back(edge_of(tensor));
  std::vector<at::Tensor> results;
  for (const at::Tensor& output : compute(inputs)) {
    recorded->roots.push_back(edge_of(output));
    results.push_back(output.defined() ? output.detach() : output);
  }
  recording_ = std::move(recorded);
  return results;
}

void TapedCall::release() {
  for (auto* tensors : {&inputs_, &owned_, &outputs_, &kept_}) tensors->clear();
  recording_.reset();
  like_.clear();
  call_.clear();
}

KernelContext TapedCall::context(const KernelContext& like) const {
  KernelContext own = like;
  own.inputs = inputs_;
  own.parameters = owned_;
  return own;
}

std::vector<at::Tensor> TapedCall::backward(const std::vector<at::Tensor>& gradients,
                                            const std::vector<bool>& wanted, bool keep) {
  std::vector<at::Tensor> found =
      rule_ ? backward_by_rule(gradients, wanted) : backward_recorded(gradients, wanted, keep);
  if (!keep) *this = TapedCall();
  return found;
}

std::vector<at::Tensor> TapedCall::backward_by_rule(const std::vector<at::Tensor>& gradients,
                                                    const std::vector<bool>& wanted) const {
  const std::vector<at::Tensor> unread(outputs_.empty() ? gradients.size() : 0);
  std::vector<at::Tensor> found = rule_->backward({.call = context(call_.front()),
                                                   .inputs = like_,
                                                   .outputs = outputs_.empty() ? unread : outputs_,
                                                   .kept = kept_,
                                                   .gradients = gradients,
                                                   .wanted = wanted});
  // Autograd tells a zero from nothing, and so do optimizers.
  for (size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] && !found[i].defined()) found[i] = zeros(i);
  return found;
}

at::Tensor TapedCall::zeros(size_t place) const {
  if (place >= like_.size()) return at::zeros_like(owned_[place - like_.size()]);
  return at::zeros(like_[place].sizes, like_[place].options);
}

std::vector<at::Tensor> TapedCall::backward_recorded(const std::vector<at::Tensor>& gradients,
                                                     const std::vector<bool>& wanted, bool keep) const {
  torch::autograd::edge_list roots, ends;
  std::vector<at::Tensor> of_roots;
  for (size_t i = 0; i < gradients.size(); ++i) {
    const torch::autograd::Edge& root = recording_->roots[i];
    if (!gradients[i].defined() || !root.is_valid()) continue;
    roots.push_back(root);
    of_roots.push_back(gradients[i]);
  }
  const auto asked = [&](size_t i) { return wanted[i] && recording_->ends[i].is_valid(); };
  for (size_t i = 0; i < wanted.size(); ++i)
    if (asked(i)) ends.push_back(recording_->ends[i]);
  std::vector<at::Tensor> result(wanted.size());
  if (roots.empty() || ends.empty()) return result;
  const auto found =
      torch::autograd::Engine::get_default_engine().execute(roots, of_roots, keep, false, false, ends);
  for (size_t i = 0, next = 0; i < wanted.size(); ++i)
    if (asked(i)) result[i] = found[next++];
  return result;
}

}  // namespace orrery
