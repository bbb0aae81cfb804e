#pragma once

#include <functional>
#include <memory>

#include "runtime/engine/device_graphs.h"

namespace orrery::testing {

/// Graphs of the CPU that behave as CUDA's: while work is recorded nothing is computed for good, reading a
/// number back fails, and a replay does the same calls of LibTorch's operations on the same memory; the
/// host's code is not run again. Only what goes through LibTorch's dispatcher is recorded.
class RecordingGraphs : public DeviceGraphs {
 public:
  std::unique_ptr<DeviceGraph> record(const std::function<void()>& work) override;

  int attempts = 0, recorded = 0, replays = 0;
};

}  // namespace orrery::testing
