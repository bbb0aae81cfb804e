#pragma once

#include <cstddef>
#include <string_view>

namespace orrery {

/// Bytes of the character at the start of a text; 0 when it is none of UTF-8 (RFC 3629).
std::size_t character_bytes(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace orrery
