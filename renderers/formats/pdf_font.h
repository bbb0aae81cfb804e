#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "renderers/formats/pdf_file.h"
#include "renderers/shaped_text.h"

namespace orrery {

/// One of the declared font's two files in a PDF: which of its glyphs are used, and in the end these
/// embedded, with what they stand for, so that a reader can search and copy the text. Not copied.
class PdfFont {
 public:
  /// Fails with an `Error` when the font's file cannot be read.
  explicit PdfFont(bool bold);
  ~PdfFont();

  /// Notes that a glyph is used; gives its advance in thousandths of the text's size.
  double use(const Glyph& glyph);

  /// Adds what is used; gives the number of the font's object.
  int embed(PdfFile& file) const;

 private:
  std::string name() const;
  std::string widths() const;
  std::string letters() const;
  int descriptor(PdfFile& file) const;

  struct Face;
  struct Use {
    double width = 0;
    std::string letters;
  };
  bool bold_;
  std::unique_ptr<Face> face_;
  std::map<unsigned, Use> used_;  // by glyph
};

}  // namespace orrery
