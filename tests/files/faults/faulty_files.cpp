#include "tests/files/faults/faulty_files.h"

#include <algorithm>
#include <cerrno>
#include <signal.h>

namespace orrery {

bool FaultyFiles::strikes(const char* operation, const std::function<void()>& half) const {
  if (before) before(operation);
  ++count_;
  if (count_ == kill_at) {
    if (half) half();
    ::raise(SIGKILL);
  }
  if (fail_at == 0 || !(count_ == fail_at || (ever_after && count_ > fail_at))) return false;
  struck_.emplace_back(operation);
  errno = reason;
  return true;
}

int FaultyFiles::open(const char* path, int flags, mode_t mode) const {
  return strikes("open") ? -1 : posix_files().open(path, flags, mode);
}

int FaultyFiles::close(int fd) const {
  const bool struck = strikes("close");
  const int result = posix_files().close(fd);
  if (struck) errno = reason;
  return struck ? -1 : result;
}

ssize_t FaultyFiles::read(int fd, void* data, std::size_t size) const {
  return strikes("read") ? -1 : posix_files().read(fd, data, std::min(size, most_bytes));
}

ssize_t FaultyFiles::pread(int fd, void* data, std::size_t size, off_t offset) const {
  return strikes("pread") ? -1 : posix_files().pread(fd, data, std::min(size, most_bytes), offset);
}

ssize_t FaultyFiles::write(int fd, const void* data, std::size_t size) const {
  const auto half = [&] { posix_files().write(fd, data, size / 2); };
  return strikes("write", half) ? -1 : posix_files().write(fd, data, std::min(size, most_bytes));
}

int FaultyFiles::fsync(int fd) const { return strikes("fsync") ? -1 : posix_files().fsync(fd); }

int FaultyFiles::flock(int fd, int operation) const {
  return strikes("flock") ? -1 : posix_files().flock(fd, operation);
}

int FaultyFiles::fchmod(int fd, mode_t mode) const {
  return strikes("fchmod") ? -1 : posix_files().fchmod(fd, mode);
}

int FaultyFiles::fstat(int fd, struct stat* result) const {
  return strikes("fstat") ? -1 : posix_files().fstat(fd, result);
}

int FaultyFiles::stat(const char* path, struct stat* result) const {
  return strikes("stat") ? -1 : posix_files().stat(path, result);
}

int FaultyFiles::statvfs(const char* path, struct statvfs* result) const {
  return strikes("statvfs") ? -1 : posix_files().statvfs(path, result);
}

ssize_t FaultyFiles::readlink(const char* path, char* result, std::size_t size) const {
  return strikes("readlink") ? -1 : posix_files().readlink(path, result, size);
}

int FaultyFiles::rename(const char* from, const char* to) const {
  return strikes("rename") ? -1 : posix_files().rename(from, to);
}

int FaultyFiles::unlink(const char* path) const {
  return strikes("unlink") ? -1 : posix_files().unlink(path);
}

int FaultyFiles::mkdir(const char* path, mode_t mode) const {
  return strikes("mkdir") ? -1 : posix_files().mkdir(path, mode);
}

int FaultyFiles::list(const char* folder, std::vector<std::string>* names) const {
  return strikes("list") ? -1 : posix_files().list(folder, names);
}

int FaultyFiles::getcwd(std::string* folder) const {
  return strikes("getcwd") ? -1 : posix_files().getcwd(folder);
}

}  // namespace orrery
