#include "tests/files/faults/observed_files.h"

namespace orrery {

int ObservedFiles::open(const char* path, int flags, mode_t mode) const {
  return fails("open") ? -1 : posix_files().open(path, flags, mode);
}

int ObservedFiles::close(int fd) const { return fails("close") ? -1 : posix_files().close(fd); }

ssize_t ObservedFiles::read(int fd, void* data, std::size_t size) const {
  return fails("read") ? -1 : posix_files().read(fd, data, size);
}

ssize_t ObservedFiles::pread(int fd, void* data, std::size_t size, off_t offset) const {
  return fails("pread") ? -1 : posix_files().pread(fd, data, size, offset);
}

ssize_t ObservedFiles::write(int fd, const void* data, std::size_t size) const {
  return fails("write") ? -1 : posix_files().write(fd, data, size);
}

int ObservedFiles::fsync(int fd) const { return fails("fsync") ? -1 : posix_files().fsync(fd); }

int ObservedFiles::flock(int fd, int operation) const {
  return fails("flock") ? -1 : posix_files().flock(fd, operation);
}

int ObservedFiles::fchmod(int fd, mode_t mode) const {
  return fails("fchmod") ? -1 : posix_files().fchmod(fd, mode);
}

int ObservedFiles::fstat(int fd, struct stat* result) const {
  return fails("fstat") ? -1 : posix_files().fstat(fd, result);
}

int ObservedFiles::stat(const char* path, struct stat* result) const {
  return fails("stat") ? -1 : posix_files().stat(path, result);
}

int ObservedFiles::statvfs(const char* path, struct statvfs* result) const {
  return fails("statvfs") ? -1 : posix_files().statvfs(path, result);
}

ssize_t ObservedFiles::readlink(const char* path, char* result, std::size_t size) const {
  return fails("readlink") ? -1 : posix_files().readlink(path, result, size);
}

int ObservedFiles::rename(const char* from, const char* to) const {
  return fails("rename") ? -1 : posix_files().rename(from, to);
}

int ObservedFiles::unlink(const char* path) const {
  return fails("unlink") ? -1 : posix_files().unlink(path);
}

int ObservedFiles::mkdir(const char* path, mode_t mode) const {
  return fails("mkdir") ? -1 : posix_files().mkdir(path, mode);
}

int ObservedFiles::list(const char* folder, std::vector<std::string>* names) const {
  return fails("list") ? -1 : posix_files().list(folder, names);
}

int ObservedFiles::getcwd(std::string* folder) const {
  return fails("getcwd") ? -1 : posix_files().getcwd(folder);
}

}  // namespace orrery
