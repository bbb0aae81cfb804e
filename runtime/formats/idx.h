#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"

namespace orrery {

// IDX, the format of MNIST and its kin: two zero bytes, a type byte, the number of dimensions, the
// dimensions and then the values, all big-endian, last dimension fastest.
// Source: Y. LeCun, "The IDX file format", http://yann.lecun.com/exdb/mnist/.

/// Type and shape of an IDX array. The number of values and of bytes fits in 63 bits.
struct IdxHeader {
  DType dtype = DType::uint8;
  std::vector<std::int64_t> dims;

  std::int64_t count() const;
  std::int64_t data_bytes() const { return count() * element_size(dtype); }
  /// Bytes of the header in the file.
  std::int64_t header_bytes() const { return 4 + 4 * static_cast<std::int64_t>(dims.size()); }
};

/// An array with its values in the byte order of this machine.
struct IdxArray {
  IdxHeader header;
  Bytes values;
};

/// The most bytes that a header can have (255 dimensions).
inline constexpr std::size_t kIdxMaxHeaderBytes = 4 + 4 * 255;

/// Reads the header at the start of `data`. `source` names the data in messages, as `quote_path` gives
/// it. Throws `Error(Fault::input_file)`.
IdxHeader parse_idx_header(std::span<const std::byte> data, const std::string& source);

/// The array in `data`, which holds nothing else. Throws `Error(Fault::input_file)` when the size and
/// the header disagree.
IdxArray parse_idx(std::span<const std::byte> data, const std::string& source);

/// The header of a file alone, gzip or plain. A plain file's size is compared with it; of a gzip file
/// only the start is inflated.
IdxHeader read_idx_header(const std::string& path, const FileSystem& files = posix_files());

/// The whole array of a file, gzip or plain. The size that the header asks for is compared with
/// `max_bytes` and, for a plain file, with the file's before memory is taken for it.
IdxArray read_idx(const std::string& path, std::uint64_t max_bytes = std::uint64_t{16} << 30,
                  const FileSystem& files = posix_files());

}  // namespace orrery
