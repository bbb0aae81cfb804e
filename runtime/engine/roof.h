#pragma once

#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/history/records.h"

namespace orrery {

/// The work that roofs are measured with, and the machine around it.
class RoofWork {
 public:
  virtual ~RoofWork() = default;

  /// What one repetition of each does: 10^9 FLOPs, and 10^9 bytes moved.
  virtual double gflop_of_product() const = 0;
  virtual double gb_of_triad() const = 0;
  /// Seconds of each of several repetitions with so many threads.
  virtual std::vector<double> products(int threads) = 0;
  virtual std::vector<double> triads(int threads) = 0;

  /// Seconds since some moment, and those that other processes have had of the cores since then.
  virtual double now() = 0;
  virtual double of_others() = 0;
  virtual int cores() const = 0;
};

/// A roof, and how quiet the machine was.
struct MeasuredRoof {
  RoofRecord roof;
  double others = 0;  ///< cores that others had meanwhile, on average
  double spread =
      0;          ///< how much longer than the best repetition the middle one took: 0.5 is half as long again
  int cores = 1;  ///< of the machine

  /// More than a twentieth of the machine's cores were others', or the middle repetition took a quarter
  /// longer than the best: the machine can do more than that.
  bool is_disturbed() const { return others > 0.05 * cores || spread > 0.25; }
};

/// What the processor can do at the most, with one thread and with all: the best of all repetitions.
std::vector<MeasuredRoof> measure_roofs(RoofWork& work, int threads);

/// The same by float32 matrix products of LibTorch's own (1024 × 1024), and by the triad `a = b + s·c` over
/// arrays that no cache holds, of which three times their size is moved, as STREAM counts it (McCalpin,
/// www.cs.virginia.edu/stream). A third of a second each; 2 seconds in all, and 384 MiB. The engine's number
/// of threads is afterwards what it was.
std::vector<MeasuredRoof> measure_roofs(Engine& engine);

}  // namespace orrery
