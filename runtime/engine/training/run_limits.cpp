#include "runtime/engine/training/run_limits.h"

#include <fmt/format.h>

namespace orrery {

bool RunLimits::reached(std::int64_t steps, double seconds) {
  const Attributes& options = manager_.options();
  if (options.has("max_steps") && steps >= options.integer("max_steps"))
    which_ = fmt::format("max_steps, {}, is reached", options.integer("max_steps"));
  if (options.has("max_time") && seconds >= static_cast<double>(*seconds_of_time(options.text("max_time"))))
    which_ = fmt::format("max_time, {}, is over", options.text("max_time"));
  if (manager_.stops_asked() != stops_) which_ = manager_.stop_reason();
  return !which_.empty();
}

}  // namespace orrery
