#include <algorithm>

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-font.h>

#include "renderers/fonts.h"

namespace orrery {
namespace {

bool is_bold(PangoFont* font) {
  FcChar8* file = nullptr;
  FcPatternGetString(pango_fc_font_get_pattern(PANGO_FC_FONT(font)), FC_FILE, 0, &file);
  return file && std::string(reinterpret_cast<const char*>(file)).find("-Bold.") != std::string::npos;
}

// Where the letters of the cluster that begins at `begin` end.
int end_of_cluster(const PangoGlyphString& glyphs, int begin, int length) {
  int end = length;
  for (int i = 0; i < glyphs.num_glyphs; ++i)
    if (glyphs.log_clusters[i] > begin) end = std::min(end, glyphs.log_clusters[i]);
  return end;
}

// Adds a run; gives where the next one begins.
double add_run(const PangoGlyphItem& run, const std::string& text, double x, ShapedText& shaped) {
  const bool bold = is_bold(run.item->analysis.font);
  const PangoGlyphString& glyphs = *run.glyphs;
  for (int i = 0; i < glyphs.num_glyphs; ++i) {
    const PangoGlyphInfo& info = glyphs.glyphs[i];
    if (info.glyph & PANGO_GLYPH_UNKNOWN_FLAG) shaped.complete = false;
    if (info.glyph != PANGO_GLYPH_EMPTY) {
      const int begin = glyphs.log_clusters[i];
      const bool first = i == 0 || glyphs.log_clusters[i - 1] != begin;
      const size_t length = end_of_cluster(glyphs, begin, run.item->length) - begin;
      shaped.glyphs.push_back({info.glyph, bold, x + pango_units_to_double(info.geometry.x_offset),
                               pango_units_to_double(info.geometry.y_offset),
                               first ? text.substr(run.item->offset + begin, length) : std::string()});
    }
    x += pango_units_to_double(info.geometry.width);
  }
  return x;
}

Point point_of(const cairo_path_data_t& data) { return {data.point.x, data.point.y}; }

Outline outline_of(const cairo_path_t& path) {
  Outline outline;
  for (int i = 0; i < path.num_data; i += path.data[i].header.length) {
    const cairo_path_data_t* step = &path.data[i];
    switch (step->header.type) {
      case CAIRO_PATH_MOVE_TO: outline.move(point_of(step[1])); break;
      case CAIRO_PATH_LINE_TO: outline.line(point_of(step[1])); break;
      case CAIRO_PATH_CURVE_TO: outline.curve(point_of(step[1]), point_of(step[2]), point_of(step[3])); break;
      case CAIRO_PATH_CLOSE_PATH: outline.close(); break;
    }
  }
  return outline;
}

}  // namespace

const ShapedText& Fonts::shaped(const std::string& text, const TextStyle& style) {
  const auto [at, is_new] = shaped_.try_emplace(key_of(text, style));
  if (!is_new) return at->second;
  double x = 0;
  const PangoLayoutLine* line = pango_layout_get_line_readonly(laid_out(text, style), 0);
  for (const GSList* run = line->runs; run; run = run->next)
    x = add_run(*static_cast<const PangoGlyphItem*>(run->data), text, x, at->second);
  return at->second;
}

Outline Fonts::outline(const std::string& text, const TextStyle& style) {
  // Without limits: cairo leaves out what is far from what it draws on.
  cairo_surface_t* surface = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, nullptr);
  cairo_t* cairo = cairo_create(surface);
  pango_cairo_layout_line_path(cairo, pango_layout_get_line_readonly(laid_out(text, style), 0));
  cairo_path_t* path = cairo_copy_path(cairo);
  Outline outline = outline_of(*path);
  cairo_path_destroy(path);
  cairo_destroy(cairo);
  cairo_surface_destroy(surface);
  return outline;
}

}  // namespace orrery
