#include "renderers/fonts.h"

#include <array>
#include <dlfcn.h>
#include <filesystem>

#include <fmt/format.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr const char* kFamily = "DejaVu Sans";
constexpr std::array kFiles = {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"};

struct ConfigDeleter {
  void operator()(FcConfig* config) const { FcConfigDestroy(config); }
};
struct ObjectDeleter {
  void operator()(void* object) const { g_object_unref(object); }
};
struct DescriptionDeleter {
  void operator()(PangoFontDescription* description) const { pango_font_description_free(description); }
};
struct OptionsDeleter {
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
};

using Config = std::unique_ptr<FcConfig, ConfigDeleter>;

std::filesystem::path library_folder() {
  Dl_info info{};
  invariant(dladdr(reinterpret_cast<const void*>(&font_folder), &info) != 0,
            "the renderers' library has no path");
  std::error_code ignored;
  const auto path = std::filesystem::canonical(info.dli_fname, ignored);
  return path.parent_path();
}

Config open_config() {
  const std::filesystem::path folder = font_folder();
  Config config(FcConfigCreate());
  for (const char* file : kFiles) {
    const std::string path = folder / file;
    check(FcConfigAppFontAddFile(config.get(), reinterpret_cast<const FcChar8*>(path.c_str())), Fault::run,
          "{} cannot be read as a font; build or install Orrery again", path);
  }
  return config;
}

/// Makes a configuration the current one of the process for as long as it lives.
class Lent {
 public:
  explicit Lent(FcConfig* config) { FcConfigSetCurrent(config); }
  ~Lent() { FcConfigSetCurrent(nullptr); }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
};

}  // namespace

std::string drawing_libraries() {
  FT_Library freetype = nullptr;
  int major = 0, minor = 0, patch = 0;
  if (FT_Init_FreeType(&freetype) == 0) {
    FT_Library_Version(freetype, &major, &minor, &patch);
    FT_Done_FreeType(freetype);
  }
  const int fontconfig = FcGetVersion();
  return fmt::format("cairo {}, pango {}, FreeType {}.{}.{}, fontconfig {}.{}.{}", cairo_version_string(),
                     pango_version_string(), major, minor, patch, fontconfig / 10000, fontconfig / 100 % 100,
                     fontconfig % 100);
}

std::string font_folder() {
  const std::filesystem::path library = library_folder();
  std::string looked_at;
  for (const char* relative : {"../fonts", "../share/orrery/fonts", "../../share/orrery/fonts"}) {
    const std::filesystem::path folder = (library / relative).lexically_normal();
    std::error_code ignored;
    if (std::filesystem::exists(folder / kFiles[0], ignored)) return folder;
    looked_at += (looked_at.empty() ? "" : ", ") + folder.string();
  }
  throw Error(Fault::run, "the font " + std::string(kFiles[0]) + " is in none of " + looked_at, {},
              "build or install Orrery again; its fonts come from Debian's fonts-dejavu-core");
}

struct Fonts::Handles {
  Config config = open_config();
  std::unique_ptr<PangoFontMap, ObjectDeleter> map;
  std::unique_ptr<PangoContext, ObjectDeleter> context;
  std::unique_ptr<PangoLayout, ObjectDeleter> layout;
  std::unique_ptr<PangoFontDescription, DescriptionDeleter> description;
};

Fonts::Fonts() : handles_(std::make_unique<Handles>()) {
  Handles& h = *handles_;
  const Lent lent(h.config.get());
  h.map.reset(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT));
  invariant(h.map != nullptr, "cairo was built without FreeType");
  // 72 dots per inch: a pango point is a point of the page.
  pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(h.map.get()), 72);
  pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(h.map.get()), h.config.get());
  h.context.reset(pango_font_map_create_context(h.map.get()));
  pango_context_set_round_glyph_positions(h.context.get(), FALSE);
  pango_context_set_language(h.context.get(), pango_language_from_string("en"));
  const std::unique_ptr<cairo_font_options_t, OptionsDeleter> options(cairo_font_options_create());
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(h.context.get(), options.get());
  h.layout.reset(pango_layout_new(h.context.get()));
  pango_layout_set_single_paragraph_mode(h.layout.get(), TRUE);
  h.description.reset(pango_font_description_new());
  pango_font_description_set_family_static(h.description.get(), kFamily);
  // Pango's own initialisation ends with the first text, so that needs the lent configuration too.
  Fonts::measure("N", {});
}

Fonts::~Fonts() = default;

PangoLayout* Fonts::laid_out(const std::string& text, const TextStyle& style) {
  Handles& h = *handles_;
  pango_font_description_set_absolute_size(h.description.get(), style.size * PANGO_SCALE);
  pango_font_description_set_weight(h.description.get(),
                                    style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(h.layout.get(), h.description.get());
  pango_layout_set_text(h.layout.get(), text.data(), static_cast<int>(text.size()));
  return h.layout.get();
}

std::string Fonts::key_of(const std::string& text, const TextStyle& style) {
  std::string key(1, style.bold ? 'b' : 'r');
  key.append(reinterpret_cast<const char*>(&style.size), sizeof style.size);
  return key += text;
}

double Fonts::ascent(const TextStyle& style) {
  constexpr double kAscent = 0.928;
  return style.size * kAscent;
}

Size Fonts::measure(const std::string& text, const TextStyle& style) {
  // The height comes from the size alone: fallback for rare letters must not move lines apart.
  constexpr double kLine = 1.164;  // ascent and descent of DejaVu Sans, in its size
  const auto [at, is_new] = sizes_.try_emplace(key_of(text, style));
  if (is_new) {
    int width = 0;
    pango_layout_get_size(laid_out(text, style), &width, nullptr);
    at->second = {static_cast<double>(width) / PANGO_SCALE, style.size * kLine};
  }
  return at->second;
}

void Fonts::show(cairo_t* cairo, const std::string& text, const TextStyle& style, Point at) {
  PangoLayoutLine* line = pango_layout_get_line_readonly(laid_out(text, style), 0);
  cairo_move_to(cairo, at.x, at.y + ascent(style));
  pango_cairo_show_layout_line(cairo, line);
}

}  // namespace orrery
