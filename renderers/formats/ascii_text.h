#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// A text in ASCII: `×` becomes `x`, an ellipsis three points, and so on; letters that have no likeness
/// become question marks.
std::string ascii_text(std::string_view text);

/// The text, in ASCII where asked for, cut to so many columns.
std::string text_that_fits(std::string_view text, int most, bool ascii);

}  // namespace orrery
