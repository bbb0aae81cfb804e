#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/StorageImpl.h>

namespace orrery {

/// Counts bytes by storage, each once. It keeps the storages' identities (not their data) until it is
/// cleared, so that a storage freed meanwhile is not mistaken for a new one at the same address. Not
/// thread-safe.
class StorageLedger {
 public:
  /// Storages that never count: those of parameters and buffers.
  void exclude(const at::Tensor& tensor);
  /// The bytes of the tensor's storage the first time it is met, 0 afterwards and for tensors without one.
  std::int64_t add(const at::Tensor& tensor);
  /// Forgets what was met, not what is excluded.
  void clear();

 private:
  std::unordered_set<const c10::StorageImpl*> excluded_;
  std::unordered_set<const c10::StorageImpl*> met_;
  std::vector<c10::weak_intrusive_ptr<c10::StorageImpl>> identities_;
};

}  // namespace orrery
