#include "runtime/engine/profile/unit_profiles.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace orrery {
namespace {

double seconds_of(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

// Without a backward pass there is nothing to say about gradients.
bool is_of_backward(Quantity quantity) {
  return quantity == Quantity::tgu_bytes || quantity == Quantity::lgu_bytes ||
         quantity == Quantity::optimizer_bytes;
}

bool is_size(Quantity quantity) {
  return is_of_backward(quantity) || quantity == Quantity::tmu_bytes || quantity == Quantity::lmu_bytes ||
         quantity == Quantity::flops || quantity == Quantity::bytes_moved ||
         quantity == Quantity::peak_bytes || quantity == Quantity::scratch_bytes;
}

void add_sizes_of(UnitProfile& profile, const Costs& costs, const StepSizes& of) {
  for (const QuantityInfo& quantity : quantities()) {
    const size_t i = index_of(quantity.quantity);
    const std::int64_t steps = is_of_backward(quantity.quantity) ? of.backward_steps : of.steps;
    if (is_size(quantity.quantity) && steps > 0) profile.others[i].add(costs[i], steps);
  }
}

}  // namespace

UnitProfiles::UnitProfiles(const Graph& graph, bool by_node)
    : graph_(graph), by_node_(by_node), numbers_(graph.nodes().size()) {
  std::iota(numbers_.begin(), numbers_.end(), 0);
  std::unordered_map<const Block*, int> places;
  for (const auto& node : graph.nodes()) {
    const auto [found, is_new] = places.try_emplace(&node->block(), static_cast<int>(blocks_.size()));
    if (is_new) blocks_.push_back(&node->block());
    block_of_.push_back(found->second);
  }
  of_units_.resize(by_node ? numbers_.size() : blocks_.size());
  if (by_node) of_blocks_.resize(blocks_.size());
  step_of_block_.resize(of_blocks_.size());
}

void UnitProfiles::add_times(int unit, std::int64_t forward, std::int64_t backward, bool with_backward) {
  UnitProfile& profile = of_units_[static_cast<size_t>(unit)];
  profile.forward.add(seconds_of(forward));
  if (with_backward) profile.backward.add(seconds_of(backward));
  if (!by_node_) return;
  StepOfBlock& block = step_of_block_[block_of(unit)];
  block = {block.forward + forward, block.backward + backward, true};
}

void UnitProfiles::end_step(bool with_backward) {
  for (size_t i = 0; i < step_of_block_.size(); ++i) {
    const StepOfBlock block = std::exchange(step_of_block_[i], {});
    if (!block.ran) continue;
    of_blocks_[i].forward.add(seconds_of(block.forward));
    if (with_backward) of_blocks_[i].backward.add(seconds_of(block.backward));
  }
}

void UnitProfiles::add_device_times(const DeviceTimes::OfStep& seconds) {
  std::map<size_t, double> whole;
  for (const auto& [unit, of_unit] : seconds) {
    of_units_[static_cast<size_t>(unit)].device.add(of_unit);
    if (by_node_) whole[block_of(unit)] += of_unit;
  }
  for (const auto& [block, of_block] : whole) of_blocks_[block].device.add(of_block);
}

void UnitProfiles::add_shares(const StepSizes& settled) {
  for (const int node : settled.units)
    if (const double share = settled.fused.share(node); share > 0)
      of_units_[static_cast<size_t>(node)].others[index_of(Quantity::fused_share)].add(share, settled.steps);
}

void UnitProfiles::add_sizes(const StepSizes& settled) {
  std::map<size_t, Costs> whole;
  for (const int unit : settled.units) {
    const Costs& costs = settled.costs[static_cast<size_t>(unit)];
    add_sizes_of(of_units_[static_cast<size_t>(unit)], costs, settled);
    if (by_node_) combine(whole.try_emplace(block_of(unit)).first->second, costs);
  }
  for (const auto& [block, costs] : whole) add_sizes_of(of_blocks_[block], costs, settled);
  if (by_node_) add_shares(settled);
}

void UnitProfiles::reconcile(const AllocatedMemory& allocated, std::int64_t held) {
  if (blocks_.empty()) return;
  double known = static_cast<double>(held);
  for (const UnitProfile& profile : of_blocks())
    for (const Quantity quantity : {Quantity::lmu_bytes, Quantity::optimizer_bytes})
      if (const Aggregate& bytes = profile.others[index_of(quantity)]; bytes.count > 0) known += bytes.max;
  auto& root = of_graph_.others;
  root[index_of(Quantity::allocated_bytes)].add(static_cast<double>(allocated.current));
  root[index_of(Quantity::allocated_peak_bytes)].add(static_cast<double>(allocated.peak));
  root[index_of(Quantity::arena_bytes)].add(static_cast<double>(held));
  root[index_of(Quantity::remainder_bytes)].add(static_cast<double>(allocated.current) - known);
}

std::vector<NodeProfile> UnitProfiles::nodes() const {
  std::vector<NodeProfile> profiles;
  if (!by_node_) return profiles;
  for (const auto& node : graph_.nodes()) {
    auto quantities = records_of(node->path(), of_units_[static_cast<size_t>(node->id())]);
    if (!quantities.empty()) profiles.push_back({node->path(), node->operation(), std::move(quantities)});
  }
  return profiles;
}

std::vector<BlockProfileRecord> UnitProfiles::take_blocks() {
  std::map<std::string, const UnitProfile*> by_path;
  for (size_t i = 0; i < blocks_.size(); ++i) by_path.emplace(blocks_[i]->path(), &of_blocks()[i]);
  std::vector<BlockProfileRecord> records = records_of("", of_graph_);
  for (const auto& [path, profile] : by_path)
    for (BlockProfileRecord& record : records_of(path, *profile)) records.push_back(std::move(record));
  of_graph_.clear();
  for (UnitProfile& profile : of_units_) profile.clear();
  for (UnitProfile& profile : of_blocks_) profile.clear();
  return records;
}

}  // namespace orrery
