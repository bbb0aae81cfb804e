#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/files/bytes.h"
#include "runtime/files/file_descriptor.h"
#include "runtime/files/file_system.h"

namespace orrery {

/// Writes a file that is either wholly the new one or still the old one, also after a crash or a
/// power cut at any instant: a temporary in the same folder, write, fsync, rename, fsync of the
/// folder (the recipe of SQLite and LevelDB for one file). Nothing appears under the final name
/// before `commit`; a writer that dies without it removes its temporary.
///
/// A link is followed and the file it leads to is replaced. The permissions of a file that is
/// replaced are kept where the file system has any; a file without any write permission is refused. The
/// temporary is locked (flock) while its writer lives, which is how `remove_stale_temporaries` knows the dead
/// ones; each writer begins by clearing its folder of these. A pipe or a character device (`/dev/stdout`)
/// cannot be replaced and is written straight to.
///
/// All faults are `Error(Fault::write)` with the path and the system's reason; a full disk says how
/// much was needed and how much is free. After a fault the old file is untouched and the temporary
/// gone, with one exception that the message tells: when the last step, the fsync of the folder,
/// fails, the new file is in place but might not survive a power cut.
///
/// One thread at a time. Does not copy. The `FileSystem` must outlive it.
class AtomicWriter {
 public:
  /// `expected_bytes`: what will be written in all if it is known, for the message of a full disk.
  explicit AtomicWriter(std::string path, std::uint64_t expected_bytes = 0,
                        const FileSystem& files = posix_files());
  ~AtomicWriter();
  AtomicWriter(const AtomicWriter&) = delete;
  AtomicWriter& operator=(const AtomicWriter&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(as_bytes(text)); }

  /// Bytes given to `write` so far.
  std::uint64_t written() const { return written_; }
  /// The path as it was given.
  const std::string& path() const { return path_; }

  /// Puts the file in place. Nothing may be written afterwards.
  void commit();

 private:
  enum class State { open, direct, closed };

  void open_temporary();
  bool create_temporary(unsigned attempt);
  void flush();
  void put(std::span<const std::byte> bytes);
  void sync();
  void abandon();
  [[noreturn]] void refuse(int reason);
  std::string space_text(int reason) const;

  std::string path_;
  const FileSystem& files_;
  std::string target_;
  std::string temporary_;
  FileDescriptor file_;
  State state_ = State::closed;
  mode_t replaced_mode_ = 0;
  std::uint64_t expected_ = 0;
  std::uint64_t written_ = 0;
  std::string buffer_;
};

/// The bytes as one file.
void write_atomically(const std::string& path, std::span<const std::byte> bytes,
                      const FileSystem& files = posix_files());
void write_atomically(const std::string& path, std::string_view text,
                      const FileSystem& files = posix_files());

/// What `fill` writes as one file; if it throws, the old file stays.
void write_atomically(const std::string& path, const std::function<void(AtomicWriter&)>& fill,
                      const FileSystem& files = posix_files());

/// Removes from a folder the temporaries that writers left when they were killed; those of living
/// writers, in whatever process, stay. Returns how many were removed. A folder that is not there
/// has none. Never throws for a temporary that cannot be removed.
int remove_stale_temporaries(const std::string& folder, const FileSystem& files = posix_files());

}  // namespace orrery
