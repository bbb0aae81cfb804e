#include "runtime/engine/profile/storage_ledger.h"

namespace orrery {

void StorageLedger::exclude(const at::Tensor& tensor) {
  if (tensor.defined() && tensor.has_storage()) excluded_.insert(tensor.storage().unsafeGetStorageImpl());
}

std::int64_t StorageLedger::add(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return 0;
  const c10::Storage& storage = tensor.storage();
  const c10::StorageImpl* const identity = storage.unsafeGetStorageImpl();
  if (excluded_.contains(identity) || !met_.insert(identity).second) return 0;
  identities_.emplace_back(storage.getWeakStorageImpl());
  return static_cast<std::int64_t>(storage.nbytes());
}

void StorageLedger::clear() {
  met_.clear();
  identities_.clear();
}

}  // namespace orrery
