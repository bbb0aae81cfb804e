#pragma once

#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "runtime/core/error.h"
#include "runtime/engine/execution/executor.h"
#include "runtime/engine/torch_error.h"

namespace orrery {

/// What happens when memory is missing in a step: what can be freed is freed, and the step is tried once
/// more. Where parameters have been updated within it, only the call that failed is (`EarlyUpdates`). Used by
/// one thread; the executor outlives it.
class SecondTry {
 public:
  explicit SecondTry(Executor& executor) : executor_(executor) {}

  /// Frees what the script holds and no longer needs.
  void set_release(std::function<void()> release) { release_ = std::move(release); }

  /// Gives what `attempt` gives. When it fails for lack of memory, `undo` and a second attempt follow; when
  /// that fails too, the error says what there is, and which blocks take the most (Fault::memory).
  template <class Attempt, class Undo>
  auto operator()(Attempt attempt, Undo undo) const {
    return operator()(attempt, undo, [] { return true; });
  }
  /// The same where a failed attempt may have gone too far to be undone: `may_repeat` is asked then, and no
  /// second attempt follows when it says no.
  template <class Attempt, class Undo, class MayRepeat>
  auto operator()(Attempt attempt, Undo undo, MayRepeat may_repeat) const {
    try {
      return explained(attempt);
    } catch (const Error& error) {
      if (error.fault() != Fault::memory) throw;
      if (!may_repeat()) {
        free_memory();
        throw cleared(error);
      }
    }
    return reported([&] {
      undo();
      free_memory();
      return attempt();
    });
  }

  /// A part of what is `reported` that leaves nothing changed where it fails.
  template <class Attempt>
  void repeated(Attempt attempt) const {
    try {
      return explained(attempt);
    } catch (const Error& error) {
      if (error.fault() != Fault::memory) throw;
    }
    free_memory();
    attempt();
  }

  /// Frees what can be freed.
  void free_memory() const;

  /// What cannot be done twice: only the error is made clear.
  template <class Attempt>
  auto reported(Attempt attempt) const {
    try {
      return explained(attempt);
    } catch (const Error& error) {
      if (error.fault() != Fault::memory) throw;
      throw cleared(error);
    }
  }

 private:
  template <class Attempt>
  static auto explained(Attempt attempt) {
    try {
      return attempt();
    } catch (const std::exception&) {
      rethrow_as_error(std::current_exception(), "the training step failed");
    }
  }

  Error cleared(const Error& error) const {
    return Error(Fault::memory, error.message() + available(), error.site(), remedy());
  }
  std::string available() const;
  std::string remedy() const;

  Executor& executor_;
  std::function<void()> release_;
};

}  // namespace orrery
