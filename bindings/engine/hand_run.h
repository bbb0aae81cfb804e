#pragma once

#include <memory>
#include <optional>

#include <lua.hpp>

#include "bindings/engine/run_events.h"
#include "bindings/engine/tensor.h"
#include "bindings/governed.h"
#include "runtime/engine/training/training_run.h"

namespace orrery::lua {

/// A manager's run whose loop the script writes. Kept in the manager's fields. The last epoch's end ends it,
/// or `manager:finish()`. One that is left before that is over when the script goes on to another loop, or
/// ends; an error that ends the script fails it.
struct HandRun {
  HandRun(lua_State* L, std::shared_ptr<Graph> of, std::shared_ptr<Manager> by)
      : graph(std::move(of)), manager(std::move(by)), events(L, *manager) {}
  ~HandRun() { leave(); }
  HandRun(const HandRun&) = delete;
  HandRun& operator=(const HandRun&) = delete;

  /// While one lives, a call of the run goes on: what it calls of the script cannot end the run.
  class [[nodiscard]] Call {
   public:
    explicit Call(HandRun& hand) : hand_(hand) { ++hand_.calls_; }
    ~Call() { --hand_.calls_; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    TrainingRun* operator->() const { return &*hand_.run; }

   private:
    HandRun& hand_;
  };
  /// To call the run with. REQUIRES: it is open.
  Call call() { return Call(*this); }
  /// Throws `Error(Fault::usage)` while a call goes on. `function`: what the script wrote.
  void require_idle(const char* function) const;

  /// Ends a run that is open because its loop was left. Never throws. REQUIRES: no call goes on.
  void leave();

  std::shared_ptr<Graph> graph;
  std::shared_ptr<Manager> manager;
  LuaEvents events;
  std::optional<TrainingRun> run;

 private:
  int calls_ = 0;
};

template <>
struct LuaClass<HandRun> {
  static constexpr const char* name = "TrainingRun";
};

/// The graph of the manager at an index, finalized: warnings go to the log, errors are thrown.
std::shared_ptr<Graph> ready_graph(lua_State* L, int manager);
/// Finalizes a graph: warnings go to the log, errors are thrown.
void ready(lua_State* L, const std::shared_ptr<Graph>& graph);
/// The data source at an index, or the manager's validation data where nothing is given.
std::shared_ptr<DataSource> source_at(lua_State* L, int index, const Manager& manager, const char* function);
/// The tensors of a batch that a script gives, a table of them by field; they must fit the fields of the
/// graph's input that are `needed`, and others may be missing.
Minibatch read_batch(lua_State* L, int index, const Graph& graph, const std::vector<bool>& needed,
                     const char* function);
/// What history and checkpoints keep of the script, for a run of the manager at an index, with the log that
/// its methods write to from now on.
Recording recording(lua_State* L, int manager);
/// What the script writes of the graph from now on belongs to a run that has begun.
void list_files(lua_State* L, const std::shared_ptr<Graph>& graph, const Manager& manager,
                const TrainingFacts& facts);
/// Adds the progress display and the script's callbacks.
void add_listeners(lua_State* L, int manager, LuaEvents& events);

/// The open run by hand that an optimizer at an index belongs to, with the optimizer's place in it;
/// null when there is none.
HandRun* hand_run_of_optimizer(lua_State* L, int optimizer, size_t& place);

void open_hand_run(lua_State* L);
void open_lr_find(lua_State* L);

}  // namespace orrery::lua
