#include "renderers/html/view.h"

#include <map>

#include "renderers/diagram/plain_text.h"
#include "renderers/font_subset.h"
#include "renderers/html/view_colours.h"
#include "renderers/html/view_model.h"
#include "renderers/html/view_parts.h"
#include "runtime/core/content_hash.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

std::string_view part(std::string_view name) {
  for (const ViewPart& one : view_parts())
    if (one.name == name) return one.bytes;
  invariant(false, "a part of the view's page is missing");
  return {};
}

std::string_view engine() {
  const std::string_view bytes = part("view_engine.wasm");
  if (bytes.empty())
    throw Error(Fault::run,
                "this Orrery makes no HTML views: it was built without a compiler for WebAssembly", {},
                "On Debian install clang-16, lld-16, wasi-libc, libc++-16-dev-wasm32 and "
                "libclang-rt-16-dev-wasm32, and build again.");
  return bytes;
}

std::string scripts() {
  std::string text;
  for (const ViewPart& one : view_parts())
    if (one.name.ends_with(".js")) text.append(one.bytes).append("\n");
  return text;
}

// What markup would read as its own, in the text of an element.
std::string escaped(const std::string& text) {
  std::string result;
  for (char letter : text)
    result += letter == '<'   ? "&lt;"
              : letter == '&' ? "&amp;"
              : letter == '>' ? "&gt;"
                              : std::string(1, letter);
  return result;
}

// Inside of a script element nothing may look like its end, or like a comment.
std::string script_data(const ViewJson& json) {
  const std::string text = json.dump(-1, ' ', false, ViewJson::error_handler_t::replace);
  std::string result;
  result.reserve(text.size());
  for (char letter : text) {
    if (letter == '<')
      result += "\\u003c";
    else
      result += letter;
  }
  return result;
}

std::string font_face(bool bold, const std::set<std::string>& letters) {
  return "@font-face { font-family: \"Orrery\"; font-weight: " + std::string(bold ? "bold" : "normal") +
         "; src: url(data:font/ttf;base64," + base64(font_subset(bold, letters)) + "); }\n";
}

bool is_dark(const Theme& theme) {
  return theme.background.red + theme.background.green + theme.background.blue < 1.5;
}

// Of a theme that somebody chose there is one, whatever the reader's setting.
std::string theme_rules(const Theme& light, const Theme& dark, bool follows) {
  std::string text = ":root { " + view_variables(light) + "}\n";
  if (follows) text += "@media (prefers-color-scheme: dark) { :root { " + view_variables(dark) + "} }\n";
  return text + view_role_rules(light);
}

std::set<std::string> letters_of(const ViewJson& model) {
  std::set<std::string> letters;
  for (const auto& [letter, widths] : model["advances"].items()) letters.insert(letter);
  return letters;
}

std::string filled(std::string_view page, const std::map<std::string, std::string>& texts) {
  std::string result;
  for (size_t at = 0; at < page.size();) {
    const size_t open = page.find("{{", at);
    result.append(page.substr(at, open - at));
    if (open == std::string_view::npos) break;
    const size_t close = page.find("}}", open);
    const auto text = texts.find(std::string(page.substr(open + 2, close - open - 2)));
    invariant(text != texts.end(), "the view's page has a place for what nobody gives");
    result.append(text->second);
    at = close + 2;
  }
  return result;
}

}  // namespace

std::string view_page(const Graph& graph, const ViewOptions& options, TextMeasure& measure) {
  const std::string_view wasm = engine();
  const bool follows = options.theme == "light" && options.theme_changes.empty();
  const Theme light = make_theme(options.theme, options.theme_changes);
  const Theme dark = follows ? make_theme("dark", {}) : light;
  ViewJson model = view_model(graph, options, light, measure);
  model["palette"] = view_palette(light, dark);
  model["marks"] = light.marks;
  const std::set<std::string> letters = letters_of(model);
  const std::string data = script_data(model);
  return filled(part("view.html"), {{"title", escaped(plain_text(graph.name(), 200))},
                                    {"revision", content_hash(data)},
                                    {"scheme", follows          ? "light dark"
                                               : is_dark(light) ? "dark"
                                                                : "light"},
                                    {"theme", font_face(false, letters) + font_face(true, letters) +
                                                  theme_rules(light, dark, follows)},
                                    {"style", std::string(part("view.css"))},
                                    {"model", data},
                                    {"engine", base64(wasm)},
                                    {"scripts", scripts()}});
}

}  // namespace orrery
