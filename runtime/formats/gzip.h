#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"

namespace orrery {

/// How far compressed data may grow. The ratio counts only past 16 MiB of output, since small files
/// of one value compress without bound; deflate itself cannot exceed 1032:1.
struct InflateLimits {
  std::uint64_t max_bytes = std::uint64_t{16} << 30;
  double max_ratio = 250;
};

/// True for data that starts as gzip does (RFC 1952), whatever the file is called.
bool is_gzip(std::span<const std::byte> data);

/// The content of gzip data: one member or several in a row (RFC 1952 §2.2), zero padding after the
/// last allowed as gzip(1) allows it. Checksum and length of every member are verified.
/// `source` names the data in messages, as `quote_path` gives it. Throws `Error(Fault::input_file)`
/// for damaged or truncated data, other bytes after the last member, and a limit passed; memory
/// grows with what is really there, not with what the data claims.
Bytes gunzip(std::span<const std::byte> data, const std::string& source, const InflateLimits& limits = {});

/// The first `count` bytes of the content, or fewer where the data given ends before; for reading a
/// header without the rest, so checksums are not looked at. Throws `Error(Fault::input_file)` when the
/// data is damaged within that part.
Bytes gunzip_start(std::span<const std::byte> data, std::size_t count, const std::string& source);

/// The content of a file, inflated if it is gzip by its first bytes. `limits.max_bytes` holds for the
/// file and for its content. Faults as `read_file` and `gunzip`.
Bytes read_content(const std::string& path, const InflateLimits& limits = {},
                   const FileSystem& files = posix_files());

}  // namespace orrery
