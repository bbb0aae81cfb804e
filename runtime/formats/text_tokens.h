#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/files/file_system.h"

namespace orrery {

/// How a text becomes numbers.
struct TokenOptions {
  enum class Unit { bytes, characters, given };

  Unit unit = Unit::characters;
  std::vector<std::string> vocabulary = {};  ///< of `given`
  std::string unknown = {};                  ///< the entry that stands for what is in none; empty: an error
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
};

/// A text as the numbers of its tokens.
struct TokenText {
  std::vector<std::string> vocabulary;  ///< by number
  std::vector<std::int32_t> tokens;
};

/// Bytes are numbered by their value; characters (code points of UTF-8) in their order, from those that
/// the text has; of a given vocabulary the longest entry that fits is taken, place by place.
/// `source` names the text in messages, as `quote_path` gives it. Throws `Error(Fault::input_file)` for a
/// text that is no UTF-8 or has what no token stands for, with the line; `Error(Fault::usage)` for a
/// vocabulary that is empty, has an entry twice or an empty one, or lacks `unknown`.
TokenText tokens_of(std::string_view text, const std::string& source, const TokenOptions& options);

/// The text of a file, inflated if it is gzip; CRLF becomes LF, a byte order mark goes.
std::string read_plain_text(const std::string& path, std::uint64_t max_bytes = std::uint64_t{4} << 30,
                            const FileSystem& files = posix_files());

}  // namespace orrery
