#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <lua.hpp>

#include "bindings/lua_ref.h"
#include "runtime/engine/training/training_events.h"

namespace orrery::lua {

/// Pushes a table of numbers by name.
void push_numbers(lua_State* L, const std::vector<NamedNumber>& numbers);
/// Pushes `{ run=, epochs=, steps=, seconds=, checkpoint=, stopped_early=, captured_steps=, uncaptured=,
/// train={…}, validation={…}, best=, files={…} }`.
void push_summary(lua_State* L, const TrainingSummary& summary);

/// Tells tables of Lua functions how a run goes, by the functions of callback_names() that they have: no
/// other costs anything. A function that gives false asks the manager to stop. `state_dict()` and
/// `load_state_dict(table)` keep what they know in checkpoints. A function that fails ends the run with its
/// own message.
class LuaEvents : public TrainingEvents {
 public:
  /// The manager outlives it. It calls on `L`, also when that is a coroutine that is over or waits: so
  /// whoever pushes makes room first.
  LuaEvents(lua_State* L, Manager& manager);

  /// Adds the table at an index. A `glancing` one is told of batches at most ten times a second. It has the
  /// functions that it has now.
  void add(int index, bool glancing);

  void on_start(const TrainingFacts& facts) override;
  void on_sanity_check_start(const EpochPlace& place) override;
  void on_sanity_check_end(const EpochPlace& place) override;
  void on_epoch_start(const EpochPlace& place) override;
  void on_step_start(const StepPlace& place) override;
  void on_step(const StepReport& report) override;
  /// For each `batch_end` that is not of a glancing table.
  bool wants_losses_of_steps() const override;
  /// For each function that is called between the passes of a step.
  bool wants_parts_of_steps() const override;
  void on_validation_start(const EpochPlace& place) override;
  void on_validation_step_start(const StepPlace& place) override;
  void on_validation_step(const StepReport& report) override;
  void on_validation_end(const StepReport& report) override;
  void on_epoch_end(const EpochReport& report) override;
  void on_end(const TrainingSummary& summary) override;
  /// Collects Lua's garbage.
  void release_memory() override;
  void on_exception(const std::string& message, bool stopped) override;
  void on_checkpoint_saved(const std::string& path, std::int64_t steps) override;
  void on_checkpoint_loaded(const std::string& path, std::int64_t steps) override;
  void before_zero_grad() override;
  void before_backward(const std::vector<at::Tensor>& losses) override;
  void after_backward() override;
  /// For each function of one of the two names.
  bool looks_before_update() const override;
  /// The functions get copies of the gradients; what they leave in the table is stepped with.
  void before_optimizer_step(const OptimizerStep& step) override;
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
    Clock::time_point last = {};
    std::set<std::string, std::less<>> names = {};  ///< of its functions
  };

  /// Calls what has this name with what `push` pushes.
  void tell(const char* name, const std::function<void()>& push, const StepReport* step = nullptr);
  void tell(const char* name, const EpochPlace& place);
  void tell(const char* name, const StepPlace& place);
  void tell_file(const char* name, const std::string& path, std::int64_t steps);
  bool anyone_has(const char* name) const;
  void push_step_place() const;
  void read_gradients(const OptimizerStep& step);

  bool push_function(const Listener& listener, const char* name) const;
  [[noreturn]] void rethrow(const char* callback) const;

  lua_State* L_;
  LuaRef thread_;  ///< keeps `L_` for as long as the listeners need it
  Manager* manager_;
  std::vector<Listener> listeners_;
  StepPlace place_;  ///< of the step that goes on
};

}  // namespace orrery::lua
