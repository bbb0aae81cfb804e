#include "runtime/engine/training/saved_values.h"

#include <algorithm>
#include <utility>

#include "runtime/engine/training/evaluation.h"
#include "runtime/engine/training/generators.h"

namespace orrery {
namespace {

// Also when what is computed fails or is stopped: a checkpoint is written then.
class UntouchedGenerators {
 public:
  explicit UntouchedGenerators(Engine& engine) : engine_(engine), before_{generator_states(engine), {}, {}} {}
  ~UntouchedGenerators() { set_generator_states(engine_, before_); }
  UntouchedGenerators(const UntouchedGenerators&) = delete;
  UntouchedGenerators& operator=(const UntouchedGenerators&) = delete;

 private:
  Engine& engine_;
  Checkpoint before_;
};

}  // namespace

// Whether a value reads sizes of the batch is not told by the fields that it reads.
SavedValues::SavedValues(Runtime& runtime, const Graph& graph, const Manager& manager)
    : runtime_(runtime),
      graph_(graph),
      manager_(manager),
      wanted_(graph.input_node() && std::ranges::any_of(manager.parts().savers, [](const auto& saver) {
                return !saver->values().empty();
              })) {}

void SavedValues::see(const Minibatch& batch) {
  if (wanted_) batch_ = batch.fields;
}

std::vector<NamedTensor> SavedValues::of(const Saver& saver) const {
  std::vector<Value> values;
  for (const NamedValue& named : saver.values()) values.push_back(named.value);
  const UntouchedGenerators generators(Engine::of(runtime_));
  const std::vector<at::Tensor> computed =
      evaluate_values(runtime_, graph_, values, batch_.value_or(Batch()), manager_.options().text("device"),
                      Computing::of(manager_));
  std::vector<NamedTensor> tensors;
  for (std::size_t i = 0; i < values.size(); ++i) tensors.push_back({saver.values()[i].name, computed[i]});
  return tensors;
}

}  // namespace orrery
