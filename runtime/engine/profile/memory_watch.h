#pragma once

#include <cstdint>
#include <memory>

namespace orrery {

/// Follows what LibTorch allocates for the calling thread, on every device: the sum of what was allocated
/// since `reset` and is not freed yet. Memory from before `reset` does not count, whoever frees it. Watches
/// between `begin` and `end`, which do not nest; used by one thread at a time.
class MemoryWatch {
 public:
  MemoryWatch();
  ~MemoryWatch();

  void begin();
  void end();
  void reset();

  /// The highest sum since the last `reset` or `take_peak`; the next peak starts at the present sum.
  std::int64_t take_peak();
  /// The sum now.
  std::int64_t current() const;
  /// How often memory was allocated since the last `reset` or `take_allocations`.
  std::int64_t take_allocations();

 private:
  struct Reporter;
  struct Guard;
  std::shared_ptr<Reporter> reporter_;
  std::unique_ptr<Guard> guard_;
};

}  // namespace orrery
