#include "renderers/html/view_colours.h"

#include <fmt/format.h>

#include "renderers/formats/hex_color.h"

namespace orrery {
namespace {

constexpr int kRoles = static_cast<int>(kLastRole) + 1;

std::string css(Color color) { return hex_color(color); }

std::string variable(const std::string& name, Color color) {
  return fmt::format("--{}: {}; ", name, css(color));
}

ViewJson heat_of(const Theme& theme) {
  ViewJson colors = ViewJson::array();
  for (const Color& color : theme.heat) colors.push_back(css(color));
  return colors;
}

}  // namespace

std::string view_variables(const Theme& theme) {
  std::string text;
  for (const auto& [name, color] :
       std::initializer_list<std::pair<const char*, Color>>{{"background", theme.background},
                                                            {"text", theme.text},
                                                            {"quiet", theme.quiet},
                                                            {"line", theme.line},
                                                            {"frame-line", theme.frame_line},
                                                            {"even-frame", theme.even_frame},
                                                            {"odd-frame", theme.odd_frame},
                                                            {"error", theme.error},
                                                            {"warning", theme.warning},
                                                            {"neutral-fill", theme.neutral.fill},
                                                            {"neutral-line", theme.neutral.line},
                                                            {"neutral-text", theme.neutral.text}})
    text += variable(name, color);
  for (const auto& [role, paint] : theme.paints) {
    text += variable(role_name(role) + "-fill", paint.fill) +
            variable(role_name(role) + "-line", paint.line) +
            variable(role_name(role) + "-text", paint.text) +
            variable(role_name(role) + "-second", paint.text == theme.text ? theme.quiet : paint.text);
  }
  return text;
}

std::string view_role_rules(const Theme& theme) {
  std::string text;
  for (int i = 0; i < kRoles; ++i) {
    const auto role = static_cast<BoxRole>(i);
    const BoxLook look = theme.look_of(role);
    const std::string& name = role_name(role);
    text += fmt::format(
        ".role-{0} {{ --fill: var(--{0}-fill); --stroke: var(--{0}-line); --ink: var(--{0}-text); "
        "--second: var(--{0}-second); --width: {1:g}",
        name, look.line_width);
    std::string dashes;
    for (double length : look.dashes) dashes += fmt::format("{}{:g}", dashes.empty() ? "" : " ", length);
    text += (dashes.empty() ? "" : "; --dashes: " + dashes) + "; }\n";
  }
  return text;
}

ViewJson view_palette(const Theme& light, const Theme& dark) {
  ViewJson roles = ViewJson::array();
  for (int i = 0; i < kRoles; ++i) {
    const auto role = static_cast<BoxRole>(i);
    roles.push_back({{"name", role_name(role)},
                     {"meaning", role_meaning(role)},
                     {"shape", static_cast<int>(light.look_of(role).shape)}});
  }
  return {{"roles", roles}, {"heat", {{"light", heat_of(light)}, {"dark", heat_of(dark)}}}};
}

}  // namespace orrery
