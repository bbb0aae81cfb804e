#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <lua.hpp>

#include "bindings/kept_values.h"
#include "bindings/lua_error.h"
#include "bindings/open_runs.h"
#include "bindings/run_files.h"
#include "bindings/source.h"
#include "bindings/tensor_account.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery::lua {

/// Everything that the border keeps for one Lua state, held in its registry and seen by the core
/// module, the engine module and the program alike. Used by the state's own thread.
class Border {
 public:
  /// `run`: scripts do what they say. `check`: a script is run up to the first call that would train,
  /// evaluate or write weights, and its graphs are kept.
  enum class Mode { run, check };

  explicit Border(lua_State* L);
  ~Border();
  Border(const Border&) = delete;
  Border& operator=(const Border&) = delete;

  std::shared_ptr<Runtime> runtime;
  TensorAccount tensors;
  SiteTracker sites;
  RunFiles files;
  OpenRuns open_runs;
  /// How the managers' runs that go on, the outermost first, are ended where they stand.
  std::vector<std::function<void(bool failed, const std::string& why)>> running;
  std::int64_t metrics_made = 0;  ///< by the script
  /// For C++ objects that call Lua later.
  std::shared_ptr<KeptValues> kept;

  Mode mode() const { return mode_; }
  /// Begins anew: the script is no longer ended, no graphs are kept.
  void set_mode(Mode mode);

  /// To be called first by whatever trains, evaluates or writes weights: in mode `check` it ends the
  /// script with an error that comes back at the next bound call if the script catches it.
  void end_script_if_checking(const std::string& call);
  /// The call at which the script ended (`manager:run`); nothing while it goes on.
  const std::optional<std::string>& ended_at() const { return ended_at_; }

  /// Bound calls work again; the graphs stay.
  void forget_end() { ended_at_.reset(); }

  /// Given to the graphs made from now on: whoever draws them sees where building fails.
  Graph::Witness witness;
  /// The last graph that could not be built, and a picture of where it failed.
  std::pair<const Graph*, std::string> last_failure{};

  /// Graphs made by the script: all of them in mode `check`, else those that still live.
  void add_graph(const std::shared_ptr<Graph>& graph);
  std::vector<std::shared_ptr<Graph>> graphs() const;

  /// The last errors that went to Lua, newest last.
  void remember(ErrorRecord record);
  /// The newest error whose text the given text is, or ends with; null when none is.
  const ErrorRecord* find_error(const std::string& text) const;

  /// What was set on the command line for `orrery.config` and for the manager, as text.
  struct Override {
    std::string key;
    std::string value;
    bool used = false;
  };
  std::vector<Override> config_overrides;
  std::vector<Override> manager_overrides;

  /// What the history keeps of the script; empty where a host runs no script of a file.
  struct Script {
    std::vector<std::string> command;  ///< the arguments as the program got them
    std::string path;
    std::string text;
    std::string config_json = "{}";  ///< as `orrery.config` gave it
  };
  Script script;

  /// The state is the program's own and not a foreign host's: what holds for the whole process may be
  /// tuned.
  bool owns_process = false;

 private:
  Mode mode_ = Mode::run;
  std::optional<std::string> ended_at_;
  std::vector<std::weak_ptr<Graph>> graphs_;
  std::vector<std::shared_ptr<Graph>> kept_graphs_;
  std::deque<ErrorRecord> errors_;
};

/// The state's border; made at the first call. It dies with the state.
Border& border(lua_State* L);

}  // namespace orrery::lua
