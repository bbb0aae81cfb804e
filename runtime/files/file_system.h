#pragma once

#include <cstddef>
#include <string>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <vector>

namespace orrery {

/// Every system call that Orrery's file layer makes, so that a test can fail, shorten, count or
/// kill any of them. Each function keeps the promise of the POSIX call of its name, `EINTR` and
/// short counts included: -1 with `errno` set on failure. Implementations hold no per-file state
/// of their callers and may be used by several threads at once.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual int open(const char* path, int flags, mode_t mode) const = 0;
  virtual int close(int fd) const = 0;
  virtual ssize_t read(int fd, void* data, std::size_t size) const = 0;
  virtual ssize_t pread(int fd, void* data, std::size_t size, off_t offset) const = 0;
  /// A file over the process's size limit (`ulimit -f`) gives `EFBIG` and no SIGXFSZ.
  virtual ssize_t write(int fd, const void* data, std::size_t size) const = 0;
  virtual int fsync(int fd) const = 0;
  virtual int flock(int fd, int operation) const = 0;
  virtual int fchmod(int fd, mode_t mode) const = 0;
  virtual int fstat(int fd, struct stat* result) const = 0;
  virtual int stat(const char* path, struct stat* result) const = 0;
  virtual int statvfs(const char* path, struct statvfs* result) const = 0;
  virtual ssize_t readlink(const char* path, char* result, std::size_t size) const = 0;
  virtual int rename(const char* from, const char* to) const = 0;
  virtual int unlink(const char* path) const = 0;
  virtual int mkdir(const char* path, mode_t mode) const = 0;
  /// The names inside a folder without `.` and `..`, in the order of the file system.
  virtual int list(const char* folder, std::vector<std::string>* names) const = 0;
  /// The working folder of the process.
  virtual int getcwd(std::string* folder) const = 0;
};

/// The operating system itself: the default wherever a `FileSystem` is asked for.
const FileSystem& posix_files();

}  // namespace orrery
