#pragma once

#include <string>
#include <vector>

#include "runtime/files/file_system.h"

namespace orrery {

/// The operating system behind a question that is asked before each operation: what the file systems of the
/// tests have in common.
class ObservedFiles : public FileSystem {
 public:
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

 protected:
  /// True fails the operation of that name, with `errno` set.
  virtual bool fails(const char* operation) const = 0;
};

}  // namespace orrery
