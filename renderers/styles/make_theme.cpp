#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/ranges.h>

#include "renderers/styles/palettes.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {
namespace {

using Set = std::function<void(Theme&, const std::string&)>;

[[noreturn]] void refuse_value(const std::string& what, const std::string& expected,
                               const std::string& text) {
  fail(Fault::usage, "theme: {} must be {}, got '{}'", what, expected, text);
}

Color read_color(const std::string& key, const std::string& text) {
  return color_from_text(text, "theme: " + key);
}

double read_number(const std::string& key, const std::string& text, double least, double most) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || !(number >= least && number <= most))
    refuse_value(key, fmt::format("a number from {} to {}", least, most), text);
  return number;
}

void add_colors(std::map<std::string, Set>& keys) {
  using Member = Color Theme::*;
  const std::vector<std::pair<std::string, Member>> members = {
      {"background", &Theme::background}, {"text", &Theme::text},
      {"quiet", &Theme::quiet},           {"line", &Theme::line},
      {"frame_line", &Theme::frame_line}, {"even_frame", &Theme::even_frame},
      {"odd_frame", &Theme::odd_frame},   {"error", &Theme::error},
      {"warning", &Theme::warning}};
  for (const auto& [key, member] : members)
    keys[key] = [key = key, member = member](Theme& theme, const std::string& text) {
      theme.*member = read_color(key, text);
    };
}

void add_roles(std::map<std::string, Set>& keys) {
  for (int i = 0; i <= static_cast<int>(kLastRole); ++i) {
    const auto role = static_cast<BoxRole>(i);
    const std::string key = role_name(role);
    const auto set = [&](const std::string& part, Color Paint::*member) {
      keys[key + part] = [=](Theme& theme, const std::string& text) {
        theme.paints[role].*member = read_color(key + part, text);
      };
    };
    set("", &Paint::fill);
    set("_line", &Paint::line);
    set("_text", &Paint::text);
  }
}

void add_changes(std::map<std::string, Set>& keys) {
  for (const auto kind : {GraphDiff::Kind::added, GraphDiff::Kind::removed, GraphDiff::Kind::changed}) {
    const auto set = [&](const std::string& part, Color Paint::*member) {
      const std::string key = std::string(name(kind)) + part;
      keys[key] = [=](Theme& theme, const std::string& text) {
        theme.changes[kind].*member = read_color(key, text);
      };
    };
    set("", &Paint::fill);
    set("_line", &Paint::line);
    set("_text", &Paint::text);
  }
}

void add_numbers(std::map<std::string, Set>& keys) {
  const std::vector<std::pair<std::string, TextStyle Theme::*>> sizes = {
      {"title_size", &Theme::title},   {"note_size", &Theme::note},
      {"detail_size", &Theme::detail}, {"frame_title_size", &Theme::frame_title},
      {"shape_size", &Theme::shape},   {"caption_size", &Theme::caption}};
  for (const auto& [key, member] : sizes)
    keys[key] = [key = key, member = member](Theme& theme, const std::string& text) {
      (theme.*member).size = read_number(key, text, 4, 72);
    };
  const std::vector<std::pair<std::string, double Theme::*>> lengths = {{"line_width", &Theme::line_width},
                                                                        {"corner", &Theme::corner},
                                                                        {"padding_x", &Theme::padding_x},
                                                                        {"padding_y", &Theme::padding_y},
                                                                        {"least_width", &Theme::least_width}};
  for (const auto& [key, member] : lengths)
    keys[key] = [key = key, member = member](Theme& theme, const std::string& text) {
      theme.*member = read_number(key, text, 0, 500);
    };
  keys["marks"] = [](Theme& theme, const std::string& text) {
    if (text != "true" && text != "false") refuse_value("marks", "true or false", text);
    theme.marks = text == "true";
  };
}

const std::map<std::string, Set>& theme_keys() {
  static const std::map<std::string, Set> kKeys = [] {
    std::map<std::string, Set> keys;
    add_colors(keys);
    add_roles(keys);
    add_changes(keys);
    add_numbers(keys);
    return keys;
  }();
  return kKeys;
}

void change(Theme& theme, const std::string& key, const std::string& value) {
  const auto at = theme_keys().find(key);
  if (at != theme_keys().end()) return at->second(theme, value);
  std::vector<std::string> names;
  for (const auto& [name, set] : theme_keys()) names.push_back(name);
  const std::string hint = did_you_mean(key, names);
  fail(Fault::usage, "theme: unknown key '{}'{}", key,
       hint.empty() ? fmt::format(" (known: {})", fmt::join(names, ", ")) : hint);
}

}  // namespace

Color color_from_text(const std::string& text, const std::string& of) {
  unsigned hex = 0;
  const char* end = text.data() + text.size();
  const bool shaped = (text.size() == 4 || text.size() == 7) && text[0] == '#';
  check(shaped && std::from_chars(text.data() + 1, end, hex, 16).ptr == end, Fault::usage,
        "{} must be a colour such as '#ffd0a0', got '{}'", of, text);
  if (text.size() == 7) return rgb(hex);
  return rgb((hex >> 8) * 0x110000 + ((hex >> 4) & 15) * 0x1100 + (hex & 15) * 0x11);
}

const std::vector<std::string>& theme_names() {
  static const std::vector<std::string> names = {"light", "dark", "paper", "colour-blind"};
  return names;
}

Theme make_theme(const std::string& name, const ThemeChanges& changes) {
  static constexpr std::array kPaint = {&paint_light, &paint_dark, &paint_paper, &paint_colour_blind};
  const auto at = std::find(theme_names().begin(), theme_names().end(), name);
  if (at == theme_names().end())
    throw Error(Fault::usage,
                fmt::format("there is no theme '{}'{}", name, did_you_mean(name, theme_names())), {},
                fmt::format("Themes are {}; one of your own is a table, or a .lua file that returns it.",
                            fmt::join(theme_names(), ", ")));
  Theme theme;
  kPaint[static_cast<size_t>(at - theme_names().begin())](theme);
  for (const auto& [key, value] : changes) change(theme, key, value);
  return theme;
}

}  // namespace orrery
