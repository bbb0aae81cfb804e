#include "renderers/formats/pdf_font.h"

#include <cmath>

#include <fmt/format.h>
#include <hb.h>

#include "renderers/font_subset.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

// Of DejaVu Sans, in thousandths of its size: how far letters reach, from its table `head`.
constexpr const char* kBox = "[-1021 -463 1794 1233]";
constexpr const char* kBoldBox = "[-1070 -416 1976 1176]";

// As UTF-16 in hexadecimal. REQUIRES: valid UTF-8.
std::string utf16(const std::string& text) {
  std::string hex;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const int length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    unsigned code = length == 1 ? first : first & (0x7FU >> length);
    for (int k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    i += static_cast<size_t>(length);
    if (code > 0xFFFF)
      hex += fmt::format("{:04X}{:04X}", 0xD7C0 + (code >> 10), 0xDC00 + (code & 0x3FF));
    else
      hex += fmt::format("{:04X}", code);
  }
  return hex;
}

// Six letters that tell subsets of one font apart (9.6.4); the same ones for the same glyphs.
std::string tag_of(const std::set<unsigned>& glyphs) {
  unsigned long long sum = 14695981039346656037ULL;  // FNV-1a
  for (const unsigned glyph : glyphs) sum = (sum ^ glyph) * 1099511628211ULL;
  std::string tag;
  for (int i = 0; i < 6; ++i, sum /= 26) tag += static_cast<char>('A' + sum % 26);
  return tag;
}

}  // namespace

struct PdfFont::Face {
  explicit Face(const std::string& path) : blob(hb_blob_create_from_file(path.c_str())) {
    face = hb_face_create(blob, 0);
    font = hb_font_create(face);
  }
  ~Face() {
    hb_font_destroy(font);
    hb_face_destroy(face);
    hb_blob_destroy(blob);
  }
  hb_blob_t* blob;
  hb_face_t* face;
  hb_font_t* font;
};

PdfFont::PdfFont(bool bold) : bold_(bold), face_(std::make_unique<Face>(font_path(bold))) {
  check(hb_face_get_glyph_count(face_->face) > 0, Fault::run,
        "{} cannot be read as a font; build or install Orrery again", font_path(bold));
}

PdfFont::~PdfFont() = default;

double PdfFont::use(const Glyph& glyph) {
  const auto [at, is_new] = used_.try_emplace(glyph.id);
  Use& use = at->second;
  if (is_new) {
    const double width = hb_font_get_glyph_h_advance(face_->font, glyph.id);
    use.width = std::round(width / hb_face_get_upem(face_->face) * 1e4) / 10;  // as it is written
  }
  if (use.letters.empty()) use.letters = glyph.letters;
  return use.width;
}

std::string PdfFont::name() const {
  std::set<unsigned> glyphs;
  for (const auto& [glyph, use] : used_) glyphs.insert(glyph);
  return tag_of(glyphs) + (bold_ ? "+DejaVuSans-Bold" : "+DejaVuSans");
}

std::string PdfFont::widths() const {
  std::string text;
  for (const auto& [glyph, use] : used_) {
    text += fmt::format("{}{} [", text.empty() ? "" : " ", glyph);
    append_number(text, use.width, 1);
    text += ']';
  }
  return text;
}

std::string PdfFont::letters() const {
  std::string text =
      "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
      "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
      "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
      "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n";
  for (const auto& [glyph, use] : used_)
    if (!use.letters.empty())
      text += fmt::format("1 beginbfchar\n<{:04X}> <{}>\nendbfchar\n", glyph, utf16(use.letters));
  return text + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n";
}

int PdfFont::descriptor(PdfFile& file) const {
  std::set<unsigned> glyphs;
  for (const auto& [glyph, use] : used_) glyphs.insert(glyph);
  const std::string part = glyph_subset(bold_, glyphs);
  const int program = file.add_stream(fmt::format("/Length1 {}", part.size()), part);
  return file.add(
      fmt::format("<< /Type /FontDescriptor /FontName /{} /Flags 4 /FontBBox {} /ItalicAngle 0 /Ascent 928 "
                  "/Descent -236 /CapHeight 729 /StemV {} /FontFile2 {} >>",
                  name(), bold_ ? kBoldBox : kBox, bold_ ? 140 : 80, reference(program)));
}

int PdfFont::embed(PdfFile& file) const {
  const int by_number = file.add(fmt::format(
      "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{} /CIDSystemInfo << /Registry (Adobe) "
      "/Ordering (Identity) /Supplement 0 >> /FontDescriptor {} /W [{}] /CIDToGIDMap /Identity >>",
      name(), reference(descriptor(file)), widths()));
  const int meaning = file.add_stream("", letters());
  return file.add(
      fmt::format("<< /Type /Font /Subtype /Type0 /BaseFont /{} /Encoding /Identity-H /DescendantFonts "
                  "[{}] /ToUnicode {} >>",
                  name(), reference(by_number), reference(meaning)));
}

}  // namespace orrery
