#include "runtime/files/read_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

// Linux moves at most 0x7ffff000 bytes a call.
constexpr std::size_t kMostReadBytes = 1u << 30;

std::string reading_failed(int reason) {
  switch (reason) {
    case ENOENT: return "there is no such file";
    case EACCES:
    case EPERM: return "no permission to read it";
    case ELOOP: return "its links lead in a circle";
    default: return errno_text(reason);
  }
}

[[noreturn]] void refuse(const std::string& path, const std::string& reason, const std::string& remedy = {}) {
  throw Error(Fault::input_file, "cannot read " + quote_path(path) + ": " + reason, {}, remedy);
}

[[noreturn]] void refuse_to_open(const std::string& path, int reason, const FileSystem& files) {
  std::string folder;
  const bool relative = !path.empty() && path[0] != '/';
  if (reason == ENOENT && relative && files.getcwd(&folder) == 0) {
    refuse(path, reading_failed(reason), "It was looked for in " + quote_path(folder) + ".");
  }
  refuse(path, reading_failed(reason));
}

std::string kind_text(mode_t mode) {
  if (S_ISDIR(mode)) return "it is a folder, not a file";
  if (S_ISFIFO(mode)) return "it is a pipe, not a regular file";
  if (S_ISSOCK(mode)) return "it is a socket, not a regular file";
  return "it is a device, not a regular file";
}

FileDescriptor open_to_read(const std::string& path, const FileSystem& files, int flags) {
  FileDescriptor file = open_retrying(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags, 0, files);
  if (!file.open()) refuse_to_open(path, errno, files);
  return file;
}

struct stat describe(const std::string& path, const FileDescriptor& file, const FileSystem& files) {
  struct stat info;
  if (files.fstat(file.fd(), &info) != 0) refuse(path, reading_failed(errno));
  return info;
}

void check_limit(const std::string& path, std::uint64_t size, std::uint64_t max_bytes) {
  if (size <= max_bytes) return;
  refuse(path,
         fmt::format("it has {}, more than the {} allowed here", byte_count(size), byte_count(max_bytes)));
}

std::string read_to_end(const std::string& path, const FileDescriptor& file, std::uint64_t max_bytes,
                        const FileSystem& files) {
  std::string text;
  char chunk[1 << 16];
  for (;;) {
    const ssize_t count = files.read(file.fd(), chunk, sizeof chunk);
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(path, reading_failed(errno));
    check_limit(path, text.size() + static_cast<std::size_t>(count), max_bytes);
    text.append(chunk, static_cast<std::size_t>(count));
  }
}

FileDescriptor open_checked(const std::string& path, const FileSystem& files) {
  check_path(path, Fault::input_file);
  // O_NONBLOCK: opening a pipe that nobody writes to must not hang before its kind is known.
  return open_to_read(path, files, O_NONBLOCK);
}

}  // namespace

InputFile::InputFile(std::string path, const FileSystem& files)
    : InputFile(path, open_checked(path, files), files) {}

InputFile::InputFile(std::string path, FileDescriptor file, const FileSystem& files)
    : path_(std::move(path)), files_(&files), file_(std::move(file)) {
  const struct stat info = describe(path_, file_, files);
  if (!S_ISREG(info.st_mode)) refuse(path_, kind_text(info.st_mode));
  size_ = static_cast<std::uint64_t>(info.st_size);
}

void InputFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const std::size_t ask = std::min(into.size(), kMostReadBytes);
    const ssize_t count = files_->pread(file_.fd(), into.data(), ask, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(path_, reading_failed(errno));
    if (count == 0) refuse(path_, "it became shorter while it was read");
    offset += static_cast<std::uint64_t>(count);
    into = into.subspan(static_cast<std::size_t>(count));
  }
}

Bytes read_file(const std::string& path, std::uint64_t max_bytes, const FileSystem& files) {
  const InputFile file(path, files);
  check_limit(path, file.size(), max_bytes);
  Bytes bytes(file.size());
  file.read(0, bytes.span());
  return bytes;
}

std::string read_text(const std::string& path, std::uint64_t max_bytes, const FileSystem& files) {
  check_path(path, Fault::input_file);
  struct stat seen;
  const bool stream =
      files.stat(path.c_str(), &seen) == 0 && (S_ISFIFO(seen.st_mode) || S_ISCHR(seen.st_mode));
  const FileDescriptor file = open_to_read(path, files, stream ? 0 : O_NONBLOCK);
  const struct stat info = describe(path, file, files);
  if (!stream) {
    if (!S_ISREG(info.st_mode)) refuse(path, kind_text(info.st_mode));
    check_limit(path, static_cast<std::uint64_t>(info.st_size), max_bytes);
  }
  return read_to_end(path, file, max_bytes, files);
}

}  // namespace orrery
