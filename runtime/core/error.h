#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

#include <fmt/core.h>

#include "runtime/core/source_site.h"

namespace orrery {

/// Whose fault an error is and what kind; the value is the program's exit code.
enum class Fault {
  run = 1,
  usage = 2,
  check = 3,
  input_file = 4,
  memory = 5,
  diverged = 6,
  write = 7,
  interrupted = 130,
  terminated = 143,
};

/// An error that a user can mend. `what()` is the whole message: the script line first when it is
/// known, then what is wrong, then (on its own line) what to do.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& message, SourceSite site = {}, const std::string& remedy = {});

  Fault fault() const { return fault_; }
  const SourceSite& site() const { return site_; }
  /// The message without script line and remedy.
  const std::string& message() const { return message_; }
  const std::string& remedy() const { return remedy_; }

 private:
  Fault fault_;
  SourceSite site_;
  std::string message_;
  std::string remedy_;
};

/// A broken promise of Orrery's own. `what()` names the C++ line and asks for a report.
class InvariantFailure : public std::logic_error {
 public:
  InvariantFailure(const std::string& message, std::source_location where);
};

/// Throws an `Error` of the given kind.
template <class... Args>
[[noreturn]] void fail(Fault fault, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fault, fmt::format(format, std::forward<Args>(args)...));
}

/// Blames the user: throws an `Error` unless the condition holds.
template <class... Args>
void check(bool condition, Fault fault, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(fault, fmt::format(format, std::forward<Args>(args)...));
}

/// Blames Orrery: throws an `InvariantFailure` unless the condition holds.
inline void invariant(bool condition, const char* message,
                      std::source_location where = std::source_location::current()) {
  if (!condition) throw InvariantFailure(message, where);
}

}  // namespace orrery
