#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/files/bytes.h"
#include "runtime/files/read_file.h"

namespace orrery {

/// One file inside a zip archive, as its central directory tells.
struct ZipEntry {
  std::string name;
  bool deflated = false;
  std::uint32_t checksum = 0;      ///< CRC-32 of the content
  std::uint64_t packed_bytes = 0;  ///< in the archive
  std::uint64_t bytes = 0;         ///< of the content
  std::uint64_t data_start = 0;    ///< offset in the archive
};

/// A zip archive whose members are stored or deflated, as NumPy and PyTorch write them: its directory read
/// and checked at once, contents read when asked for. Const functions may run on several threads at once.
/// Source: PKWARE, APPNOTE.TXT 6.3.10, with the 64-bit sizes of its section 4.3.14.
///
/// All faults are `Error(Fault::input_file)` naming the file: those of `InputFile`, no archive (what it is
/// instead is named), a directory that lies about places or sizes, two members of one name, encrypted or
/// otherwise compressed members, members that overlap, an archive of several parts.
class ZipReader {
 public:
  explicit ZipReader(const std::string& path, const FileSystem& files = posix_files());

  const std::string& path() const { return file_.path(); }
  const std::vector<ZipEntry>& entries() const { return entries_; }

  /// The content of a member, its checksum verified. The size that the directory tells is compared with
  /// `max_bytes`, and with what deflate can make of the packed bytes, before memory is taken.
  Bytes read(const ZipEntry& entry, std::uint64_t max_bytes = std::uint64_t{64} << 30) const;
  /// The first `count` bytes of a member, or fewer where it ends before; no checksum is looked at.
  Bytes read_start(const ZipEntry& entry, std::size_t count) const;
  /// Fills `into` with the bytes of a stored member from `offset` on, which must lie within it; no checksum
  /// is looked at.
  void read_stored(const ZipEntry& entry, std::uint64_t offset, std::span<std::byte> into) const;

 private:
  InputFile file_;
  std::vector<ZipEntry> entries_;
};

}  // namespace orrery
