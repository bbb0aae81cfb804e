#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace orrery {

/// Reads bytes as a file of one format with all that is in it. They may be refused as a bad input file, a
/// graph also by a rule that it breaks; any other end (another error, a crash, a hang, memory without bound)
/// is a fault of the reader.
struct ReaderTarget {
  std::string_view
      name;  ///< also of its folders: tests/fuzz/corpus/NAME has seeds, found/NAME what broke it once
  void (*read)(std::span<const std::byte> bytes);
};

/// Every reader of files from elsewhere.
std::span<const ReaderTarget> reader_targets();

/// Throws `std::out_of_range` for a name that no target has.
const ReaderTarget& reader_target(std::string_view name);

/// Gives bytes to a target; true when it accepts them. Lets everything through but refusals.
bool accepts(const ReaderTarget& target, std::span<const std::byte> bytes);

}  // namespace orrery
