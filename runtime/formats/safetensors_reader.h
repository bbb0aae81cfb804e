#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/files/bytes.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/safetensors_header.h"

namespace orrery {

/// A safetensors file: its header read and checked at once, tensors' bytes read when asked for. Bytes are
/// copied, not mapped, so saving over the file (which renames) or cutting it short harms nothing here.
/// Const functions may run on several threads at once.
///
/// All faults are `Error(Fault::input_file)` naming the file: those of `InputFile` and
/// `parse_safetensors_header`, and a file of another kind, which is named (a Git LFS pointer and a web
/// page in the place of a model are the usual ones).
class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::string& path, const FileSystem& files = posix_files());

  const std::string& path() const { return file_.path(); }
  const SafetensorsHeader& header() const { return header_; }

  /// The tensor of that name; throws if there is none.
  const SafetensorsTensor& at(const std::string& name) const;

  /// Copies the bytes of a tensor of this file; `into` has exactly `tensor.bytes()`. They are as in the
  /// file: little-endian, row-major.
  void read(const SafetensorsTensor& tensor, std::span<std::byte> into) const;
  Bytes read(const SafetensorsTensor& tensor) const;

 private:
  InputFile file_;
  SafetensorsHeader header_;
};

}  // namespace orrery
