#pragma once

#include <cstdint>

#include "runtime/engine/profile/memory_watch.h"

namespace orrery {

/// The most bytes of LibTorch's that a step asks for and holds at once, when it is done for the second time.
template <class Step>
std::int64_t peak_of(const Step& step) {
  step();
  MemoryWatch watch;
  watch.begin();
  step();
  watch.end();
  return watch.take_peak();
}

}  // namespace orrery
