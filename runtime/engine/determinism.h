#pragma once

#include <optional>

namespace orrery {

class Engine;

/// LibTorch's switches for results that repeat, which it keeps per process: deterministic algorithms or an
/// error, cuDNN's own, no choice of algorithms by timing. Value type.
struct Determinism {
  bool algorithms = false;
  bool only_warns = false;
  bool cudnn = false;
  bool benchmark = false;
  bool operator==(const Determinism&) const = default;

  /// As torch.use_deterministic_algorithms(True), with benchmark off.
  static Determinism strict() { return {.algorithms = true, .cudnn = true}; }
  static Determinism of_process();
  void set_in_process() const;
};

/// While one lives, an engine's turns compute deterministically if asked. The engine outlives it.
class [[nodiscard]] DeterministicTurns {
 public:
  DeterministicTurns(Engine& engine, bool asked);
  DeterministicTurns(const DeterministicTurns&) = delete;
  DeterministicTurns& operator=(const DeterministicTurns&) = delete;
  ~DeterministicTurns();

 private:
  Engine& engine_;
  std::optional<Determinism> before_;  ///< none: nothing was changed
};

}  // namespace orrery
