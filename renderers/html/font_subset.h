#pragma once

#include <set>
#include <string>

namespace orrery {

/// The part of the drawings' font that some letters (UTF-8, one each) need, as the bytes of a TrueType font.
/// Letters that the font has not are left out. The same bytes for the same letters.
std::string font_subset(bool bold, const std::set<std::string>& letters);

/// As data URLs have it (RFC 4648).
std::string base64(std::string_view bytes);

}  // namespace orrery
