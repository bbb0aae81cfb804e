#include "runtime/formats/onnx_external.h"

#include <cerrno>
#include <fcntl.h>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr const char* kRemedy = "Put the model and its data into one folder, as files of their own.";

class ExternalFile {
 public:
  ExternalFile(const std::string& model, const OnnxTensor& tensor, const FileSystem& files)
      : model_(model), tensor_(tensor), files_(files) {}

  InputFile open() const {
    FileDescriptor folder = open_retrying(parent_folder(model_), O_PATH | O_DIRECTORY | O_CLOEXEC, 0, files_);
    if (!folder.open()) refuse_errno(errno);
    const std::string& path = tensor_.location;
    std::size_t from = 0;
    for (std::size_t slash; (slash = path.find('/', from)) != path.npos; from = slash + 1) {
      const std::string part = path.substr(from, slash - from);
      if (part != ".") folder = step(folder, part, O_PATH | O_DIRECTORY);
    }
    FileDescriptor file = step(folder, path.substr(from), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (files_.fstat(file.fd(), &info) != 0) refuse_errno(errno);
    if (S_ISREG(info.st_mode) && info.st_nlink > 1) refuse("which has other names, too (hard links)");
    return InputFile(shown(), std::move(file), files_);
  }

 private:
  std::string shown() const { return parent_folder(model_) + "/" + tensor_.location; }

  // `openat` by way of the folder's own number, which the file layer can do with `open` alone.
  FileDescriptor step(const FileDescriptor& folder, const std::string& part, int flags) const {
    const std::string path = fmt::format("/proc/self/fd/{}/{}", folder.fd(), part);
    FileDescriptor next = open_retrying(path, flags | O_NOFOLLOW | O_CLOEXEC, 0, files_);
    if (next.open()) return next;
    const int reason = errno;
    char target[1];
    if (files_.readlink(path.c_str(), target, sizeof target) >= 0)
      refuse(fmt::format("where {} is a link", quote_path(part)));
    refuse_errno(reason);
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(Fault::input_file,
                fmt::format("{}: the elements of tensor {} are said to be in {}, {}", quote_path(model_),
                            quote_path(tensor_.name), quote_path(tensor_.location), why),
                {}, kRemedy);
  }

  [[noreturn]] void refuse_errno(int reason) const {
    refuse(reason == ENOENT ? "which is not there" : "which cannot be read: " + errno_text(reason));
  }

  const std::string& model_;
  const OnnxTensor& tensor_;
  const FileSystem& files_;
};

}  // namespace

Bytes read_external_elements(const std::string& model_path, const OnnxTensor& tensor,
                             const FileSystem& files) {
  const InputFile file = ExternalFile(model_path, tensor, files).open();
  const bool fits = tensor.offset <= file.size() && tensor.length <= file.size() - tensor.offset;
  check(fits, Fault::input_file,
        "{}: the elements of tensor {} would be {} bytes from byte {} of {}, which has only {}",
        quote_path(model_path), quote_path(tensor.name), tensor.length, tensor.offset,
        quote_path(tensor.location), file.size());
  Bytes bytes(static_cast<std::size_t>(tensor.length));
  file.read(tensor.offset, bytes.span());
  return bytes;
}

}  // namespace orrery
