#include "runtime/engine/data/batch_plan.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "runtime/core/error.h"
#include "runtime/engine/data/order.h"
#include "runtime/engine/data/sampler.h"

namespace orrery {
namespace {

// Every key as often as any other.
std::vector<double> balancing(const std::vector<std::int64_t>& keys) {
  std::map<std::int64_t, double> counts;
  for (const std::int64_t key : keys) ++counts[key];
  std::vector<double> weights;
  for (const std::int64_t key : keys) weights.push_back(1 / counts[key]);
  return weights;
}

}  // namespace

BatchPlanner::BatchPlanner(Facts facts) : facts_(std::move(facts)) {
  invariant(facts_.batch >= 1, "a loader with batches of no samples");
  invariant(facts_.rank >= 0 && facts_.rank < facts_.world, "a loader whose share there is not");
  if (facts_.kind == Kind::weighted && facts_.weights.empty()) facts_.weights = balancing(facts_.keys);
  const BatchPlan first = plan(1);
  batches_ = first.batches();
  samples_ = static_cast<std::int64_t>(first.order.size());
}

BatchPlan BatchPlanner::plan(std::int64_t epoch) const {
  if (facts_.length == 0) return {};
  std::vector<std::int64_t> samples = order(epoch);
  if (facts_.kind == Kind::group) return arranged(cut_groups(samples), epoch);
  if (facts_.kind == Kind::length) return arranged(cut_by_length(std::move(samples)), epoch);
  return cut(share(std::move(samples)));
}

std::vector<std::int64_t> BatchPlanner::order(std::int64_t epoch) const {
  RandomStream random(facts_.seed, static_cast<std::uint64_t>(epoch));
  if (facts_.kind == Kind::weighted)
    return weighted_draws(facts_.weights, facts_.draws.value_or(facts_.length), random);
  if (facts_.kind == Kind::stratified) return stratified_order(facts_.keys, random);
  const auto kind = facts_.shuffle ? Sampler::Order::shuffled : Sampler::Order::sequential;
  return Sampler(facts_.length, kind, facts_.seed).order(epoch);
}

std::vector<std::int64_t> BatchPlanner::share(std::vector<std::int64_t> order) const {
  if (facts_.world == 1) return order;
  const auto count = static_cast<std::int64_t>(order.size());
  const std::int64_t each =
      facts_.drop_last ? count / facts_.world : (count + facts_.world - 1) / facts_.world;
  std::vector<std::int64_t> own;
  for (std::int64_t i = 0; i < each; ++i)
    own.push_back(order[static_cast<size_t>((facts_.rank + i * facts_.world) % count)]);
  return own;
}

BatchPlan BatchPlanner::cut(std::vector<std::int64_t> order) const {
  BatchPlan plan;
  const auto count = static_cast<std::int64_t>(order.size());
  for (std::int64_t begin = 0; begin < count; begin += facts_.batch) {
    const std::int64_t end = std::min(begin + facts_.batch, count);
    if (end - begin < facts_.batch && facts_.drop_last) break;
    plan.ends.push_back(end);
  }
  order.resize(static_cast<size_t>(plan.ends.empty() ? 0 : plan.ends.back()));
  plan.order = std::move(order);
  return plan;
}

BatchPlan BatchPlanner::cut_groups(const std::vector<std::int64_t>& order) const {
  std::map<std::int64_t, std::vector<std::int64_t>> groups;
  for (const std::int64_t index : order) groups[facts_.keys[static_cast<size_t>(index)]].push_back(index);
  BatchPlan plan;
  for (auto& [key, members] : groups) {
    const BatchPlan group = cut(std::move(members));
    for (const std::int64_t end : group.ends)
      plan.ends.push_back(static_cast<std::int64_t>(plan.order.size()) + end);
    plan.order.insert(plan.order.end(), group.order.begin(), group.order.end());
  }
  return plan;
}

// Where the cuts are depends on the lengths alone, so that every epoch has as many batches.
BatchPlan BatchPlanner::cut_by_length(std::vector<std::int64_t> order) const {
  const auto size = [&](std::int64_t index) { return facts_.sizes[static_cast<size_t>(index)]; };
  std::ranges::stable_sort(order, {}, size);
  if (!facts_.max_entries) return cut(std::move(order));
  BatchPlan plan;
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(order.size()); ++i) {
    const std::int64_t index = order[static_cast<size_t>(i)];
    check(size(index) <= *facts_.max_entries, Fault::usage,
          "sample {} (counted from 0) has {} entries, more than max_tokens = {}", index, size(index),
          *facts_.max_entries);
    if ((i - begin + 1) * size(index) <= *facts_.max_entries) continue;
    plan.ends.push_back(i);
    begin = i;
  }
  plan.ends.push_back(static_cast<std::int64_t>(order.size()));
  plan.order = std::move(order);
  return plan;
}

// Batches in random order where that is asked for, and of those this share's.
BatchPlan BatchPlanner::arranged(const BatchPlan& whole, std::int64_t epoch) const {
  std::vector<std::int64_t> batches(static_cast<size_t>(whole.batches()));
  std::iota(batches.begin(), batches.end(), 0);
  RandomStream random(facts_.seed ^ kBatchOrderStream, static_cast<std::uint64_t>(epoch));
  if (facts_.shuffle) shuffle(batches, random);
  if (!batches.empty()) batches = share(std::move(batches));
  BatchPlan plan;
  for (const std::int64_t batch : batches) {
    plan.order.insert(plan.order.end(), whole.order.begin() + whole.begin(batch),
                      whole.order.begin() + whole.end(batch));
    plan.ends.push_back(static_cast<std::int64_t>(plan.order.size()));
  }
  return plan;
}

}  // namespace orrery
