#include <cstdio>
#include <unistd.h>

#include "bindings/border.h"
#include "bindings/dim.h"
#include "bindings/history_object.h"
#include "bindings/objects.h"
#include "bindings/vizml.h"

namespace orrery::lua {
namespace {

// A host without a log of its own: warnings belong on stderr, so that data on stdout stays clean. On a
// terminal a progress line may stand there, which is drawn again anyway.
void log_to_stderr(Log::Level level, const std::string& text) {
  const char* clear = isatty(STDERR_FILENO) ? "\r\x1B[K" : "";
  const char* word = level == Log::Level::warning ? "warning: " : "";
  std::fprintf(stderr, "%sorrery: %s%s\n", clear, word, text.c_str());
}

int open_core(lua_State* L) {
  Log& log = border(L).runtime->log;
  if (!log.sink) log.sink = log_to_stderr;
  define_dim(L);
  lua_newtable(L);
  for (auto open :
       {open_value,          open_transform, open_layer,        open_block,      open_block_function,
        open_conversion,     open_graph,     open_rules,        open_parameter,  open_optimizer,
        open_schedule,       open_data,      open_manager,      open_operations, open_loops,
        open_initialisation, open_config,    open_history,      open_model,      open_program,
        open_processes,      open_metrics,   open_recorded_run, open_keeping,    open_insertion,
        open_plan,           open_code,      open_onnx_models,  open_file_watch, open_weight_files,
        open_diff,           open_vizml})
    open(L);
  return 1;
}

}  // namespace
}  // namespace orrery::lua

/// `require "orrery.core"`: the primitives that stdlib/orrery builds on, as one table.
extern "C" __attribute__((visibility("default"))) int luaopen_orrery_core(lua_State* L) {
  return orrery::lua::guarded_always<orrery::lua::open_core>(L);
}
