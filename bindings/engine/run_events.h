#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <lua.hpp>

#include "bindings/lua_ref.h"
#include "runtime/engine/training/training_events.h"

namespace orrery::lua {

/// Pushes a table of numbers by name.
void push_numbers(lua_State* L, const std::vector<NamedNumber>& numbers);
/// Pushes `{ run=, epochs=, steps=, seconds=, checkpoint=, stopped_early=, train={…}, validation={…}, best=,
/// files={…} }`.
void push_summary(lua_State* L, const TrainingSummary& summary);

/// Tells tables of Lua functions how a run goes: `train_start(facts)`, `batch_end(report)`,
/// `validation_end(report)` per validation batch, `epoch_end(report)`, `train_end(summary)`,
/// `test_end(report)`; each may be absent. `state_dict()` and `load_state_dict(table)` keep what they know in
/// checkpoints. A function that fails ends the run with its own message.
class LuaEvents : public TrainingEvents {
 public:
  explicit LuaEvents(lua_State* L) : L_(L) {}

  /// Adds the table at an index. A `glancing` one is told of batches at most ten times a second.
  void add(int index, bool glancing);

  void on_start(const TrainingFacts& facts) override;
  void on_step(const StepReport& report) override;
  void on_validation_step(const StepReport& report) override;
  void on_epoch_end(const EpochReport& report) override;
  void on_end(const TrainingSummary& summary) override;
  void on_test_end(const TestReport& report) override;
  /// What `state_dict` of the script's callbacks gives, as JSON, and `load_state_dict` gets.
  std::string state() override;
  void load_state(const std::string& state) override;
  /// Calls the saver's own `process`.
  at::Tensor on_save(const std::shared_ptr<Saver>& saver, const at::Tensor& tensor) override;

 private:
  using Clock = std::chrono::steady_clock;
  class Waiting;
  struct Listener {
    LuaRef functions;
    bool glancing = false;
    Clock::time_point last;
  };

  template <class Push>
  void tell(const char* name, Push push, const StepReport* step = nullptr);

  bool push_function(const Listener& listener, const char* name) const;

  lua_State* L_;
  std::vector<Listener> listeners_;
};

}  // namespace orrery::lua
