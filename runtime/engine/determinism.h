#pragma once

#include <optional>
#include <string>

#include "runtime/graph/attributes.h"

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
  /// As torch.use_deterministic_algorithms(True, warn_only=True): what cannot is told and done.
  static Determinism warning() { return {.algorithms = true, .only_warns = true, .cudnn = true}; }
  /// What a manager's option `deterministic` asks for: true, false or "warn". Nothing of false.
  static std::optional<Determinism> asked(const Attributes& options);
  static Determinism of_process();
  void set_in_process() const;
};

/// LibTorch's warning of an operation that cannot repeat its results, in plain words; nothing of another
/// text.
std::optional<std::string> words_for_nondeterminism(const std::string& warning);

/// While one lives, an engine's turns compute as deterministically as asked. The engine outlives it.
class [[nodiscard]] DeterministicTurns {
 public:
  DeterministicTurns(Engine& engine, const std::optional<Determinism>& asked);
  DeterministicTurns(const DeterministicTurns&) = delete;
  DeterministicTurns& operator=(const DeterministicTurns&) = delete;
  ~DeterministicTurns();

 private:
  Engine& engine_;
  std::optional<Determinism> before_;  ///< none: nothing was changed
};

}  // namespace orrery
