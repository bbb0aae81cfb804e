#include "runtime/files/atomic_writer.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;
constexpr std::size_t kMostBytesACall = 1u << 30;
constexpr int kMostLinks = 40;
constexpr unsigned kMostAttempts = 1000;
constexpr std::string_view kTemporarySuffix = ".orrery-tmp";
// A name has at most 255 bytes; the rest is for the process, the attempt and the suffix.
constexpr std::size_t kMostNameBytes = 200;

[[noreturn]] void refuse_path(const std::string& path, const std::string& reason) {
  fail(Fault::write, "cannot write {}: {}", quote_path(path), reason);
}

std::string reason_text(int reason) {
  if (reason == ENOENT) return "there is no such folder";
  if (reason == EACCES || reason == EPERM) return "no permission to write there";
  if (reason == ELOOP) return "its links lead in a circle";
  return errno_text(reason);
}

// Where a chain of links ends, whether or not something is there.
std::string follow_links(const std::string& path, const FileSystem& files) {
  std::string target = path;
  char link[PATH_MAX];
  for (int hop = 0; hop < kMostLinks; ++hop) {
    const ssize_t length = files.readlink(target.c_str(), link, sizeof link);
    if (length < 0 && errno != EINVAL && errno != ENOENT) refuse_path(path, reason_text(errno));
    if (length < 0) return target;
    const std::string next(link, static_cast<std::size_t>(length));
    target = !next.empty() && next[0] == '/' ? next : parent_folder(target) + "/" + next;
  }
  refuse_path(path, reason_text(ELOOP));
}

std::string temporary_name(const std::string& target, unsigned attempt) {
  const std::string_view name = file_name(target).substr(0, kMostNameBytes);
  return fmt::format("{}/.{}.{}-{}{}", parent_folder(target), name, ::getpid(), attempt, kTemporarySuffix);
}

// Its writer may have renamed it, and another taken the name, before the lock was had.
bool still_named(const std::string& path, const FileDescriptor& file, const FileSystem& files) {
  struct stat locked, named;
  return files.fstat(file.fd(), &locked) == 0 && files.stat(path.c_str(), &named) == 0 &&
         locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

}  // namespace

AtomicWriter::AtomicWriter(std::string path, std::uint64_t expected_bytes, const FileSystem& files)
    : path_(std::move(path)), files_(files), expected_(expected_bytes) {
  check_path(path_, Fault::write);
  struct stat info;
  if (files_.stat(path_.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) refuse_path(path_, "it is a folder");
    if (S_ISCHR(info.st_mode) || S_ISFIFO(info.st_mode)) {
      file_ = open_retrying(path_, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0, files_);
      if (!file_.open()) refuse(errno);
      state_ = State::direct;
      return;
    }
    if (!S_ISREG(info.st_mode)) refuse_path(path_, "it is neither a file nor a pipe nor a character device");
    if ((info.st_mode & 0222) == 0) refuse_path(path_, "the file that is there is read-only");
    replaced_mode_ = info.st_mode & 0777;
  } else if (errno != ENOENT) {
    refuse(errno);
  }
  open_temporary();
}

AtomicWriter::~AtomicWriter() { abandon(); }

void AtomicWriter::open_temporary() {
  target_ = follow_links(path_, files_);
  if (file_name(target_).empty()) refuse_path(path_, "it names a folder");
  remove_stale_temporaries(parent_folder(target_), files_);
  for (unsigned attempt = 0; attempt < kMostAttempts; ++attempt) {
    if (create_temporary(attempt)) break;
  }
  if (state_ != State::open) refuse(EEXIST);
  if (replaced_mode_ == 0 || files_.fchmod(file_.fd(), replaced_mode_) == 0) return;
  if (errno != EPERM) refuse(errno);
}

// False when the name is taken, or was cleaned away as stale before it could be locked.
bool AtomicWriter::create_temporary(unsigned attempt) {
  temporary_ = temporary_name(target_, attempt);
  file_ = open_retrying(temporary_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666, files_);
  if (!file_.open()) {
    const int reason = errno;
    temporary_.clear();
    if (reason == EEXIST) return false;
    refuse(reason);
  }
  state_ = State::open;
  // Without locks on this file system nobody can take the temporary for stale either.
  files_.flock(file_.fd(), LOCK_EX | LOCK_NB);
  struct stat info;
  if (files_.fstat(file_.fd(), &info) != 0) refuse(errno);
  if (info.st_nlink > 0) return true;
  state_ = State::closed;
  return false;
}

void AtomicWriter::write(std::span<const std::byte> bytes) {
  invariant(state_ != State::closed, "AtomicWriter written to after commit or a fault");
  written_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  if (bytes.size() >= kBufferBytes) return put(bytes);
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void AtomicWriter::flush() {
  put(as_bytes(buffer_));
  buffer_.clear();
}

void AtomicWriter::put(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = files_.write(file_.fd(), bytes.data(), std::min(bytes.size(), kMostBytesACall));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(errno);
    // A regular file never takes 0 bytes without an error; only a full disk comes near it.
    if (count == 0) refuse(ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicWriter::sync() {
  while (files_.fsync(file_.fd()) != 0) {
    if (errno != EINTR) refuse(errno);
  }
}

void AtomicWriter::commit() {
  invariant(state_ != State::closed, "AtomicWriter committed twice or after a fault");
  flush();
  if (state_ == State::direct) {
    state_ = State::closed;
    if (file_.close() != 0 && errno != EINTR) refuse(errno);
    return;
  }
  sync();
  // The file stays open, thus locked, until it has its final name; after fsync closing has
  // nothing left to report.
  if (files_.rename(temporary_.c_str(), target_.c_str()) != 0) refuse(errno);
  state_ = State::closed;
  file_.close();
  try {
    sync_folder(parent_folder(target_), files_);
  } catch (const Error& error) {
    fail(Fault::write, "{} was written but might not survive a power cut: {}", quote_path(path_),
         error.message());
  }
}

void AtomicWriter::abandon() {
  if (state_ == State::open) files_.unlink(temporary_.c_str());
  state_ = State::closed;
  file_.close();
}

void AtomicWriter::refuse(int reason) {
  abandon();
  refuse_path(path_, reason_text(reason) + space_text(reason));
}

std::string AtomicWriter::space_text(int reason) const {
  if (reason != ENOSPC && reason != EDQUOT) return {};
  std::string text = fmt::format(" ({} needed", byte_count(std::max(expected_, written_)));
  if (expected_ == 0) text += " or more";
  struct statvfs info;
  if (state_ != State::direct && files_.statvfs(parent_folder(target_).c_str(), &info) == 0) {
    text += fmt::format(", {} free", byte_count(std::uint64_t{info.f_bavail} * info.f_frsize));
  }
  return text + ")";
}

void write_atomically(const std::string& path, std::span<const std::byte> bytes, const FileSystem& files) {
  AtomicWriter writer(path, bytes.size(), files);
  writer.write(bytes);
  writer.commit();
}

void write_atomically(const std::string& path, std::string_view text, const FileSystem& files) {
  write_atomically(path, as_bytes(text), files);
}

void write_atomically(const std::string& path, const std::function<void(AtomicWriter&)>& fill,
                      const FileSystem& files) {
  AtomicWriter writer(path, 0, files);
  fill(writer);
  writer.commit();
}

int remove_stale_temporaries(const std::string& folder, const FileSystem& files) {
  std::vector<std::string> names;
  files.list(folder.c_str(), &names);
  int removed = 0;
  for (const std::string& name : names) {
    if (!name.starts_with('.') || !name.ends_with(kTemporarySuffix)) continue;
    const std::string path = folder + "/" + name;
    const FileDescriptor file = open_retrying(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0, files);
    if (!file.open() || files.flock(file.fd(), LOCK_EX | LOCK_NB) != 0) continue;
    if (still_named(path, file, files) && files.unlink(path.c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace orrery
