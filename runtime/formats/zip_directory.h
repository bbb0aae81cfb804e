#pragma once

#include <string>
#include <vector>

#include "runtime/formats/zip.h"

namespace orrery {

/// Reads the end record and the central directory of an archive, then each member's own header, and checks
/// them against the file's size and each other. Faults as told at `ZipReader`.
std::vector<ZipEntry> read_zip_directory(const InputFile& file);

}  // namespace orrery
