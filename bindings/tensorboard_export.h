#pragma once

#include <string>
#include <vector>

#include "runtime/formats/tensorboard.h"
#include "runtime/history/exported_run.h"

namespace orrery::lua {

/// A run as TensorBoard shows it: its curves as scalars (`train_loss` over epochs, `train_loss_step` over
/// steps), its config as a text, and the files that `manager:log_text` and `manager:log_image` wrote, as far
/// as they are still there. The paths of those that cannot be read go to `left_out`.
std::vector<TensorboardEvent> tensorboard_events(const ExportedRun& run, std::vector<std::string>& left_out);

}  // namespace orrery::lua
