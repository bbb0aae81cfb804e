#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// True for well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF) that
/// holds no NUL.
bool is_plain_text(std::string_view bytes);

/// The same text when it is plain; else each byte that does not belong becomes `\xNN`. So any path,
/// name or message can be kept in a TEXT column and read back by any tool.
std::string storable_text(std::string_view bytes);

}  // namespace orrery
