#include "runtime/formats/safetensors_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

std::uint64_t little_endian_64(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i)
    value = value << 8 | static_cast<std::uint64_t>(bytes[static_cast<std::size_t>(i)]);
  return value;
}

[[noreturn]] void refuse_length(const std::string& source, std::uint64_t length, std::uint64_t file_bytes) {
  if (length > kSafetensorsMaxHeaderBytes) {
    fail(Fault::input_file,
         "{} is not a safetensors file: its header would have {} bytes (at most {} are allowed)", source,
         length, kSafetensorsMaxHeaderBytes);
  }
  fail(Fault::input_file, "{} is damaged: its header would have {} bytes, but the file has only {}", source,
       length, file_bytes);
}

// A file that cannot be one is looked at again to say what it is.
void check_kind(const Bytes& start, const std::string& source) {
  const FileKind kind = sniff(start.span());
  if (kind == FileKind::unknown || kind == FileKind::safetensors) return;
  throw Error(Fault::input_file, fmt::format("{} is not a safetensors file but {}", source, describe(kind)),
              {}, std::string(remedy(kind)));
}

bool may_be_object(const Bytes& start) {
  const std::string_view text = start.text().substr(8);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == text.npos || text[first] == '{';
}

SafetensorsHeader read_header(const InputFile& file) {
  const std::string source = quote_path(file.path());
  Bytes start(std::min<std::uint64_t>(file.size(), kSniffBytes));
  file.read(0, start.span());
  if (file.size() < 8) check_kind(start, source);
  check(file.size() >= 8, Fault::input_file, "{} is not a safetensors file: it has only {}", source,
        byte_count(file.size()));
  const std::uint64_t length = little_endian_64(start.span());
  const bool fits = length <= kSafetensorsMaxHeaderBytes && length <= file.size() - 8;
  if (!fits || !may_be_object(start)) check_kind(start, source);
  if (!fits) refuse_length(source, length, file.size());
  Bytes json(length);
  file.read(8, json.span());
  return parse_safetensors_header(json.text(), file.size(), source);
}

}  // namespace

SafetensorsReader::SafetensorsReader(const std::string& path, const FileSystem& files)
    : file_(path, files), header_(read_header(file_)) {}

const SafetensorsTensor& SafetensorsReader::at(const std::string& name) const {
  const SafetensorsTensor* tensor = header_.find(name);
  check(tensor != nullptr, Fault::input_file, "{} has no tensor {}", quote_path(path()), quote_path(name));
  return *tensor;
}

void SafetensorsReader::read(const SafetensorsTensor& tensor, std::span<std::byte> into) const {
  invariant(into.size() == tensor.bytes(), "a tensor read into room of another size");
  file_.read(header_.data_start + tensor.begin, into);
}

Bytes SafetensorsReader::read(const SafetensorsTensor& tensor) const {
  Bytes bytes(tensor.bytes());
  read(tensor, bytes.span());
  return bytes;
}

}  // namespace orrery
