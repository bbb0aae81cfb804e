#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/files/faults/observed_files.h"

namespace orrery {

/// What a `CrashDisk` throws when its power is cut.
struct PowerCut {};

/// One folder on a disk in memory that forgets what was not synced: bytes of a file until its fsync, the
/// changes of names until the folder's fsync. Paths are `/name`; the folder is `/` . The power is cut
/// at the nth operation, after which nothing changes any more.
///
/// What may be found afterwards follows the weakest promise of a journaling file system: the changes of
/// names arrive in order, but any number of the last may be missing; a file's bytes are those of its last
/// fsync, or part of what came later, or zeros of the later length.
class CrashDisk final : public ObservedFiles {
 public:
  int cut_at = 0;

  /// A file that has been there, synced, since before.
  void put(const std::string& name, const std::string& content);

  int operations() const { return count_; }

  /// Every content that may be found under a name after the cut; nothing stands for a missing file.
  std::set<std::optional<std::string>> possible_contents(const std::string& name) const;

  int open(const char* path, int flags, mode_t mode) const override;
  int close(int fd) const override;
  ssize_t write(int fd, const void* data, std::size_t size) const override;
  int fsync(int fd) const override;
  int flock(int fd, int operation) const override;
  int fchmod(int fd, mode_t mode) const override;
  int fstat(int fd, struct stat* result) const override;
  int stat(const char* path, struct stat* result) const override;
  ssize_t readlink(const char* path, char* result, std::size_t size) const override;
  int rename(const char* from, const char* to) const override;
  int unlink(const char* path) const override;

 private:
  struct File {
    std::string bytes;
    std::string synced;
  };
  using Folder = std::map<std::string, std::shared_ptr<File>>;

  /// What it does not have fails.
  bool fails(const char* operation) const override;
  void count() const;
  void change(Folder next) const;

  mutable int count_ = 0;
  mutable bool dead_ = false;
  /// The folder as it was at its last fsync, and after each change since; the last is the present.
  mutable std::vector<Folder> folders_{Folder{}};
  /// Open files by descriptor; the folder's own is null.
  mutable std::vector<std::shared_ptr<File>> open_;
};

}  // namespace orrery
