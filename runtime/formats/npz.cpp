#include "runtime/formats/npz.h"

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr std::string_view kEnding = ".npy";

std::string source_of(const std::string& path, const ZipEntry& entry) {
  return quote_path(path) + ": its member " + quote_path(entry.name);
}

}  // namespace

NpzReader::NpzReader(const std::string& path, const FileSystem& files) : zip_(path, files) {
  for (const ZipEntry& entry : zip_.entries()) {
    const std::string source = source_of(path, entry);
    check(entry.name.ends_with(kEnding), Fault::input_file, "{} is no .npy file", source);
    const Bytes start = zip_.read_start(entry, 12 + kNpyMaxHeaderBytes);
    arrays_.push_back({entry.name.substr(0, entry.name.size() - kEnding.size()),
                       parse_npy_header(start.span(), source), entry});
  }
}

NpyArray NpzReader::read(const Array& array) const {
  return parse_npy(zip_.read(array.entry).span(), source_of(path(), array.entry));
}

}  // namespace orrery
