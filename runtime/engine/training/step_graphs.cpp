#include "runtime/engine/training/step_graphs.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

// From pinned memory the device fetches a batch while the host goes on; LibTorch takes the memory again when
// the copy is over.
void fetch(const Batch& batch, Batch& inputs) {
  const c10::NoGradGuard no_grad;
  for (auto& [name, input] : inputs) {
    const at::Tensor& field = batch.at(name);
    input.copy_(field.is_cpu() && !input.is_cpu() ? field.pin_memory() : field, /*non_blocking=*/true);
  }
}

Batch room_for(const Batch& batch, const at::Device& device) {
  Batch inputs;
  for (const auto& [name, field] : batch)
    if (field.defined()) inputs[name] = at::empty(field.sizes(), field.options().device(device));
  return inputs;
}

// `norm (BatchNorm1d) failed on (8, 4) float32: …`, in one line.
std::string words_of(std::exception_ptr failure) {
  try {
    rethrow_as_error(std::move(failure), "recording it failed");
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    const std::string text = known ? known->message() : error.what();
    return text.substr(0, text.find('\n'));
  }
}

}  // namespace

struct StepGraphs::Entry {
  Key key;
  int seen = 0;
  Batch inputs;
  std::unique_ptr<DeviceGraph> graph;  ///< null before it is recorded
  Recorded recorded;
};

StepGraphs::StepGraphs(std::shared_ptr<DeviceGraphs> graphs, const at::Device& device)
    : graphs_(std::move(graphs)), device_(device) {}

StepGraphs::~StepGraphs() = default;

std::optional<std::vector<at::Tensor>> StepGraphs::step(const Key& key, const Batch& batch,
                                                        const Record& record) {
  if (!refused_.empty()) return std::nullopt;
  Entry& entry = entry_of(key);
  if (strangers_ > kMostStrangers) {
    refuse("sizes of batches, options of optimizers or what is frozen change from step to step");
    return std::nullopt;
  }
  if (!entry.graph && (entry.seen++ < kWarmUps || !record_into(entry, batch, record))) return std::nullopt;
  fetch(batch, entry.inputs);
  entry.graph->replay();
  entry.recorded.beside();
  strangers_ = 0;
  ++replayed_;
  return entry.recorded.values;
}

StepGraphs::Entry& StepGraphs::entry_of(const Key& key) {
  const auto found = std::ranges::find(entries_, key, [](const auto& entry) { return entry->key; });
  if (found != entries_.end()) {
    std::rotate(found, found + 1, entries_.end());
    return *entries_.back();
  }
  ++strangers_;
  if (entries_.size() == kMostGraphs) entries_.erase(entries_.begin());
  entries_.push_back(std::make_unique<Entry>(Entry{.key = key}));
  return *entries_.back();
}

void StepGraphs::refuse(std::string why) {
  refused_ = std::move(why);
  entries_.clear();
}

// A step that cannot be recorded is done otherwise, and fails there if it is to fail.
bool StepGraphs::record_into(Entry& entry, const Batch& batch, const Record& record) {
  try {
    entry.inputs = room_for(batch, device_);
    fetch(batch, entry.inputs);
    entry.graph = graphs_->record([&] { entry.recorded = record(entry.inputs); });
    return true;
  } catch (const std::exception&) {
    refuse(words_of(std::current_exception()));
    return false;
  }
}

}  // namespace orrery
