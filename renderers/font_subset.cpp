#include "renderers/font_subset.h"

#include <memory>

#include <hb-subset.h>
#include <hb.h>

#include "renderers/fonts.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

struct BlobDeleter {
  void operator()(hb_blob_t* blob) const { hb_blob_destroy(blob); }
};
struct FaceDeleter {
  void operator()(hb_face_t* face) const { hb_face_destroy(face); }
};
struct InputDeleter {
  void operator()(hb_subset_input_t* input) const { hb_subset_input_destroy(input); }
};

using Blob = std::unique_ptr<hb_blob_t, BlobDeleter>;
using Face = std::unique_ptr<hb_face_t, FaceDeleter>;
using Input = std::unique_ptr<hb_subset_input_t, InputDeleter>;

// REQUIRES: valid UTF-8, as texts of a diagram are.
hb_codepoint_t code_of(const std::string& letter) {
  const auto first = static_cast<unsigned char>(letter[0]);
  if (first < 0x80) return first;
  hb_codepoint_t code = first & (letter.size() == 2 ? 0x1F : letter.size() == 3 ? 0x0F : 0x07);
  for (size_t i = 1; i < letter.size(); ++i)
    code = code << 6 | (static_cast<unsigned char>(letter[i]) & 0x3F);
  return code;
}

Input new_input() {
  Input input(hb_subset_input_create_or_fail());
  check(input != nullptr, Fault::memory, "no memory for a font");
  return input;
}

std::string part_of(bool bold, hb_subset_input_t* input) {
  const std::string path = font_path(bold);
  const Blob file(hb_blob_create_from_file(path.c_str()));
  check(hb_blob_get_length(file.get()) > 0, Fault::run,
        "{} cannot be read as a font; build or install Orrery again", path);
  const Face face(hb_face_create(file.get(), 0));
  const Face part(hb_subset_or_fail(face.get(), input));
  invariant(part != nullptr, "the font could not be made smaller");
  const Blob bytes(hb_face_reference_blob(part.get()));
  unsigned length = 0;
  const char* data = hb_blob_get_data(bytes.get(), &length);
  return {data, length};
}

}  // namespace

std::string font_path(bool bold) {
  return font_folder() + (bold ? "/DejaVuSans-Bold.ttf" : "/DejaVuSans.ttf");
}

std::string font_subset(bool bold, const std::set<std::string>& letters) {
  const Input input = new_input();
  for (const std::string& letter : letters)
    hb_set_add(hb_subset_input_unicode_set(input.get()), code_of(letter));
  hb_subset_input_set_flags(input.get(), HB_SUBSET_FLAGS_NO_HINTING);
  return part_of(bold, input.get());
}

std::string glyph_subset(bool bold, const std::set<unsigned>& glyphs) {
  const Input input = new_input();
  for (const unsigned glyph : glyphs) hb_set_add(hb_subset_input_glyph_set(input.get()), glyph);
  for (const char* table : {"GSUB", "GPOS", "GDEF", "kern", "cmap", "name", "OS/2", "post"})
    hb_set_add(hb_subset_input_set(input.get(), HB_SUBSET_SETS_DROP_TABLE_TAG),
               hb_tag_from_string(table, -1));
  hb_subset_input_set_flags(input.get(), HB_SUBSET_FLAGS_NO_HINTING | HB_SUBSET_FLAGS_RETAIN_GIDS);
  return part_of(bold, input.get());
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned three = 0;
    for (size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? kDigits[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace orrery
