#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"

namespace orrery {

// NumPy's .npy: the magic `\x93NUMPY`, two bytes of version (1, 2 or 3), the length of the header (2 bytes in
// version 1, 4 later), the header, which is the text of a Python dictionary with `descr`, `fortran_order` and
// `shape`, and then the values. Source: NEP 1 and numpy/lib/format.py of NumPy 2.2. The text is read by own
// rules; nothing in it is run.

/// The most bytes that a header may have: NumPy itself refuses to read longer ones without being told.
inline constexpr std::size_t kNpyMaxHeaderBytes = 10'000;

/// Type and shape of an array. The number of values and of bytes fits in 63 bits.
struct NpyHeader {
  DType dtype = DType::float32;
  std::vector<std::int64_t> dims;
  bool fortran_order = false;  ///< the first dimension is fastest in the file
  bool big_endian = false;
  std::int64_t data_start = 0;  ///< offset of the values

  std::int64_t count() const;
  std::int64_t data_bytes() const { return count() * element_size(dtype); }
};

/// An array with its values in the byte order of this machine, last dimension fastest.
struct NpyArray {
  NpyHeader header;
  Bytes values;
};

/// Reads the header at the start of `data`. `source` names the data in messages, as `quote_path` gives
/// it. Throws `Error(Fault::input_file)`: no .npy, damaged, text or Python objects as elements (named), a
/// type that Orrery does not have, a header over the limit.
NpyHeader parse_npy_header(std::span<const std::byte> data, const std::string& source);

/// The array in `data`, which holds nothing else. Throws `Error(Fault::input_file)` when size and header
/// disagree.
NpyArray parse_npy(std::span<const std::byte> data, const std::string& source);

/// The header of a file alone; the file's size is compared with it.
NpyHeader read_npy_header(const std::string& path, const FileSystem& files = posix_files());

/// The whole array of a file. Its size is compared with its header and with `max_bytes` before memory is
/// taken.
NpyArray read_npy(const std::string& path, std::uint64_t max_bytes = std::uint64_t{64} << 30,
                  const FileSystem& files = posix_files());

}  // namespace orrery
