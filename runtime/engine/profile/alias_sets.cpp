#include "runtime/engine/profile/alias_sets.h"

#include <algorithm>
#include <iterator>

#include <ATen/core/Tensor.h>

#include "runtime/engine/tensor_box.h"

namespace orrery {

AliasSets::AliasSets(const Graph& graph) : graph_(graph) {}

void AliasSets::note(const at::Tensor& tensor, const std::string& value) {
  if (!tensor.defined() || !tensor.has_storage() || tensor.storage().nbytes() == 0) return;
  const c10::Storage& storage = tensor.storage();
  const auto [found, is_new] = places_.try_emplace(storage.unsafeGetStorageImpl(), sets_.size());
  if (is_new) {
    sets_.push_back({static_cast<std::int64_t>(storage.nbytes()), {}});
    identities_.emplace_back(storage.getWeakStorageImpl());
  }
  std::vector<std::string>& values = sets_[found->second].values;
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

void AliasSets::begin_step(const std::map<std::string, std::int64_t>&, std::uint64_t) {
  sets_.clear();
  places_.clear();
  identities_.clear();
  for (const Graph::Entry& entry : graph_.state_of_run())
    if (entry.parameter->data) note(unboxed(entry.parameter->data), entry.key);
}

void AliasSets::end_node(const Node& node, std::span<const at::Tensor>, std::span<const at::Tensor> outputs,
                         bool) {
  for (size_t i = 0; i < outputs.size(); ++i)
    note(outputs[i],
         outputs.size() == 1 ? node.path() : node.path() + "." + node.output_name(static_cast<int>(i)));
}

std::vector<AliasSet> AliasSets::take() const {
  std::vector<AliasSet> shared;
  std::ranges::copy_if(sets_, std::back_inserter(shared),
                       [](const AliasSet& set) { return set.values.size() > 1; });
  return shared;
}

}  // namespace orrery
