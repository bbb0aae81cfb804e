#include "renderers/render.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/formats/image.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/formats/hostile_labels.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string message_of(const RenderOptions& options) {
  try {
    render(*test::digits(), options);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return {};
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

unsigned big_endian(const std::string& bytes, size_t at) {
  unsigned value = 0;
  for (size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(i));
  return value;
}

TEST(RenderTest, GivesEachFormat) {
  const auto graph = test::digits();
  const std::string pdf = render(*graph, {.format = "pdf"});
  EXPECT_THAT(pdf, StartsWith("%PDF-1.5"));
  EXPECT_THAT(pdf, HasSubstr("%%EOF"));
  const std::string svg = render(*graph, {.format = "svg"});
  EXPECT_THAT(svg, StartsWith("<?xml"));
  EXPECT_THAT(svg, HasSubstr("</svg>"));
  EXPECT_THAT(render(*graph, {.format = "png"}), StartsWith("\x89PNG\r\n\x1a\n"));
}

TEST(RenderTest, GivesTheSameBytesForTheSameGraph) {
  for (const std::string& format : render_formats())
    EXPECT_TRUE(render(*test::inception(), {.format = format}) ==
                render(*test::inception(), {.format = format}))
        << format;
}

// Also when asked by the next test, from a process of its own.
TEST(RenderTest, WritesWhereAnotherProcessAsks) {
  for (const std::string& format : render_formats()) {
    const std::string bytes = render(*test::inception(), {.format = format});
    EXPECT_FALSE(bytes.empty());
    if (const char* folder = std::getenv("ORRERY_TEST_DRAWINGS"))
      std::ofstream(std::string(folder) + "/drawing." + format, std::ios::binary) << bytes;
  }
}

TEST(RenderTest, GivesTheSameBytesInAnotherProcess) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("orrery_render_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command =
      "ORRERY_TEST_DRAWINGS='" + folder.string() + "' TZ=Asia/Tokyo LC_ALL=C '" + program +
      "' --gtest_filter=RenderTest.WritesWhereAnotherProcessAsks --gtest_output= >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  for (const std::string& format : render_formats())
    EXPECT_TRUE(contents(folder / ("drawing." + format)) == render(*test::inception(), {.format = format}))
        << format;
  std::filesystem::remove_all(folder);
}

TEST(RenderTest, HoldsNeitherDateNorMachineInAPdf) {
  const std::string pdf = render(*test::digits(), {});
  EXPECT_NE(pdf.find("/CreationDate (D:20000101000000Z)"), std::string::npos);
  EXPECT_EQ(pdf.find("/ModDate"), std::string::npos);
  EXPECT_EQ(pdf.find("/home"), std::string::npos);
}

TEST(RenderTest, EmbedsTheDeclaredFontInAPdf) {
  const std::string pdf = render(*test::digits(), {});
  EXPECT_NE(pdf.find("DejaVuSans"), std::string::npos);
  EXPECT_NE(pdf.find("/FontFile2"), std::string::npos);
}

TEST(RenderTest, DrawsAPngWithTheDotsAskedFor) {
  const auto graph = test::digits();
  const std::string once = render(*graph, {.format = "png", .dpi = 72}),
                    twice = render(*graph, {.format = "png", .dpi = 144});
  EXPECT_NEAR(big_endian(twice, 16), 2 * big_endian(once, 16), 2);
  EXPECT_NEAR(big_endian(twice, 20), 2 * big_endian(once, 20), 2);
  EXPECT_THAT(once, HasSubstr("pHYs"));
}

TEST(RenderTest, FitsTheWidthAskedFor) {
  const auto graph = test::digits();
  EXPECT_EQ(big_endian(render(*graph, {.format = "png", .width_mm = 84, .dpi = 254}), 16), 840u);
  EXPECT_THAT(render(*graph, {.format = "svg", .width_mm = 25.4}), HasSubstr("width=\"72pt\""));
}

TEST(RenderTest, RefusesOptionsThatDoNotExist) {
  EXPECT_THAT(
      message_of({.format = "pgn"}),
      HasSubstr(
          "format must be one of 'pdf', 'svg', 'png', 'tikz', 'html', 'json', 'dot', 'mermaid', 'text', got "
          "'pgn' (did you mean 'png'?)"));
  EXPECT_THAT(message_of({.style = "bix"}),
              HasSubstr("style must be one of 'box', 'lenet', 'volume', 'unrolled', 'rolled', got 'bix' (did "
                        "you mean 'box'?)"));
  EXPECT_THAT(message_of({.direction = "up"}), HasSubstr("direction must be"));
  EXPECT_THAT(message_of({.depth = -2}), HasSubstr("depth must be 0 or more"));
  EXPECT_EQ(message_of({.depth = -1}), "");
}

TEST(RenderTest, RefusesSizesOutOfRange) {
  for (double dpi : {0.0, -1.0, 2401.0, std::nan(""), HUGE_VAL})
    EXPECT_THAT(message_of({.dpi = dpi}), HasSubstr("dpi must be"));
  for (double width : {-1.0, 4.9, 5001.0, std::nan("")})
    EXPECT_THAT(message_of({.width_mm = width}), HasSubstr("width_mm must be"));
  for (double height : {-1.0, 4.9, 5001.0, std::nan("")})
    EXPECT_THAT(message_of({.height_mm = height}), HasSubstr("height_mm must be"));
  for (double points : {0.9, 73.0, std::nan("")})
    EXPECT_THAT(message_of({.min_font = points}), HasSubstr("min_font must be"));
  EXPECT_EQ(message_of({.width_mm = 5, .dpi = 1}), "");
}

TEST(RenderTest, RefusesColumnsThatHoldNoSketch) {
  for (int columns : {-1, 0, 19, 10001})
    EXPECT_THAT(message_of({.format = "text", .columns = columns}), HasSubstr("columns must be 20 to 10000"));
  EXPECT_EQ(message_of({.format = "text", .columns = 20}), "");
}

TEST(RenderTest, SaysWhatToDoWhenAPngWouldBeTooLarge) {
  try {
    render(*test::chain(2000), {.format = "png", .wrap = false, .dpi = 300});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_THAT(error.what(), HasSubstr("take PDF or SVG"));
  }
}

TEST(RenderTest, MakesAPdfSmallerThatWouldBeLargerThanPagesMayBe) {
  EXPECT_THAT(render(*test::chain(2000), {.format = "pdf", .wrap = false}), HasSubstr(" 14400"));
}

TEST(RenderTest, DrawsAnEmptyGraph) {
  for (const std::string& format : render_formats())
    EXPECT_FALSE(render(Graph("empty"), {.format = format}).empty());
}

TEST(RenderTest, KeepsHostileTextOutOfTheFilesSyntax) {
  for (const char* name :
       {"<script>alert(1)</script>", "a & b", "(paren\\", "שלום", "😀", "a\nb", "\x01\xff", "&#0;", "]]>"}) {
    test::Sketcher s;
    const Value x = s.input({{name, {4}}})[0];
    s.graph->begin_block("block").set_title(name);
    s.layer("ReLU", {}, {x}, {}, name);
    s.graph->end_block();
    const std::string svg = render(*s.graph, {.format = "svg"});
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_EQ(std::count(svg.begin(), svg.end(), '<'), std::count(svg.begin(), svg.end(), '>')) << name;
    EXPECT_THAT(render(*s.graph, {.format = "pdf"}), HasSubstr("%%EOF"));
  }
}

std::unique_ptr<Graph> labelled(const std::string& label) {
  test::Sketcher s;
  s.graph->begin_block("block").set_title(label);
  s.relu(s.input({{"x", {4}}})[0]);
  s.graph->end_block();
  return std::move(s.graph);
}

/// XML 1.0: every character is allowed, every tag is closed by its own name, no ampersand stands bare.
std::string xml_fault(const std::string& xml) {
  std::vector<std::string> open;
  for (size_t at = 0; at < xml.size(); ++at) {
    const auto c = static_cast<unsigned char>(xml[at]);
    if (c < ' ' && c != '\n' && c != '\r' && c != '\t') return "a control character";
    if (c == '&' && xml.substr(at, 12).find(';') == std::string::npos) return "a bare ampersand";
    if (c != '<') continue;
    const size_t end = xml.find('>', at);
    if (end == std::string::npos) return "a tag without an end";
    const std::string tag = xml.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(tag[0] == '/', tag.find_first_of(" />", 1) - (tag[0] == '/'));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "</" + name + "> closes nothing";
      open.pop_back();
    } else if (tag[0] != '?' && tag[0] != '!' && tag.back() != '/') {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

TEST(RenderTest, WritesWellFormedSvgWhateverTheTextsHold) {
  EXPECT_NE(xml_fault("<a><b></a>"), "");
  EXPECT_NE(xml_fault("<a>&</a>"), "");
  for (const std::string& label : test::hostile_labels())
    EXPECT_EQ(xml_fault(render(*labelled(label), {.format = "svg"})), "") << label;
}

TEST(RenderTest, WritesPngsThatDecodeWhateverTheTextsHold) {
  for (const std::string& label : test::hostile_labels()) {
    const std::string png = render(*labelled(label), {.format = "png", .dpi = 72});
    const Image image = parse_image(std::as_bytes(std::span(png)), ImageMode::rgb, "the drawing");
    EXPECT_GT(image.width * image.height, 1000) << label;
  }
}

TEST(RenderTest, DrawsAChainOfTenThousandAndANestOfTwoHundred) {
  const auto chain = test::chain(10000);
  test::Sketcher s("deep");
  const Value x = s.input({{"x", {2}}})[0];
  for (int i = 0; i < 200; ++i) s.graph->begin_block("b");
  s.relu(x);
  for (int i = 0; i < 200; ++i) s.graph->end_block();
  for (const std::string& format : render_formats()) {
    if (format != "png") {
      EXPECT_GT(render(*chain, {.format = format}).size(), 100000u) << format;
    }
    EXPECT_FALSE(render(*s.graph, {.format = format, .dpi = 30}).empty()) << format;
  }
}

TEST(RenderTest, DrawsBrokenGraphsWithTheirFindings) {
  const auto graph = test::digits();
  const std::vector<Finding> findings = {test::finding("shape-mismatch", "classifier/linear")};
  EXPECT_NE(render(*graph, {.format = "svg", .findings = findings}), render(*graph, {.format = "svg"}));
}

}  // namespace
}  // namespace orrery
