#include "renderers/formats/pdf_painter.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace orrery {
namespace {

constexpr double kMostOfPdf = 14400;  // points: a side of a page in PDF 1.x (ISO 32000-1, annex C)

// A two hundredth of a point at most is rounded away.
int decimals_at(double scale) {
  return std::clamp(2 + static_cast<int>(std::ceil(std::log10(scale) - 1e-9)), 2, 6);
}

}  // namespace

PdfPainter::PdfPainter(Size size, double scale, Fonts& fonts)
    : fonts_(fonts),
      size_(size),
      scale_(std::min(scale, kMostOfPdf / std::max(size.width, size.height))),
      decimals_(decimals_at(scale_)) {
  stroke_.width = 1;  // as a page begins
}

PdfPainter::~PdfPainter() = default;

void PdfPainter::number(double value) {
  append_number(marks_, value, decimals_);
  marks_ += ' ';
}

void PdfPainter::place(Point at) { number(at.x), number(at.y); }

void PdfPainter::trace(const Outline& outline) {
  for (const Outline::Step& step : outline.steps()) {
    switch (step.verb) {
      case Outline::Verb::move: place(step.to), marks_ += "m\n"; break;
      case Outline::Verb::line: place(step.to), marks_ += "l\n"; break;
      case Outline::Verb::curve: place(step.a), place(step.b), place(step.to), marks_ += "c\n"; break;
      case Outline::Verb::close: marks_ += "h\n"; break;
    }
  }
}

void PdfPainter::set_color(const Color& color, std::optional<Color>& now, const char* command) {
  set_opacity(color.opacity);
  Color opaque = color;
  opaque.opacity = 1;
  if (now == opaque) return;
  now = opaque;
  for (const double part : {color.red, color.green, color.blue}) {
    append_number(marks_, part, 4);
    marks_ += ' ';
  }
  marks_ += command;
  marks_ += '\n';
}

void PdfPainter::set_opacity(double opacity) {
  if (opacity == opacity_) return;
  opacity_ = opacity;
  auto at = std::find(opacities_.begin(), opacities_.end(), opacity);
  if (at == opacities_.end()) at = opacities_.insert(at, opacity);
  end_text();
  marks_ += fmt::format("/O{} gs\n", at - opacities_.begin());
}

void PdfPainter::set_stroke(const Stroke& stroke) {
  set_color(stroke.color, line_, "RG");
  if (stroke.width != stroke_.width) number(stroke.width), marks_ += "w\n";
  if (stroke.dashes != stroke_.dashes) {
    marks_ += "[ ";
    for (const double dash : stroke.dashes) number(dash);
    marks_ += "] 0 d\n";
  }
  if (stroke.round != stroke_.round) marks_ += stroke.round ? "1 j\n" : "0 j\n";
  stroke_ = stroke;
}

void PdfPainter::paint(const Outline& outline, const char* command) {
  trace(outline);
  marks_ += command;
  marks_ += '\n';
}

// Together only where nothing shines through: the line's inner half would show the fill's colour or not.
void PdfPainter::draw(const Outline& outline, const std::optional<Color>& fill,
                      const std::optional<Stroke>& stroke) {
  if (outline.steps().empty()) return;
  end_text();
  if (fill) set_color(*fill, fill_, "rg");
  if (fill && (!stroke || fill->opacity < 1 || stroke->color.opacity < 1)) paint(outline, "f");
  if (!stroke) return;
  set_stroke(*stroke);
  paint(outline, fill && fill->opacity == 1 && stroke->color.opacity == 1 ? "B" : "S");
}

void PdfPainter::begin_text() {
  if (!in_text_) marks_ += "BT\n";
  in_text_ = true;
}

void PdfPainter::end_text() {
  if (in_text_) marks_ += "ET\n";
  in_text_ = false;
}

void PdfPainter::set_font(const TextStyle& style, bool bold) {
  if (!faces_[bold]) faces_[bold] = std::make_unique<PdfFont>(bold);
  if (font_ == std::pair(bold, style.size)) return;
  font_ = {bold, style.size};
  marks_ += bold ? "/F1 " : "/F0 ";
  number(style.size);
  marks_ += "Tf\n";
}

void PdfPainter::text(const std::string& text, const TextStyle& style, const Color& color, Point at) {
  at.y += Fonts::ascent(style);
  const ShapedText& shaped = fonts_.shaped(text, style);
  if (shaped.complete) {
    set_color(color, fill_, "rg");
    return write_glyphs(shaped, style, at);
  }
  Outline outline;
  for (const Outline::Step& step : fonts_.outline(text, style).steps()) {
    if (step.verb == Outline::Verb::move) outline.move(step.to + at);
    if (step.verb == Outline::Verb::line) outline.line(step.to + at);
    if (step.verb == Outline::Verb::curve) outline.curve(step.a + at, step.b + at, step.to + at);
    if (step.verb == Outline::Verb::close) outline.close();
  }
  draw(outline, color, {});
}

void PdfPainter::write_glyphs(const ShapedText& shaped, const TextStyle& style, Point at) {
  begin_text();
  for (size_t i = 0; i < shaped.glyphs.size();) {
    set_font(style, shaped.glyphs[i].bold);
    i = write_row(shaped, i, style.size, at);
  }
}

// Writes the glyphs of one face that stand on one line; where the advances do not lead to a glyph's place,
// what is missing stands between, in thousandths of the size. Gives the glyph after them.
size_t PdfPainter::write_row(const ShapedText& shaped, size_t first, double size, Point at) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const Glyph& begin = shaped.glyphs[first];
  marks_ += "1 0 0 -1 ";
  place({at.x + begin.x, at.y + begin.y});
  marks_ += "Tm [<";
  double pen = begin.x;
  size_t i = first;
  for (; i < shaped.glyphs.size(); ++i) {
    const Glyph& glyph = shaped.glyphs[i];
    if (glyph.bold != begin.bold || glyph.y != begin.y) break;
    const double off = std::round((pen - glyph.x) / size * 1000);
    if (off != 0) {
      marks_ += '>';
      append_number(marks_, off, 0);
      marks_ += '<';
    }
    for (const int shift : {12, 8, 4, 0}) marks_ += kDigits[glyph.id >> shift & 15U];
    pen += (faces_[begin.bold]->use(glyph) - off) * size / 1000;
  }
  marks_ += ">] TJ\n";
  return i;
}

void PdfPainter::image(const Raster& raster, Point at, Point right, Point down) {
  end_text();
  set_opacity(1);
  images_.push_back(file_.add_stream(
      fmt::format("/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceRGB "
                  "/BitsPerComponent 8 /Interpolate true",
                  raster.width, raster.height),
      {reinterpret_cast<const char*>(raster.rgb.data()), raster.rgb.size()}));
  marks_ += "q ";
  place(right), place({-down.x, -down.y}), place(at + down);
  marks_ += fmt::format("cm /I{} Do Q\n", images_.size() - 1);
}

std::string PdfPainter::resources() {
  std::string fonts, images, states;
  for (size_t i = 0; i < faces_.size(); ++i)
    if (faces_[i]) fonts += fmt::format("/F{} {} ", i, reference(faces_[i]->embed(file_)));
  for (size_t i = 0; i < images_.size(); ++i) images += fmt::format("/I{} {} ", i, reference(images_[i]));
  for (size_t i = 0; i < opacities_.size(); ++i) {
    states += fmt::format("/O{} << ", i);
    for (const char* key : {"/ca ", "/CA "}) states += key, append_number(states, opacities_[i], 4);
    states += " >> ";
  }
  return fmt::format("<< /Font << {}>> /XObject << {}>> /ExtGState << {}>> >>", fonts, images, states);
}

std::string PdfPainter::finish() {
  end_text();
  const double height = size_.height * scale_;
  std::string view;  // the drawing's y grows downwards
  for (const double part : {scale_, 0.0, 0.0, -scale_, 0.0, height})
    append_number(view, part, 6), view += ' ';
  const int contents = file_.add_stream("", view + "cm\n" + marks_);
  std::string box;
  for (const double side : {size_.width * scale_, height}) append_number(box += ' ', side, 4);
  const int pages = file_.reserve();
  // Where something shines through, colours are mixed as they are given.
  const char* mixed =
      opacities_.empty() ? "" : " /Group << /Type /Group /S /Transparency /CS /DeviceRGB /I true >>";
  const int page =
      file_.add(fmt::format("<< /Type /Page /Parent {} /MediaBox [0 0{}] /Contents {} /Resources {}{} >>",
                            reference(pages), box, reference(contents), resources(), mixed));
  file_.add(pages, fmt::format("<< /Type /Pages /Kids [{}] /Count 1 >>", reference(page)));
  const int catalog = file_.add(fmt::format("<< /Type /Catalog /Pages {} >>", reference(pages)));
  return file_.finish(catalog, file_.add("<< /Creator (Orrery) /CreationDate (D:20000101000000Z) >>"));
}

}  // namespace orrery
