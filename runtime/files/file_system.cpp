#include "runtime/files/file_system.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

namespace orrery {
namespace {

// The kernel sends SIGXFSZ, whose default ends the process, along with EFBIG. It goes to the
// writing thread alone, so it can be held back around the call and taken off the queue.
class HoldSizeLimitSignal {
 public:
  HoldSizeLimitSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~HoldSizeLimitSignal() {
    const int saved = errno;
    const timespec at_once{};
    if (saved == EFBIG) sigtimedwait(&signals_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = saved;
  }
  HoldSizeLimitSignal(const HoldSizeLimitSignal&) = delete;
  HoldSizeLimitSignal& operator=(const HoldSizeLimitSignal&) = delete;

 private:
  sigset_t signals_;
  sigset_t before_;
};

class PosixFiles final : public FileSystem {
 public:
  int open(const char* path, int flags, mode_t mode) const override { return ::open(path, flags, mode); }
  int close(int fd) const override { return ::close(fd); }
  ssize_t read(int fd, void* data, std::size_t size) const override { return ::read(fd, data, size); }
  ssize_t pread(int fd, void* data, std::size_t size, off_t offset) const override {
    return ::pread(fd, data, size, offset);
  }
  ssize_t write(int fd, const void* data, std::size_t size) const override {
    const HoldSizeLimitSignal hold;
    return ::write(fd, data, size);
  }
  int fsync(int fd) const override { return ::fsync(fd); }
  int flock(int fd, int operation) const override { return ::flock(fd, operation); }
  int fchmod(int fd, mode_t mode) const override { return ::fchmod(fd, mode); }
  int fstat(int fd, struct stat* result) const override { return ::fstat(fd, result); }
  int stat(const char* path, struct stat* result) const override { return ::stat(path, result); }
  int statvfs(const char* path, struct statvfs* result) const override { return ::statvfs(path, result); }
  ssize_t readlink(const char* path, char* result, std::size_t size) const override {
    return ::readlink(path, result, size);
  }
  int rename(const char* from, const char* to) const override { return std::rename(from, to); }
  int unlink(const char* path) const override { return ::unlink(path); }
  int mkdir(const char* path, mode_t mode) const override { return ::mkdir(path, mode); }
  int list(const char* folder, std::vector<std::string>* names) const override;
  int getcwd(std::string* folder) const override;
};

int PosixFiles::list(const char* folder, std::vector<std::string>* names) const {
  DIR* entries = ::opendir(folder);
  if (!entries) return -1;
  errno = 0;
  while (const dirent* entry = ::readdir(entries)) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) {
      names->emplace_back(entry->d_name);
    }
    errno = 0;
  }
  const int reason = errno;
  ::closedir(entries);
  errno = reason;
  return reason == 0 ? 0 : -1;
}

int PosixFiles::getcwd(std::string* folder) const {
  char buffer[PATH_MAX];
  if (!::getcwd(buffer, sizeof buffer)) return -1;
  *folder = buffer;
  return 0;
}

}  // namespace

const FileSystem& posix_files() {
  static const PosixFiles files;
  return files;
}

}  // namespace orrery
