#include "renderers/formats/pdf_painter.h"

#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "renderers/font_subset.h"

namespace orrery {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Color kInk = rgb(0x102030);

/// The streams of a file, inflated, in their order.
std::vector<std::string> streams_of(const std::string& pdf) {
  std::vector<std::string> streams;
  const std::string begin = "stream\n", end = "\nendstream";
  for (size_t at = pdf.find(" >>\n" + begin); at != std::string::npos; at = pdf.find(" >>\n" + begin, at)) {
    at += 4 + begin.size();
    const size_t length = pdf.find(end, at) - at;
    std::string bytes(1'000'000, '\0');
    uLongf size = bytes.size();
    EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size,
                         reinterpret_cast<const Bytef*>(pdf.data() + at), length),
              Z_OK);
    streams.push_back(bytes.substr(0, size));
  }
  return streams;
}

class PdfPainterTest : public ::testing::Test {
 protected:
  PdfPainter painter(Size size = {100, 50}, double scale = 1) { return {size, scale, fonts_}; }

  /// What the page of a painter says, which is the first stream of a file without pictures.
  static std::string page(PdfPainter& painter) { return streams_of(painter.finish()).at(0); }

  std::string page_with(const std::string& text) {
    PdfPainter p = painter();
    p.text(text, {8, false}, kInk, {10, 20});
    return page(p);
  }

  Fonts fonts_;
};

TEST_F(PdfPainterTest, WritesPathsWithTheOriginAbove) {
  PdfPainter p = painter({100, 50}, 2);
  p.draw(Outline::polygon({{0, 0}, {10.1264, 0}, {0, -0.0001}}), rgb(0xff0000), Stroke{rgb(0x0000ff), 0.8});
  p.draw(Outline::polyline({{1, 2}, {3, 4}}), {}, Stroke{rgb(0x0000ff), 0.8, {4, 2}, true});
  EXPECT_EQ(page(p),
            "2 0 0 -2 0 100 cm\n"
            "1 0 0 rg\n0 0 1 RG\n0.8 w\n0 0 m\n10.126 0 l\n0 0 l\nh\nB\n"
            "[ 4 2 ] 0 d\n1 j\n1 2 m\n3 4 l\nS\n");
}

TEST_F(PdfPainterTest, SaysAgainOnlyWhatChanges) {
  PdfPainter p = painter();
  for (int i = 0; i < 2; ++i) p.draw(Outline::polyline({{0, 0}, {9, 0}}), {}, Stroke{kInk, 1});
  const std::string text = page(p);
  EXPECT_EQ(text.find("RG"), text.rfind("RG"));
  EXPECT_THAT(text, Not(HasSubstr(" w\n")));  // a page begins with lines of one point
}

TEST_F(PdfPainterTest, LaysALineOverAFillByItselfWhereOneShinesThrough) {
  PdfPainter p = painter();
  const Outline box = Outline::polygon({{0, 0}, {9, 0}, {9, 9}});
  p.draw(box, at_opacity(kInk, 0.5), Stroke{kInk, 1});
  const std::string pdf = p.finish();
  EXPECT_THAT(pdf, HasSubstr("/O0 << /ca 0.5/CA 0.5 >>"));
  EXPECT_THAT(pdf, HasSubstr("/S /Transparency"));
  const std::string text = streams_of(pdf).at(0);
  EXPECT_THAT(text, HasSubstr("/O0 gs\n"));
  EXPECT_THAT(text, HasSubstr("h\nf\n/O1 gs\n"));
  EXPECT_THAT(text, EndsWith("h\nS\n"));
}

TEST_F(PdfPainterTest, SetsTextOnItsBaseline) {
  EXPECT_THAT(page_with("a"), HasSubstr("BT\n/F0 8 Tf\n1 0 0 -1 10 27.42 Tm [<0044>] TJ\nET\n"));
}

TEST_F(PdfPainterTest, MovesGlyphsTogetherWhereTheFontSaysSo) {
  EXPECT_TRUE(std::regex_search(page_with("AV"), std::regex("<0024>[1-9][0-9]*<0039>")));
  EXPECT_THAT(page_with("HH"), HasSubstr("[<002B002B>]"));
}

TEST_F(PdfPainterTest, TellsWhichLettersItsGlyphsStandFor) {
  PdfPainter p = painter();
  p.text("a×\xF0\x9D\x94\xB8", {8, false}, kInk, {});  // the last one needs two units of UTF-16
  const std::string meaning = streams_of(p.finish()).back();
  EXPECT_THAT(meaning, HasSubstr("<0044> <0061>"));
  EXPECT_THAT(meaning, HasSubstr("> <00D7>"));
  EXPECT_THAT(meaning, HasSubstr("> <D835DD38>"));
}

TEST_F(PdfPainterTest, EmbedsEachFaceThatIsUsedOnce) {
  PdfPainter p = painter();
  for (const bool bold : {false, true, false}) p.text("a", {8, bold}, kInk, {});
  const std::string pdf = p.finish();
  EXPECT_THAT(pdf, HasSubstr("+DejaVuSans-Bold "));
  EXPECT_TRUE(std::regex_search(pdf, std::regex("/Font << /F0 \\d+ 0 R /F1 \\d+ 0 R >>")));
  EXPECT_EQ(streams_of(pdf).size(), 5u);  // the page, and a font with its letters twice
  PdfPainter none = painter();
  EXPECT_THAT(none.finish(), Not(HasSubstr("/FontFile2")));
}

TEST_F(PdfPainterTest, DrawsATextOutlinedWhoseLettersTheFontLacks) {
  const std::string text = page_with("a\xF4\x8F\xBF\xBD");
  EXPECT_THAT(text, Not(HasSubstr("Tf")));
  EXPECT_THAT(text, HasSubstr("\nf\n"));
}

TEST_F(PdfPainterTest, HoldsPicturesUpright) {
  PdfPainter p = painter();
  p.image({1, 2, {255, 0, 0, 0, 0, 255}}, {10, 20}, {30, 0}, {0, 40});
  const std::vector<std::string> streams = streams_of(p.finish());
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams[0], std::string("\xFF\0\0\0\0\xFF", 6));
  EXPECT_THAT(streams[1], HasSubstr("q 30 0 0 -40 10 60 cm /I0 Do Q\n"));
}

TEST_F(PdfPainterTest, MakesAPageSmallerThatPdfWouldNotAllow) {
  EXPECT_THAT(painter({100, 14400}).finish(), HasSubstr("/MediaBox [0 0 100 14400]"));
  EXPECT_THAT(painter({100, 28800}).finish(), HasSubstr("/MediaBox [0 0 50 14400]"));
}

TEST(PdfFileTest, TellsWhereEachObjectBegins) {
  PdfFile file;
  const int first = file.reserve(), second = file.add("<< /B 2 >>");
  file.add(first, "<< /A 1 >>");
  const std::string bytes = file.finish(first, second);
  EXPECT_THAT(bytes, StartsWith("%PDF-1.5\n"));
  std::smatch table;
  ASSERT_TRUE(std::regex_search(
      bytes, table, std::regex("xref\n0 3\n0000000000 65535 f \n(\\d{10}) 00000 n \n(\\d{10}) 00000 n \n")));
  EXPECT_EQ(bytes.substr(std::stoul(table[1]), 8), "1 0 obj\n");
  EXPECT_EQ(bytes.substr(std::stoul(table[2]), 8), "2 0 obj\n");
  EXPECT_THAT(bytes, HasSubstr("startxref\n" + std::to_string(table.position(0)) + "\n%%EOF\n"));
}

TEST(PdfFileTest, WritesNumbersShort) {
  const auto written = [](double value, int decimals) {
    std::string text;
    append_number(text, value, decimals);
    return text;
  };
  EXPECT_EQ(written(0, 2), "0");
  EXPECT_EQ(written(-0.004, 2), "0");
  EXPECT_EQ(written(-0.005, 2), "-0.01");
  EXPECT_EQ(written(1.5, 3), "1.5");
  EXPECT_EQ(written(1.05, 2), "1.05");
  EXPECT_EQ(written(-12.9999, 3), "-13");
  EXPECT_EQ(written(0.000001, 6), "0.000001");
  EXPECT_EQ(written(1e12, 0), "1000000000000");
}

TEST(GlyphSubsetTest, KeepsTheNumbersOfGlyphs) {
  const std::string few = glyph_subset(false, {68}), more = glyph_subset(false, {68, 2000});
  EXPECT_EQ(few.substr(0, 4), std::string("\0\1\0\0", 4));  // TrueType
  EXPECT_LT(few.size(), more.size());
  EXPECT_EQ(few, glyph_subset(false, {68}));
  EXPECT_NE(few, glyph_subset(true, {68}));
}

}  // namespace
}  // namespace orrery
