#include "runtime/files/file_watch.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/files/paths.h"

namespace orrery {
namespace {

// A file that is only made, and not yet closed, would be read half.
constexpr std::uint32_t kSaved = IN_CLOSE_WRITE | IN_MOVED_TO;

void add_once(std::vector<std::string>& files, const std::string& file) {
  if (std::ranges::find(files, file) == files.end()) files.push_back(file);
}

}  // namespace

std::string stamp_of(const std::string& file) {
  struct stat found;
  if (stat(file.c_str(), &found) != 0) return {};
  return fmt::format("{} {}.{:09} {}", found.st_ino, found.st_mtim.tv_sec, found.st_mtim.tv_nsec,
                     found.st_size);
}

FileWatch::FileWatch() : events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC), posix_files()) {
  check(events_.open(), Fault::run, "files cannot be watched: {}", errno_text(errno));
}

bool FileWatch::add(const std::string& place, const std::string& file) {
  const std::string folder = parent_folder(place);
  const int watch =
      inotify_add_watch(events_.fd(), folder.empty() ? "/" : folder.c_str(), kSaved | IN_ONLYDIR);
  if (watch < 0 && (errno == ENOENT || errno == ENOTDIR)) return false;
  check(watch >= 0, Fault::run, "the folder {} cannot be watched: {}", quote_path(folder), errno_text(errno));
  auto& names = files_[watch];
  const std::string name(file_name(place));
  const auto [first, last] = names.equal_range(name);
  if (std::none_of(first, last, [&](const auto& each) { return each.second == file; }))
    names.emplace(name, file);
  return true;
}

bool FileWatch::add(const std::string& file) {
  const std::unique_ptr<char, void (*)(void*)> target(realpath(file.c_str(), nullptr), std::free);
  if (target) add(target.get(), file);
  return add(file, file);
}

void FileWatch::read_events(const char* from, const char* to, std::vector<std::string>& saved) const {
  while (from < to) {
    inotify_event event;
    std::memcpy(&event, from, sizeof event);
    const char* name = from + sizeof event;
    from = name + event.len;
    if (event.mask & IN_Q_OVERFLOW)
      for (const auto& [watch, names] : files_)
        for (const auto& [each, file] : names) add_once(saved, file);
    const auto folder = files_.find(event.wd);
    if (folder == files_.end() || event.len == 0) continue;
    const auto [first, last] = folder->second.equal_range(name);
    for (auto each = first; each != last; ++each) add_once(saved, each->second);
  }
}

std::vector<std::string> FileWatch::wait(std::chrono::milliseconds patience) {
  pollfd waiting{events_.fd(), POLLIN, 0};
  std::vector<std::string> saved;
  if (poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return saved;
  alignas(inotify_event) char buffer[16 << 10];
  for (ssize_t size; (size = read(events_.fd(), buffer, sizeof buffer)) > 0;)
    read_events(buffer, buffer + size, saved);
  return saved;
}

}  // namespace orrery
