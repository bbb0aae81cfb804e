#pragma once

#include "runtime/engine/execution/executor.h"

namespace orrery {

inline constexpr Executor::Mode kTrain{.training = true, .gradients = true};
inline constexpr Executor::Mode kEvaluate{.training = false, .gradients = false};

}  // namespace orrery
