#include "renderers/cairo_painter.h"

#include <cmath>
#include <cstdint>

#include <cairo-svg.h>
#include <cairo.h>

#include "renderers/png_image.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr double kMostDots = 32767;    // of a side of a cairo image
constexpr double kMostPixels = 400e6;  // 1.6 GB while it is drawn

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

cairo_surface_t* svg_surface(const Page& page, std::string& bytes) {
  cairo_surface_t* surface = cairo_svg_surface_create_for_stream(append, &bytes, page.size.width * page.scale,
                                                                 page.size.height * page.scale);
  cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PT);
  return surface;
}

Size dots_of(const Page& page) {
  const double factor = page.scale * page.dpi / 72;
  return {std::max(1.0, std::ceil(page.size.width * factor - 1e-6)),
          std::max(1.0, std::ceil(page.size.height * factor - 1e-6))};
}

cairo_surface_t* png_surface(const Page& page) {
  const Size dots = dots_of(page);
  check(dots.width <= kMostDots && dots.height <= kMostDots && dots.width * dots.height <= kMostPixels,
        Fault::usage,
        "a PNG of this drawing would have {:.0f} x {:.0f} dots, more than the {:.0f} a side (or {:.0f} "
        "million in all) "
        "that it may have; take PDF or SVG, fewer dpi, or a smaller depth",
        dots.width, dots.height, kMostDots, kMostPixels / 1e6);
  return cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(dots.width),
                                    static_cast<int>(dots.height));
}

void trace(cairo_t* cairo, const Outline& outline) {
  for (const Outline::Step& step : outline.steps()) {
    switch (step.verb) {
      case Outline::Verb::move: cairo_move_to(cairo, step.to.x, step.to.y); break;
      case Outline::Verb::line: cairo_line_to(cairo, step.to.x, step.to.y); break;
      case Outline::Verb::curve:
        cairo_curve_to(cairo, step.a.x, step.a.y, step.b.x, step.b.y, step.to.x, step.to.y);
        break;
      case Outline::Verb::close: cairo_close_path(cairo); break;
    }
  }
}

void write_dots(const Raster& raster, cairo_surface_t* surface) {
  unsigned char* rows = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  const unsigned char* from = raster.rgb.data();
  for (int y = 0; y < raster.height; ++y)
    for (int x = 0; x < raster.width; ++x, from += 3)
      reinterpret_cast<std::uint32_t*>(rows + static_cast<std::ptrdiff_t>(y) * stride)[x] =
          static_cast<std::uint32_t>(from[0]) << 16 | static_cast<std::uint32_t>(from[1]) << 8 | from[2];
  cairo_surface_mark_dirty(surface);
}

// Twice the area that the corners go round, positive for clockwise. Where outlines that go round in different
// ways lie on each other, one path of both has a hole.
double turning(const Outline& outline) {
  double sum = 0;
  const auto& steps = outline.steps();
  for (size_t i = 1; i < steps.size(); ++i) {
    const Point a = steps[i - 1].to, b = steps[i].verb == Outline::Verb::close ? steps[0].to : steps[i].to;
    sum += a.x * b.y - b.x * a.y;
  }
  return sum;
}

void set_color(cairo_t* cairo, const Color& color) {
  cairo_set_source_rgba(cairo, color.red, color.green, color.blue, color.opacity);
}

// cairo 1.16 names an SVG's outermost group by how many surfaces the process has made before.
void drop_surface_number(std::string& svg) {
  const std::string begin = "<g id=\"surface";
  const size_t at = svg.find(begin);
  if (at == std::string::npos) return;
  const size_t number = at + begin.size(), end = svg.find('"', number);
  svg.erase(number, end - number);
}

}  // namespace

struct CairoPainter::Handles {
  explicit Handles(cairo_surface_t* s) : surface(s), cairo(cairo_create(s)) {}
  ~Handles() {
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
  }
  cairo_surface_t* surface;
  cairo_t* cairo;
};

CairoPainter::CairoPainter(const Page& page, Fonts& fonts) : fonts_(fonts), page_(page) {
  invariant(page_.format != ImageFormat::pdf, "a PDF is painted without cairo");
  cairo_surface_t* surface =
      page_.format == ImageFormat::svg ? svg_surface(page_, bytes_) : png_surface(page_);
  handles_ = std::make_unique<Handles>(surface);
  check(cairo_surface_status(surface) != CAIRO_STATUS_NO_MEMORY, Fault::memory,
        "not enough memory for the drawing");
  cairo_t* cairo = handles_->cairo;
  double scale = page_.scale;
  if (page_.format == ImageFormat::png) {
    set_color(cairo, rgb(0xffffff));
    cairo_paint(cairo);
    scale *= page_.dpi / 72;
  }
  cairo_scale(cairo, scale, scale);
  cairo_set_line_cap(cairo, CAIRO_LINE_CAP_BUTT);
  cairo_set_line_join(cairo, CAIRO_LINE_JOIN_MITER);
}

CairoPainter::~CairoPainter() = default;

// Lines, arrows and dots of one colour become one path each: what lies over what among them cannot be seen,
// and cairo writes a file with few paths several times as fast.
bool CairoPainter::keep(const Outline& outline, const std::optional<Color>& fill,
                        const std::optional<Stroke>& stroke) {
  constexpr size_t kMostKept = 1000;  // a path that readers still draw at once
  if (page_.format == ImageFormat::png || fill.has_value() == stroke.has_value()) return false;
  const Color color = fill ? *fill : stroke->color;
  if (color.opacity < 1 || (fill && turning(outline) < 0)) return false;
  const bool other_stroke =
      stroke && !strokes_.empty() &&
      (stroke->width != kept_.width || stroke->dashes != kept_.dashes || stroke->round != kept_.round);
  const bool any = !strokes_.empty() || !fills_.empty();
  if ((any && color != kept_.color) || other_stroke || strokes_.size() + fills_.size() >= kMostKept)
    draw_kept();
  if (stroke) kept_ = *stroke;
  kept_.color = color;
  (fill ? fills_ : strokes_).push_back(outline);
  return true;
}

void CairoPainter::draw_kept() {
  cairo_t* cairo = handles_->cairo;
  if (!strokes_.empty()) {
    cairo_new_path(cairo);
    for (const Outline& outline : strokes_) trace(cairo, outline);
    stroke(kept_);
  }
  if (!fills_.empty()) {
    cairo_new_path(cairo);
    for (const Outline& outline : fills_) trace(cairo, outline);
    set_color(cairo, kept_.color);
    cairo_fill(cairo);
  }
  strokes_.clear();
  fills_.clear();
}

void CairoPainter::stroke(const Stroke& stroke) {
  cairo_t* cairo = handles_->cairo;
  set_color(cairo, stroke.color);
  cairo_set_line_width(cairo, stroke.width);
  cairo_set_dash(cairo, stroke.dashes.data(), static_cast<int>(stroke.dashes.size()), 0);
  cairo_set_line_join(cairo, stroke.round ? CAIRO_LINE_JOIN_ROUND : CAIRO_LINE_JOIN_MITER);
  cairo_stroke(cairo);
}

void CairoPainter::draw(const Outline& outline, const std::optional<Color>& fill,
                        const std::optional<Stroke>& stroke) {
  if (keep(outline, fill, stroke)) return;
  draw_kept();
  cairo_t* cairo = handles_->cairo;
  cairo_new_path(cairo);
  trace(cairo, outline);
  if (fill) {
    set_color(cairo, *fill);
    stroke ? cairo_fill_preserve(cairo) : cairo_fill(cairo);
  }
  if (stroke) this->stroke(*stroke);
}

void CairoPainter::text(const std::string& text, const TextStyle& style, const Color& color, Point at) {
  draw_kept();
  set_color(handles_->cairo, color);
  fonts_.show(handles_->cairo, text, style, at);
}

void CairoPainter::image(const Raster& raster, Point at, Point right, Point down) {
  cairo_t* cairo = handles_->cairo;
  cairo_surface_t* dots = cairo_image_surface_create(CAIRO_FORMAT_RGB24, raster.width, raster.height);
  write_dots(raster, dots);
  cairo_save(cairo);
  const cairo_matrix_t matrix{right.x / raster.width,
                              right.y / raster.width,
                              down.x / raster.height,
                              down.y / raster.height,
                              at.x,
                              at.y};
  cairo_transform(cairo, &matrix);
  cairo_set_source_surface(cairo, dots, 0, 0);
  cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);
  cairo_rectangle(cairo, 0, 0, raster.width, raster.height);
  cairo_fill(cairo);
  cairo_restore(cairo);
  cairo_surface_destroy(dots);
}

std::string CairoPainter::finish() {
  draw_kept();
  cairo_surface_t* surface = handles_->surface;
  cairo_surface_flush(surface);
  if (page_.format != ImageFormat::png) cairo_surface_finish(surface);
  for (const cairo_status_t status : {cairo_status(handles_->cairo), cairo_surface_status(surface)}) {
    check(status != CAIRO_STATUS_NO_MEMORY, Fault::memory, "not enough memory for the drawing");
    invariant(status == CAIRO_STATUS_SUCCESS, cairo_status_to_string(status));
  }
  if (page_.format == ImageFormat::png)
    bytes_ = png_image({cairo_image_surface_get_data(surface), cairo_image_surface_get_width(surface),
                        cairo_image_surface_get_height(surface), cairo_image_surface_get_stride(surface)},
                       page_.dpi);
  if (page_.format == ImageFormat::svg) drop_surface_number(bytes_);
  return std::move(bytes_);
}

}  // namespace orrery
