#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include <c10/core/StorageImpl.h>

#include "runtime/engine/profile/profile_sink.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// Values that lie in one storage, so that a profile counts its bytes once: views, in-place results, and the
/// tensors of layers and constants that are given on as they are.
struct AliasSet {
  std::int64_t bytes = 0;           ///< of the storage
  std::vector<std::string> values;  ///< paths of nodes in their order, or keys of parameters and buffers
};

/// Notes in which storage each value of a forward pass lies. Buffers that a plan uses one after the other are
/// not one storage. Keeps no memory alive.
class AliasSets : public ProfileSink {
 public:
  /// The graph outlives it.
  explicit AliasSets(const Graph& graph);

  /// Those of more than one value, of the last forward pass; in the order of their first values.
  std::vector<AliasSet> take() const;

  void begin_step(const std::map<std::string, std::int64_t>&, std::uint64_t) override;
  bool wants_tensors() const override { return true; }
  void end_node(const Node& node, std::span<const at::Tensor> inputs, std::span<const at::Tensor> outputs,
                bool records) override;

 private:
  void note(const at::Tensor& tensor, const std::string& value);

  const Graph& graph_;
  std::vector<AliasSet> sets_;
  std::unordered_map<const c10::StorageImpl*, size_t> places_;
  std::vector<c10::weak_intrusive_ptr<c10::StorageImpl>> identities_;
};

}  // namespace orrery
