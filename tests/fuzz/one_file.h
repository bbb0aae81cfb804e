#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "runtime/files/file_system.h"

namespace orrery {

/// A file system that holds one file in memory, whatever its path, so that a reader of files can be given
/// bytes thousands of times a second. Nothing can be written.
class OneFile final : public FileSystem {
 public:
  explicit OneFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  int open(const char*, int, mode_t) const override { return 7; }
  int close(int) const override { return 0; }
  ssize_t read(int, void*, std::size_t) const override { return refused(); }
  ssize_t pread(int, void* data, std::size_t size, off_t offset) const override {
    const auto start = std::min<std::size_t>(static_cast<std::size_t>(offset), bytes_.size());
    const std::size_t count = std::min(size, bytes_.size() - start);
    if (count > 0) std::memcpy(data, bytes_.data() + start, count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(int, const void*, std::size_t) const override { return refused(); }
  int fsync(int) const override { return refused(); }
  int flock(int, int) const override { return refused(); }
  int fchmod(int, mode_t) const override { return refused(); }
  int fstat(int, struct stat* result) const override {
    *result = {};
    result->st_mode = S_IFREG | 0444;
    result->st_size = static_cast<off_t>(bytes_.size());
    return 0;
  }
  int stat(const char*, struct stat* result) const override { return fstat(7, result); }
  int statvfs(const char*, struct statvfs*) const override { return refused(); }
  ssize_t readlink(const char*, char*, std::size_t) const override { return refused(); }
  int rename(const char*, const char*) const override { return refused(); }
  int unlink(const char*) const override { return refused(); }
  int mkdir(const char*, mode_t) const override { return refused(); }
  int list(const char*, std::vector<std::string>*) const override { return refused(); }
  int getcwd(std::string* folder) const override { return *folder = "/", 0; }

 private:
  static int refused() { return errno = EROFS, -1; }

  std::span<const std::byte> bytes_;
};

}  // namespace orrery
