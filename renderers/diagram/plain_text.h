#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// A text fit to be drawn on one line: bytes that are no UTF-8 become U+FFFD, line breaks and tabs become
/// blanks, other control characters and those that change the writing direction go away, and of more than
/// `most` characters the rest is replaced by an ellipsis.
std::string plain_text(std::string_view text, size_t most = 48);

}  // namespace orrery
