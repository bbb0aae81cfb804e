#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/files/file_system.h"

namespace orrery {

/// The operating system with one fault: the test's side of `FileSystem`. Operations are counted from 1;
/// what happens at the nth is said by the public members. A failing `close` closes all the same, as the
/// system's does.
class FaultyFiles final : public FileSystem {
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

  int open(const char* path, int flags, mode_t mode) const override;
  int close(int fd) const override;
  ssize_t read(int fd, void* data, std::size_t size) const override;
  ssize_t pread(int fd, void* data, std::size_t size, off_t offset) const override;
  ssize_t write(int fd, const void* data, std::size_t size) const override;
  int fsync(int fd) const override;
  int flock(int fd, int operation) const override;
  int fchmod(int fd, mode_t mode) const override;
  int fstat(int fd, struct stat* result) const override;
  int stat(const char* path, struct stat* result) const override;
  int statvfs(const char* path, struct statvfs* result) const override;
  ssize_t readlink(const char* path, char* result, std::size_t size) const override;
  int rename(const char* from, const char* to) const override;
  int unlink(const char* path) const override;
  int mkdir(const char* path, mode_t mode) const override;
  int list(const char* folder, std::vector<std::string>* names) const override;
  int getcwd(std::string* folder) const override;

 private:
  bool strikes(const char* operation, const std::function<void()>& half = {}) const;

  mutable int count_ = 0;
  mutable std::vector<std::string> struck_;
};

}  // namespace orrery
