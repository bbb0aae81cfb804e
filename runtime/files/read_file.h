#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/files/bytes.h"
#include "runtime/files/file_descriptor.h"
#include "runtime/files/file_system.h"

namespace orrery {

/// A regular file open for reading at any offset. Reads copy (nothing is mapped), so a file that
/// another process cuts short is an error here and never a SIGBUS. Const functions may run on
/// several threads at once. The `FileSystem` must outlive it.
///
/// All faults are `Error(Fault::input_file)` and name the path: missing, a folder, a pipe, device
/// or socket, no permission, too many open files, and read errors.
class InputFile {
 public:
  explicit InputFile(std::string path, const FileSystem& files = posix_files());
  /// A file that is open already; `path` names it in messages.
  InputFile(std::string path, FileDescriptor file, const FileSystem& files);

  const std::string& path() const { return path_; }
  /// Bytes at the time of opening.
  std::uint64_t size() const { return size_; }

  /// Fills `into` with the bytes from `offset` on. Throws if the file ends before `into` is full.
  void read(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  std::string path_;
  const FileSystem* files_;
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

/// The whole of a regular file. Its size is compared with `max_bytes` before memory is taken.
Bytes read_file(const std::string& path, std::uint64_t max_bytes, const FileSystem& files = posix_files());

/// As `read_file`, but pipes and character devices (`/dev/stdin`, `<(command)`) are read to their
/// end too, which blocks until the writer closes. For scripts and other small texts.
std::string read_text(const std::string& path, std::uint64_t max_bytes,
                      const FileSystem& files = posix_files());

}  // namespace orrery
