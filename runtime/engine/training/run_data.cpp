#include "runtime/engine/training/run_data.h"

#include "runtime/governors/loop_controls.h"

namespace orrery {
namespace {

Loader limited_loader(const Manager& manager, Loader loader, const std::string& option) {
  loader.limit(limited_batches(manager.options(), option, loader.batches(), manager.origin().site));
  return loader;
}

}  // namespace

RunData RunData::of(const Manager& manager, std::uint64_t seed, const at::Device& device) {
  const Attributes& options = manager.options();
  const Manager::Parts& parts = manager.parts();
  if (!parts.train)
    throw Error(Fault::usage, "the manager has no data to train on", manager.origin().site,
                "Give g:input a data source, or the manager train = data….");
  const bool overfits = options.has("overfit_batches");
  const auto same_batches = [&] {
    return limited_loader(manager, make_loader_in_order(*parts.train, device, seed), "overfit_batches");
  };
  RunData data{overfits
                   ? same_batches()
                   : limited_loader(manager, make_loader(*parts.train, seed, device), "limit_train_batches"),
               nullptr};
  const bool validates = !options.has("limit_val_batches") || options.real("limit_val_batches") > 0;
  if (parts.validate && validates)
    data.validation = std::make_unique<Loader>(
        overfits ? same_batches()
                 : limited_loader(manager, make_loader(*parts.validate, seed, device), "limit_val_batches"));
  return data;
}

}  // namespace orrery
