#include "renderers/formats/tikz_painter.h"

#include <algorithm>

#include <fmt/format.h>

#include "renderers/formats/hex_color.h"
#include "renderers/formats/tex_text.h"

namespace orrery {
namespace {

constexpr double kMostOfTex = 14400;  // points: TeX's lengths end at 16383.99 pt

// Of the height of a line in DejaVu Sans, the part above the baseline.
constexpr double kAscent = 0.8;

constexpr const char* kPreamble = R"(\documentclass[tikz,border=0pt]{standalone}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage{textcomp,lmodern}
  \newcommand\letter[1]{{\setlength\fboxsep{0.5pt}\fbox{\tiny #1}}}
\else
  \usepackage{fontspec}
  \IfFontExistsTF{DejaVu Sans}{\setsansfont{DejaVu Sans}}{}
  \newcommand\letter[1]{{\char"#1 }}
\fi
)";

std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string place(Point p) { return "(" + number(p.x) + "," + number(p.y) + ")"; }

std::string path_of(const Outline& outline) {
  std::string path;
  for (const Outline::Step& step : outline.steps()) {
    switch (step.verb) {
      case Outline::Verb::move: path += (path.empty() ? "" : " ") + place(step.to); break;
      case Outline::Verb::line: path += " -- " + place(step.to); break;
      case Outline::Verb::curve:
        path += " .. controls " + place(step.a) + " and " + place(step.b) + " .. " + place(step.to);
        break;
      case Outline::Verb::close: path += " -- cycle"; break;
    }
  }
  return path;
}

std::string dash_pattern(const std::vector<double>& dashes, double scale) {
  std::string text;
  for (size_t i = 0; i < dashes.size(); ++i)
    text += fmt::format("{}{} {}bp", i ? " " : "", i % 2 ? "off" : "on", number(dashes[i] * scale));
  return text;
}

}  // namespace

TikzPainter::TikzPainter(Size size, double scale, TextMeasure& measure)
    : size_(size),
      scale_(std::min(scale, kMostOfTex / std::max(size.width, size.height))),
      measure_(measure) {}

std::string TikzPainter::color_name(const Color& color) {
  auto at = std::find(colors_.begin(), colors_.end(), color);
  if (at == colors_.end()) at = colors_.insert(at, color);
  return "c" + std::to_string(at - colors_.begin());
}

void TikzPainter::draw(const Outline& outline, const std::optional<Color>& fill,
                       const std::optional<Stroke>& stroke) {
  std::string options;
  if (fill) options += "fill=" + color_name(*fill);
  if (stroke) {
    options += fmt::format("{}draw={},line width={}bp", options.empty() ? "" : ",", color_name(stroke->color),
                           number(stroke->width * scale_));
    if (!stroke->dashes.empty()) options += ",dash pattern=" + dash_pattern(stroke->dashes, scale_);
  }
  marks_ += fmt::format("\\path[{}] {};\n", options, path_of(outline));
}

void TikzPainter::text(const std::string& text, const TextStyle& style, const Color& color, Point at) {
  const Size size = measure_.measure(text, style);
  marks_ += fmt::format("\\node[says={},text={}] at {} {{{}{}}};\n", number(style.size * scale_),
                        color_name(color), place({at.x + size.width / 2, at.y + size.height * kAscent}),
                        style.bold ? "\\bfseries " : "", tex_text(text));
}

std::string TikzPainter::finish() {
  std::string file = kPreamble;
  for (size_t i = 0; i < colors_.size(); ++i)
    file += fmt::format("\\definecolor{{c{}}}{{HTML}}{{{}}}\n", i, hex_color(colors_[i]).substr(1));
  file += "\\begin{document}\n";
  file += fmt::format(
      "\\begin{{tikzpicture}}[x={0}bp,y=-{0}bp,says/.style={{anchor=base,inner sep=0pt,"
      "font=\\sffamily\\fontsize{{#1bp}}{{#1bp}}\\selectfont}}]\n",
      fmt::format("{:.6g}", scale_));
  file += fmt::format("\\useasboundingbox (0,0) rectangle {};\n", place({size_.width, size_.height}));
  return file + marks_ + "\\end{tikzpicture}\n\\end{document}\n";
}

}  // namespace orrery
