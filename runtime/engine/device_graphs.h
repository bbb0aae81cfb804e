#pragma once

#include <functional>
#include <memory>
#include <string>

#include <c10/core/Device.h>

namespace orrery {

/// Work of a device that was recorded once, and is done again as often as asked: the same kernels with the
/// same numbers on the same memory, which keeps what comes out until the next replay. Random numbers go on
/// from one replay to the next. Used by one thread.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;
  /// Puts the work into the device's queue, and waits for nothing.
  virtual void replay() = 0;
};

/// Records what a device is asked to do: CUDA graphs behind an interface without CUDA. Its graphs share their
/// memory, so that what one gives must be read before another is replayed.
class DeviceGraphs {
 public:
  virtual ~DeviceGraphs() = default;
  /// Records what `work` asks the device for, instead of doing it. Throws what `work` throws, an error of
  /// LibTorch's where it waits for the device among them; random numbers then go on as if nothing had been
  /// recorded, but graphs that were recorded before must not be replayed any more.
  /// REQUIRES: the same work was done before, so that nothing is set up for the first time.
  virtual std::unique_ptr<DeviceGraph> record(const std::function<void()>& work) = 0;
};

/// A library that records on CUDA devices: liborrery_cuda.so.
struct GraphsLibrary {
  DeviceGraphs* (*make)(int device) = nullptr;  ///< null where it cannot be used
  std::string why_not;
};
/// Opens such a library, and LibTorch's CUDA library with it.
GraphsLibrary open_graphs_library(const std::string& path);
/// The one beside the engine's own library, opened at the first call.
const GraphsLibrary& graphs_library();

/// Who records on a device; null and the reason where nobody does.
struct FoundGraphs {
  std::shared_ptr<DeviceGraphs> graphs;
  std::string why_not;
};
FoundGraphs find_graphs(const at::Device& device);

}  // namespace orrery
