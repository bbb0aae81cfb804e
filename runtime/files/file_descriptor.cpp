#include "runtime/files/file_descriptor.h"

#include <cerrno>
#include <utility>

namespace orrery {

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), files_(other.files_) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  files_ = other.files_;
  return *this;
}

FileDescriptor::~FileDescriptor() {
  const int saved = errno;
  close();
  errno = saved;
}

int FileDescriptor::close() {
  if (fd_ < 0) return 0;
  return files_->close(std::exchange(fd_, -1));
}

FileDescriptor open_retrying(const std::string& path, int flags, mode_t mode, const FileSystem& files) {
  int fd;
  do {
    fd = files.open(path.c_str(), flags, mode);
  } while (fd < 0 && errno == EINTR);
  return FileDescriptor(fd, files);
}

}  // namespace orrery
