#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/files/faults/observed_files.h"

namespace orrery {

/// The operating system with one fault: the test's side of `FileSystem`. Operations are counted from 1;
/// what happens at the nth is said by the public members. A failing `close` closes all the same, as the
/// system's does.
class FaultyFiles final : public ObservedFiles {
 public:
  /// Fails this operation with `reason`; 0 fails none.
  int fail_at = 0;
  /// And all after it.
  bool ever_after = false;
  int reason = 5;  // EIO
  /// Kills the process (SIGKILL) instead of this operation, a write when half of it is done; 0 is never.
  int kill_at = 0;
  /// The most bytes that one read or write moves.
  std::size_t most_bytes = SIZE_MAX;
  /// Called before every operation with its name.
  std::function<void(const std::string&)> before;

  int operations() const { return count_; }
  /// The names of the operations that were failed.
  const std::vector<std::string>& struck() const { return struck_; }

  int close(int fd) const override;
  ssize_t read(int fd, void* data, std::size_t size) const override;
  ssize_t pread(int fd, void* data, std::size_t size, off_t offset) const override;
  ssize_t write(int fd, const void* data, std::size_t size) const override;

 private:
  bool fails(const char* operation) const override { return strikes(operation); }
  bool strikes(const char* operation, const std::function<void()>& half = {}) const;

  mutable int count_ = 0;
  mutable std::vector<std::string> struck_;
};

}  // namespace orrery
