#include "tests/files/faults/crash_disk.h"

#include <cerrno>
#include <fcntl.h>

namespace orrery {

void CrashDisk::count() const {
  if (dead_) throw PowerCut{};
  if (++count_ != cut_at) return;
  dead_ = true;
  throw PowerCut{};
}

bool CrashDisk::fails(const char*) const {
  count();
  errno = ENOSYS;
  return true;
}

void CrashDisk::change(Folder next) const { folders_.push_back(std::move(next)); }

void CrashDisk::put(const std::string& name, const std::string& content) {
  folders_.back()["/" + name] = std::make_shared<File>(File{content, content});
}

std::set<std::optional<std::string>> CrashDisk::possible_contents(const std::string& name) const {
  std::set<std::optional<std::string>> contents;
  for (const Folder& folder : folders_) {
    const auto found = folder.find("/" + name);
    if (found == folder.end()) {
      contents.insert(std::nullopt);
      continue;
    }
    const File& file = *found->second;
    contents.insert(file.synced);
    if (file.bytes == file.synced) continue;
    contents.insert(file.bytes);
    contents.insert(file.bytes.substr(0, file.bytes.size() / 2));
    contents.insert(std::string(file.bytes.size(), '\0'));
  }
  return contents;
}

int CrashDisk::open(const char* path, int flags, mode_t) const {
  count();
  if (std::string(path) == "/") {
    open_.push_back(nullptr);
    return static_cast<int>(open_.size()) - 1;
  }
  Folder folder = folders_.back();
  const bool there = folder.contains(path);
  if (there == ((flags & O_EXCL) != 0)) {
    errno = there ? EEXIST : ENOENT;
    return -1;
  }
  if (!there) {
    folder[path] = std::make_shared<File>();
    change(folder);
  }
  open_.push_back(folder[path]);
  return static_cast<int>(open_.size()) - 1;
}

// A destructor may close after the cut: no throw here.
int CrashDisk::close(int) const {
  if (!dead_) ++count_;
  return 0;
}

ssize_t CrashDisk::write(int fd, const void* data, std::size_t size) const {
  count();
  open_[static_cast<std::size_t>(fd)]->bytes.append(static_cast<const char*>(data), size);
  return static_cast<ssize_t>(size);
}

int CrashDisk::fsync(int fd) const {
  count();
  const auto& file = open_[static_cast<std::size_t>(fd)];
  if (file) {
    file->synced = file->bytes;
  } else {
    folders_ = {folders_.back()};
  }
  return 0;
}

int CrashDisk::rename(const char* from, const char* to) const {
  count();
  Folder folder = folders_.back();
  folder[to] = folder.at(from);
  folder.erase(from);
  change(folder);
  return 0;
}

int CrashDisk::unlink(const char* path) const {
  if (dead_) return -1;
  ++count_;
  Folder folder = folders_.back();
  folder.erase(path);
  change(folder);
  return 0;
}

int CrashDisk::fstat(int, struct stat* result) const {
  count();
  *result = {};
  result->st_mode = S_IFREG | 0644;
  result->st_nlink = 1;
  return 0;
}

int CrashDisk::stat(const char* path, struct stat* result) const {
  count();
  if (folders_.back().contains(path)) {
    *result = {};
    result->st_mode = S_IFREG | 0644;
    return 0;
  }
  errno = ENOENT;
  return -1;
}

int CrashDisk::flock(int, int) const { return count(), 0; }
int CrashDisk::fchmod(int, mode_t) const { return count(), 0; }
ssize_t CrashDisk::readlink(const char*, char*, std::size_t) const { return count(), errno = EINVAL, -1; }

}  // namespace orrery
