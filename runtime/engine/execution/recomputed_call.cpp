#include "runtime/engine/execution/recomputed_call.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

namespace orrery {
namespace {

torch::autograd::Edge edge_of(const at::Tensor& tensor) {
  const bool goes_on = tensor.defined() && tensor.requires_grad();
  return goes_on ? torch::autograd::impl::gradient_edge(tensor) : torch::autograd::Edge();
}

// What comes later in the forward pass hands its gradient on first, as autograd orders it.
class RecomputedNode : public torch::autograd::Node {
  using SavedVariable = torch::autograd::SavedVariable;
  using variable_list = torch::autograd::variable_list;

 public:
  explicit RecomputedNode(RecomputedCall call)
      : overwritten_(std::move(call.overwritten)),
        uses_(std::move(call.uses)),
        weights_(std::move(call.weights)),
        recorded_(std::move(call.recorded)),
        again_(std::move(call.again)) {
    for (const at::Tensor& read : call.reads) reads_.emplace_back(read, false);
    for (const at::Tensor& parameter : call.parameters) parameters_.emplace_back(parameter, false);
    torch::autograd::edge_list edges;
    for (size_t u = uses_.size(); u-- > 0;) edges.push_back(edge_of(call.reads[uses_[u]]));
    for (size_t w = weights_.size(); w-- > 0;) edges.push_back(edge_of(call.parameters[weights_[w]]));
    set_next_edges(std::move(edges));
  }

  std::string name() const override { return "RecomputedBlock"; }

  void release_variables() override {
    const std::lock_guard lock(mutex_);
    for (auto* saved : {&reads_, &parameters_})
      for (SavedVariable& variable : *saved) variable.reset_data();
    again_ = nullptr;
  }

  variable_list apply(variable_list&& gradients) override {
    const std::lock_guard lock(mutex_);
    const bool create_graph = c10::GradMode::is_enabled();
    const variable_list reads = unpacked(reads_), parameters = unpacked(parameters_);
    const c10::AutoGradMode recording(true);
    variable_list leaves, inputs, weights;
    for (const size_t use : uses_) {
      leaves.push_back(leaf_of(reads[use], create_graph));
      inputs.push_back(input_of(leaves.back(), overwritten_[use]));
    }
    for (const size_t use : weights_) weights.push_back(leaf_of(parameters[use], create_graph));
    const variable_list gives = again_(inputs, weights);
    variable_list roots, of_roots;
    for (size_t i = 0, arrived = 0; i < gives.size(); ++i) {
      if (!recorded_[i]) continue;
      const at::Tensor& gradient = gradients[arrived++];
      if (!gradient.defined() || !gives[i].requires_grad()) continue;
      roots.push_back(gives[i]);
      of_roots.push_back(gradient);
    }
    variable_list from(leaves.rbegin(), leaves.rend());
    from.insert(from.end(), weights.rbegin(), weights.rend());
    return gradients_of(roots, of_roots, from, create_graph);
  }

 private:
  static variable_list unpacked(const std::vector<SavedVariable>& saved) {
    variable_list tensors;
    for (const SavedVariable& variable : saved) tensors.push_back(variable.unpack());
    return tensors;
  }

  // A gradient of a gradient goes on to what was read.
  static at::Tensor leaf_of(const at::Tensor& read, bool create_graph) {
    if (!read.defined() || !read.requires_grad()) return read;
    return create_graph ? at::alias(read) : read.detach().requires_grad_();
  }

  // Mixed precision casts a leaf once for all its readers, and what is no leaf for each of them.
  static at::Tensor input_of(const at::Tensor& leaf, bool overwritten) {
    if (!leaf.defined()) return leaf;
    if (overwritten) return leaf.clone();
    return leaf.requires_grad() ? at::alias(leaf) : leaf;
  }

  variable_list gradients_of(const variable_list& roots, const variable_list& of_roots,
                             const variable_list& from, bool create_graph) const {
    variable_list asked, found(from.size());
    std::vector<size_t> places;
    for (size_t i = 0; i < from.size(); ++i) {
      if (!from[i].defined() || !from[i].requires_grad() || !task_should_compute_output(i)) continue;
      asked.push_back(from[i]);
      places.push_back(i);
    }
    if (roots.empty() || asked.empty()) return found;
    const variable_list taken =
        torch::autograd::grad(roots, asked, of_roots, create_graph, create_graph, true);
    for (size_t i = 0; i < places.size(); ++i) found[places[i]] = taken[i];
    return found;
  }

  std::vector<SavedVariable> reads_, parameters_;
  std::vector<bool> overwritten_;
  std::vector<size_t> uses_, weights_;
  std::vector<bool> recorded_;
  decltype(RecomputedCall::again) again_;
};

bool any_requires_grad(const std::vector<at::Tensor>& tensors) {
  return std::ranges::any_of(tensors, [](const at::Tensor& t) { return t.defined() && t.requires_grad(); });
}

}  // namespace

std::vector<at::Tensor> record_recomputed(RecomputedCall call) {
  if (!any_requires_grad(call.reads) && !any_requires_grad(call.parameters)) return std::move(call.gives);
  std::vector<at::Tensor> gives = std::move(call.gives);
  const std::vector<bool> recorded = call.recorded;
  const c10::AutoGradMode recording(true);
  const std::shared_ptr<torch::autograd::Node> node(new RecomputedNode(std::move(call)),
                                                    torch::autograd::deleteNode);
  for (size_t i = 0; i < gives.size(); ++i) {
    if (!recorded[i]) continue;
    if (gives[i].defined()) gives[i] = gives[i].detach();
    torch::autograd::set_history(gives[i], node);
  }
  return gives;
}

}  // namespace orrery
