#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/files/file_system.h"

namespace orrery {

/// What a NumPy file begins with; the elements follow. Throws `Error(Fault::usage)` as `write_npy`.
std::string npy_header_text(DType dtype, const std::vector<std::int64_t>& shape);

/// Writes one tensor as a NumPy file (format 1.0, C order, little-endian), atomically. `bytes` are the
/// elements, row by row. Throws `Error(Fault::usage)` for dtypes that NumPy has no name for (bfloat16),
/// `Error(Fault::write)` as `AtomicWriter` does.
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
void write_npy(const std::string& path, DType dtype, const std::vector<std::int64_t>& shape,
               std::span<const std::byte> bytes, const FileSystem& files = posix_files());

}  // namespace orrery
