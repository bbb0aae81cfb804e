#pragma once

#include <string>

#include "runtime/files/file_system.h"

namespace orrery {

/// Owns one open file of a `FileSystem`, which must outlive it. Moves, does not copy.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(int fd, const FileSystem& files) : fd_(fd), files_(&files) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  /// Closes and keeps `errno`; what closing says is not heard here (see `close`).
  ~FileDescriptor();

  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  /// Closes now. Returns 0, or -1 with `errno`; the descriptor is gone either way.
  int close();

 private:
  int fd_ = -1;
  const FileSystem* files_ = nullptr;
};

/// `open(2)`, again as long as a signal interrupts it; not open with `errno` set on failure.
FileDescriptor open_retrying(const std::string& path, int flags, mode_t mode, const FileSystem& files);

}  // namespace orrery
