#include "renderers/formats/tikz_painter.h"

#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/formats/letters.h"
#include "renderers/formats/tex_text.h"
#include "renderers/render.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/formats/hostile_labels.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string painted(const std::string& label) {
  ColumnMeasure measure;
  TikzPainter painter({100, 50}, 1, measure);
  painter.text(label, {8, false}, rgb(0x1a1a1a), {10, 20});
  return painter.finish();
}

/// The row that sets the text.
std::string node_of(const std::string& file) {
  const size_t at = file.find("\\node");
  return file.substr(at, file.find('\n', at) - at);
}

TEST(TikzPainterTest, WritesPathsInPoints) {
  ColumnMeasure measure;
  TikzPainter painter({100, 50}, 2, measure);
  painter.draw(Outline::polygon({{0, 0}, {10.126, 0}, {0, -0.001}}), rgb(0xff0000),
               Stroke{rgb(0x0000ff), 0.8});
  painter.draw(Outline::polyline({{1, 2}, {3, 4}}), {}, Stroke{rgb(0x0000ff), 1, {4, 2}});
  const std::string file = painter.finish();
  EXPECT_THAT(file, HasSubstr("\\definecolor{c0}{HTML}{FF0000}\n\\definecolor{c1}{HTML}{0000FF}\n"));
  EXPECT_THAT(file, HasSubstr("x=2bp,y=-2bp"));
  EXPECT_THAT(file,
              HasSubstr("\\path[fill=c0,draw=c1,line width=1.6bp] (0,0) -- (10.13,0) -- (0,0) -- cycle;\n"));
  EXPECT_THAT(file,
              HasSubstr("\\path[draw=c1,line width=2bp,dash pattern=on 8bp off 4bp] (1,2) -- (3,4);\n"));
  EXPECT_THAT(file, HasSubstr("\\useasboundingbox (0,0) rectangle (100,50);"));
}

TEST(TikzPainterTest, SetsTextAroundTheMiddleOfItsRoom) {
  EXPECT_EQ(node_of(painted("text")), "\\node[says=8,text=c0] at (12,20.8) {text};");
}

TEST(TikzPainterTest, MakesADrawingSmallerThatTexCouldNotMeasure) {
  ColumnMeasure measure;
  EXPECT_THAT(TikzPainter({100, 14400}, 1, measure).finish(), HasSubstr("x=1bp"));
  EXPECT_THAT(TikzPainter({100, 28800}, 1, measure).finish(), HasSubstr("x=0.5bp"));
}

// What TeX reads: groups are balanced, no character with a meaning stands bare, every command is known.
TEST(TikzPainterTest, KeepsHostileLabelsInsideTheirGroups) {
  const std::regex text(
      "(?:[A-Za-z0-9 .,:;!?()\\[\\]=+*/@\x80-\xff]|-\\{\\}|\\$(?:\\\\[a-z]+|-)\\$|\\\\[{}$&#%_]|"
      "\\\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textquotedbl|"
      "textquotesingle|textasciigrave|ldots)\\{\\}|\\\\letter\\{[0-9A-F]+\\}|---?\\{\\})*");
  for (const std::string& label : test::hostile_labels()) {
    const Diagram diagram = test::labelled_diagram(label);
    const std::string set = tex_text(diagram.title);
    EXPECT_TRUE(std::regex_match(set, text)) << set;
    EXPECT_THAT(node_of(painted(diagram.title)), StartsWith("\\node[says=8,text=c0] at (")) << label;
  }
}

TEST(TexTextTest, WritesMeaningfulCharactersAsCommands) {
  EXPECT_EQ(tex_text("a_b & 100% #1 {x} $y$ ^ ~"),
            "a\\_b \\& 100\\% \\#1 \\{x\\} \\$y\\$ \\textasciicircum{} \\textasciitilde{}");
  EXPECT_EQ(tex_text("\\end"), "\\textbackslash{}end");
}

TEST(TexTextTest, WritesSymbolsAndLettersBeyondLatin) {
  EXPECT_EQ(tex_text("N×3 − σ…"), "N$\\times$3 $-$ $\\sigma$\\ldots{}");
  EXPECT_EQ(tex_text("é😀"), "é\\letter{1F600}");
}

TEST(TikzFormatTest, HoldsTheMarksOfThePicture) {
  const std::string file = render(*test::inception(), {.format = "tikz"});
  EXPECT_THAT(file, HasSubstr("\\documentclass[tikz,border=0pt]{standalone}"));
  EXPECT_THAT(file, HasSubstr("\\end{document}\n"));
  std::istringstream rows(file.substr(file.find("\\useasboundingbox")));
  const std::regex place("\\((-?[0-9.]+),(-?[0-9.]+)\\)");
  for (std::string row; std::getline(rows, row);) {
    if (!row.starts_with("\\path")) continue;
    for (std::sregex_iterator at(row.begin(), row.end(), place), end; at != end; ++at)
      EXPECT_GE(std::stod((*at)[1]), 0) << row;
    EXPECT_TRUE(row.ends_with(";"));
    EXPECT_EQ(std::count(row.begin(), row.end(), '('), std::count(row.begin(), row.end(), ')'));
  }
}

TEST(TikzFormatTest, FitsTheWidthAskedFor) {
  const std::string own = render(*test::digits(), {.format = "tikz"});
  EXPECT_THAT(own, HasSubstr("x=1bp,y=-1bp"));
  std::smatch size, scale;
  const std::string fitted = render(*test::digits(), {.format = "tikz", .width_mm = 84});
  ASSERT_TRUE(std::regex_search(fitted, size, std::regex("rectangle \\(([0-9.]+),")));
  ASSERT_TRUE(std::regex_search(fitted, scale, std::regex("x=([0-9.]+)bp")));
  EXPECT_NEAR(std::stod(size[1]) * std::stod(scale[1]) * 25.4 / 72, 84, 0.01);
}

}  // namespace
}  // namespace orrery
