#pragma once

#include <memory>

#include <c10/core/Device.h>

namespace orrery {

/// Marks in the queue of a device, as CUDA's events: the device passes one when it has done all that was
/// asked of it before. Putting one there and asking for it wait for nothing. Used by one thread at a time.
class DeviceMarks {
 public:
  virtual ~DeviceMarks() = default;

  /// Puts one into the queue that the calling thread uses now; gives its number.
  virtual int put() = 0;
  virtual bool passed(int mark) = 0;
  /// REQUIRES: both are passed.
  virtual double seconds_between(int first, int last) = 0;
  /// Its number may be given to another.
  virtual void give_back(int mark) = 0;
};

/// Those of an accelerator, by LibTorch's own events; null for the CPU, which has no queue.
std::unique_ptr<DeviceMarks> device_marks(const c10::Device& device);

}  // namespace orrery
