#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/files/atomic_writer.h"

namespace orrery {

/// Writes a zip archive of stored members, as NumPy and PyTorch write theirs; sizes of 4 GiB and more by the
/// 64-bit fields. Dates are those of the format's first day, so that the same members give the same bytes.
/// Atomic as `AtomicWriter`, whose faults are thrown. One thread at a time.
/// Source: PKWARE, APPNOTE.TXT 6.3.10.
class ZipWriter {
 public:
  /// `alignment`: members' contents begin at a multiple of it, by an extra field that readers skip.
  explicit ZipWriter(const std::string& path, std::size_t alignment = 1,
                     const FileSystem& files = posix_files());

  /// A member whose content is the parts one after another.
  void add(const std::string& name, std::span<const std::span<const std::byte>> parts);
  void add(const std::string& name, std::span<const std::byte> content);

  /// Writes the directory and puts the file in place. Nothing may be added afterwards.
  void commit();

 private:
  struct Member {
    std::string name;
    std::uint32_t checksum = 0;
    std::uint64_t bytes = 0, start = 0;
  };

  void write_header(const Member& member);
  std::string directory_entry(const Member& member) const;

  AtomicWriter file_;
  std::size_t alignment_;
  std::vector<Member> members_;
};

}  // namespace orrery
