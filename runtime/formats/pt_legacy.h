#pragma once

#include <string>

#include "runtime/files/read_file.h"
#include "runtime/formats/pt_tree.h"

namespace orrery {

/// Does a file begin as `torch.save` did before its zip archives: with the pickle of its magic number?
bool is_legacy_pt(std::span<const std::byte> start);

/// Reads a file of that kind; each storage's `place` is where its elements begin in the file. Faults as told
/// at `PtReader`.
PtTree read_legacy_pt(const InputFile& file, const std::string& source);

}  // namespace orrery
