#include "runtime/engine/profile/step_sizes.h"

#include <algorithm>

#include "runtime/engine/tensor_box.h"
#include "runtime/graph/cost.h"

namespace orrery {
namespace {

// Of steps whose sizes differ, as sequences of all lengths, so many are kept at a time.
constexpr size_t kMostKnown = 256;

// The node that a parameter's bytes belong to: the first that uses it.
std::unordered_map<const Parameter*, int> owners_of(const Graph& graph) {
  std::unordered_map<const Parameter*, int> owners;
  for (const auto& node : graph.nodes()) {
    if (node->constant()) owners.try_emplace(node->constant().get(), node->id());
    for (const ParameterPtr& field : node->trained_fields())
      if (field) owners.try_emplace(field.get(), node->id());
    if (!node->layer()) continue;
    for (const ParameterPtr& parameter : node->layer()->parameters())
      owners.try_emplace(parameter.get(), node->id());
  }
  return owners;
}

bool may_differ(const Node& node) {
  return !node.data_symbols().empty() || (node.descriptor() && node.descriptor()->own);
}

}  // namespace

SizeMeter::SizeMeter(const Graph& graph, std::vector<int> unit_of, size_t units, Settle settle)
    : unit_of_(std::move(unit_of)), units_(units), settle_(std::move(settle)), owners_(owners_of(graph)) {
  always_ = std::ranges::any_of(graph.nodes(), [](const auto& node) { return may_differ(*node); });
  for (const auto& node : graph.nodes()) {
    flops_.push_back(flops_of(*node));
    moved_.push_back(bytes_moved_of(*node));
  }
}

void SizeMeter::begin(const std::map<std::string, std::int64_t>& symbols, std::uint64_t way) {
  if (key_ && !always_ && key_->second == way && key_->first == symbols) return exclude_parameters();
  Key key{symbols, way};
  auto found = known_.find(key);
  if (always_ || (found == known_.end() && known_.size() >= kMostKnown)) forget();
  if (always_ || found == known_.end()) found = known_.try_emplace(std::move(key), unknown()).first;
  key_ = &found->first;
  step_ = &found->second;
  exclude_parameters();
}

StepSizes SizeMeter::unknown() const {
  return {.fused = {unit_of_, units_},
          .costs = std::vector<Costs>(units_),
          .nodes = std::vector<bool>(unit_of_.size()),
          .units = {}};
}

// Again in each epoch in which something is measured: a script may have put others in their place.
void SizeMeter::exclude_parameters() {
  if (!fresh_ || !measures_forward()) return;
  ledger_ = {};
  for (const auto& [parameter, node] : owners_)
    if (parameter->data) ledger_.exclude(unboxed(parameter->data));
  fresh_ = false;
}

// What a pass goes through stays in the processor's caches meanwhile, from which a byte comes about as fast
// as a FLOP is done.
void SizeMeter::fuse(int node, int by) {
  const auto member = [&](int of) {
    return FusedPasses::Member{of, std::max(of_step(flops_, of), of_step(moved_, of))};
  };
  step_->fused.add(member(node), member(by));
}

void SizeMeter::begin_node(int node) {
  step_->nodes[static_cast<size_t>(node)] = true;
  cost(node, Quantity::flops) += of_step(flops_, node);
  cost(node, Quantity::bytes_moved) += of_step(moved_, node);
}

void SizeMeter::end_node(const Node& node, std::span<const at::Tensor> outputs) {
  for (const at::Tensor& output : outputs) {
    const auto bytes = static_cast<double>(ledger_.add(output));
    // A batch may be a window into the whole data set, which is not this step's memory.
    const bool window = node.input_spec() && output.defined();
    cost(node.id(), Quantity::tmu_bytes) +=
        window ? std::min(bytes, static_cast<double>(output.nbytes())) : bytes;
  }
}

void SizeMeter::gradients_arrive(const Node& node, std::span<const at::Tensor> gradients) {
  for (const at::Tensor& gradient : gradients)
    cost(node.id(), Quantity::tgu_bytes) += static_cast<double>(ledger_.add(gradient));
}

void SizeMeter::gradient_arrives(const Parameter& parameter, const at::Tensor& gradient) {
  const auto owner = owners_.find(&parameter);
  if (owner != owners_.end())
    cost(owner->second, Quantity::lgu_bytes) += static_cast<double>(ledger_.add(gradient));
}

void SizeMeter::memory(int unit, std::int64_t peak, std::int64_t scratch) {
  Costs& costs = step_->costs[static_cast<size_t>(unit)];
  const auto raise = [&](Quantity quantity, std::int64_t bytes) {
    double& most = costs[index_of(quantity)];
    most = std::max(most, static_cast<double>(bytes));
  };
  raise(Quantity::peak_bytes, peak);
  raise(Quantity::scratch_bytes, scratch);
}

const std::vector<int>& SizeMeter::count(std::int64_t calls, bool had_backward) {
  StepSizes& step = *step_;
  if (!step.forward_known) {
    step.calls = calls;
    step.forward_known = true;
    std::vector<bool> ran(units_);
    for (size_t node = 0; node < step.nodes.size(); ++node)
      if (step.nodes[node]) ran[static_cast<size_t>(unit_of_[node])] = true;
    for (size_t unit = 0; unit < units_; ++unit)
      if (ran[unit]) step.units.push_back(static_cast<int>(unit));
  }
  ledger_.clear();
  if (step.calls != calls) {
    units_of_last_ = step.units;
    forget();
    return units_of_last_;
  }
  step.backward_known = step.backward_known || had_backward;
  ++step.steps;
  if (had_backward) ++step.backward_steps;
  return step.units;
}

void SizeMeter::abandon() {
  ledger_.clear();
  if (!step_ || (step_->forward_known && step_->backward_known)) return;
  // Half of it was measured.
  if (step_->steps > 0) {
    add_given(*step_);
    settle_(*step_);
  }
  known_.erase(known_.find(*key_));
  key_ = nullptr;
  step_ = nullptr;
}

void SizeMeter::set_optimizer_bytes(const Parameter& parameter, std::int64_t bytes) {
  optimizer_bytes_[&parameter] = bytes;
}

void SizeMeter::add_given(StepSizes& sizes) const {
  for (Costs& costs : sizes.costs)
    costs[index_of(Quantity::lmu_bytes)] = costs[index_of(Quantity::optimizer_bytes)] = 0;
  for (const auto& [parameter, node] : owners_) {
    if (!sizes.nodes[static_cast<size_t>(node)]) continue;
    Costs& costs = sizes.costs[static_cast<size_t>(unit_of_[static_cast<size_t>(node)])];
    costs[index_of(Quantity::lmu_bytes)] += static_cast<double>(parameter->bytes());
    const auto found = optimizer_bytes_.find(parameter);
    if (found != optimizer_bytes_.end())
      costs[index_of(Quantity::optimizer_bytes)] += static_cast<double>(found->second);
  }
}

void SizeMeter::settle() {
  for (auto& [key, sizes] : known_) {
    if (sizes.steps == 0) continue;
    add_given(sizes);
    settle_(sizes);
    sizes.steps = sizes.backward_steps = 0;
    if (!std::exchange(sizes.again, false)) continue;
    sizes = unknown();
    sizes.again = false;
  }
  fresh_ = true;
}

void SizeMeter::forget() {
  settle();
  known_.clear();
  key_ = nullptr;
  step_ = nullptr;
}

}  // namespace orrery
