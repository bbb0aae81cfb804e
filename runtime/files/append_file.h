#pragma once

#include <string>
#include <string_view>

#include "runtime/files/file_descriptor.h"
#include "runtime/files/file_system.h"

namespace orrery {

/// A text file that grows line by line (a run's log). Each line is one write at the end of the
/// file, so lines of several writers do not mix and a crash loses at most the line being written.
/// Lines are not synced one by one; `sync` does that. Faults are `Error(Fault::write)`.
/// Does not copy. The `FileSystem` must outlive it.
class AppendFile {
 public:
  /// Opens the file, or makes it.
  explicit AppendFile(std::string path, const FileSystem& files = posix_files());
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Adds the text and a line feed.
  void write_line(std::string_view line);
  /// Makes what was written survive a power cut.
  void sync();

 private:
  [[noreturn]] void refuse(int reason) const;

  std::string path_;
  const FileSystem& files_;
  FileDescriptor file_;
};

}  // namespace orrery
