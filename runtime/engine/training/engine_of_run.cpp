#include "runtime/engine/training/engine_of_run.h"

#include <algorithm>

#include "runtime/engine/execution/placement.h"
#include "runtime/engine/thread_choice.h"

namespace orrery {

Engine& engine_of_run(Runtime& runtime, const Graph& graph, const Attributes& options) {
  Engine& engine = Engine::of(runtime, wants_cuda(graph, options.text("device")));
  if (options.has("seed")) runtime.draws.seed(static_cast<std::uint64_t>(options.integer("seed")));
  const int threads = options.has("threads") ? static_cast<int>(options.integer("threads"))
                                             : std::min(engine.default_threads(), allowed_cores());
  engine.use_threads(threads);
  return engine;
}

std::uint64_t seed_of_run(Engine& engine, const Attributes& options) {
  return options.has("seed") ? static_cast<std::uint64_t>(options.integer("seed")) : engine.seed();
}

}  // namespace orrery
