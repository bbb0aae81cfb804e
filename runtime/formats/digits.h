#pragma once

#include <cstddef>
#include <span>

namespace orrery {

/// The data set that is part of Orrery: 1,797 handwritten digits as CSV without a header, gzip. Each
/// line has the 64 pixels of an 8×8 image row by row, 0 (white) to 16, and then its class 0 to 9.
/// Source and credit: data/README.md. The bytes live as long as the library is loaded.
std::span<const std::byte> digits_csv_gz();

}  // namespace orrery
