#include "runtime/files/append_file.h"

#include <cerrno>
#include <fcntl.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {

AppendFile::AppendFile(std::string path, const FileSystem& files) : path_(std::move(path)), files_(files) {
  check_path(path_, Fault::write);
  file_ = open_retrying(path_, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666, files_);
  if (!file_.open()) refuse(errno);
}

void AppendFile::write_line(std::string_view line) {
  std::string text(line);
  text += '\n';
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t count = files_.write(file_.fd(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) refuse(count < 0 ? errno : ENOSPC);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void AppendFile::sync() {
  while (files_.fsync(file_.fd()) != 0) {
    if (errno == EINVAL) return;
    if (errno != EINTR) refuse(errno);
  }
}

void AppendFile::refuse(int reason) const {
  fail(Fault::write, "cannot write {}: {}", quote_path(path_), errno_text(reason));
}

}  // namespace orrery
