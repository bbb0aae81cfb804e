#pragma once

#include <set>
#include <string>

namespace orrery {

/// The file of the drawings' font.
std::string font_path(bool bold);

/// The part of the drawings' font that some letters (UTF-8, one each) need, as the bytes of a TrueType font.
/// Letters that the font has not are left out. The same bytes for the same letters.
std::string font_subset(bool bold, const std::set<std::string>& letters);

/// The outlines of some glyphs under the numbers that they have in the font's file, without what a text is
/// set with: for files that place every glyph themselves. The same bytes for the same glyphs.
std::string glyph_subset(bool bold, const std::set<unsigned>& glyphs);

/// As data URLs have it (RFC 4648).
std::string base64(std::string_view bytes);

}  // namespace orrery
