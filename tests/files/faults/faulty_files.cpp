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

}  // namespace orrery
