#include "renderers/html/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "renderers/font_subset.h"
#include "renderers/fonts.h"
#include "renderers/html/view_parts.h"
#include "renderers/layout/layout.h"
#include "renderers/render.h"
#include "renderers/styles/box.h"
#include "runtime/governors/optimizer.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/formats/hostile_labels.h"

namespace orrery {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

Json model_of(const std::string& page) {
  const std::string begin = "<script id=\"model\" type=\"application/json\">";
  const size_t at = page.find(begin) + begin.size();
  return Json::parse(page.substr(at, page.find("</script>", at) - at));
}

Json model(const Graph& graph, RenderOptions options = {}) {
  options.format = "html";
  return model_of(render(graph, options));
}

const Json& box_at(const Json& view, const std::string& path) {
  for (const Json& box : view["boxes"])
    if (box["path"] == path) return box;
  ADD_FAILURE() << "no box " << path;
  return view["boxes"][0];
}

std::unique_ptr<Graph> titled(const std::string& title) {
  test::Sketcher s;
  s.graph->begin_block("block").set_title(title);
  s.relu(s.input({{"x", {4}}})[0]);
  s.graph->end_block();
  return std::move(s.graph);
}

class ViewTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const ViewPart& part : view_parts())
      if (part.name == "view_engine.wasm" && part.bytes.empty())
        GTEST_SKIP() << "no compiler for WebAssembly";
  }
};

TEST_F(ViewTest, IsOnePageThatAsksForNothingElse) {
  const std::string page = render(*test::resnet18(), {.format = "html"});
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* other : {"https://", "src=\"http", "href=\"http", "@import", "fetch(", "XMLHttpRequest"})
    EXPECT_THAT(page, Not(HasSubstr(other)));
  EXPECT_EQ(count_of(page, "http://"), count_of(page, "http://www.w3.org/2000/svg"));
  EXPECT_EQ(count_of(page, "{{"), 0u);
}

TEST_F(ViewTest, HasTheSameBytesForTheSameGraph) {
  const RenderOptions options{.format = "html"};
  EXPECT_EQ(render(*test::inception(), options), render(*test::inception(), options));
}

TEST_F(ViewTest, HoldsEveryBlockOpenAndShut) {
  const auto graph = test::resnet18();
  const Json view = model(*graph);
  const Diagram all = make_diagram(*graph, {.fold = false});
  ASSERT_EQ(view["boxes"].size(), all.boxes.size());
  for (size_t i = 0; i < all.boxes.size(); ++i) {
    const Json& box = view["boxes"][i];
    EXPECT_EQ(box["path"], all.boxes[i].path);
    EXPECT_EQ(box["frame"], all.boxes[i].parent);
    EXPECT_EQ(box.contains("folded"), all.boxes[i].kind == DiagramBox::Kind::frame);
  }
}

TEST_F(ViewTest, GivesBoxesTheSizesOfADrawing) {
  const auto graph = test::inception();
  const Json view = model(*graph);
  const Diagram all = make_diagram(*graph, {.fold = false});
  Fonts fonts;
  const Theme theme;
  const layout::Sketch open = sketch_boxes(all, theme, fonts);
  for (size_t i = 1; i < all.boxes.size(); ++i) {
    const Json& look = view["looks"][view["boxes"][i]["look"].get<size_t>()];
    const Size size = open.boxes[i].frame ? open.boxes[i].title : open.boxes[i].size;
    EXPECT_DOUBLE_EQ(look["size"][0], size.width);
    EXPECT_DOUBLE_EQ(look["size"][1], size.height);
  }
  const Diagram shut = make_diagram(*graph, {.depth = 0});
  const layout::Sketch closed = sketch_boxes(shut, theme, fonts);
  for (size_t i = 1; i < shut.boxes.size(); ++i) {
    if (shut.boxes[i].kind != DiagramBox::Kind::folded) continue;
    const Json& look = view["looks"][box_at(view, shut.boxes[i].path)["folded"].get<size_t>()];
    EXPECT_DOUBLE_EQ(look["size"][0], closed.boxes[i].size.width);
    EXPECT_EQ(look["lines"][1][0][0], shut.boxes[i].detail);
  }
}

TEST_F(ViewTest, BeginsWithTheBlocksShutThatTheOptionsShut) {
  const auto graph = test::resnet18();
  const Diagram all = make_diagram(*graph, {.fold = false});
  std::string first;
  for (const DiagramBox& box : all.boxes)
    if (first.empty() && box.parent == 0 && box.kind == DiagramBox::Kind::frame) first = box.path;
  const Json view = model(*graph, {.collapse = {first}});
  EXPECT_TRUE(box_at(view, first).value("shut", false));
  EXPECT_FALSE(box_at(model(*graph), first).value("shut", false));
}

TEST_F(ViewTest, ShutsTheInnermostBlocksOfAGraphTooLargeToShow) {
  test::Sketcher small, large;
  for (auto [s, nodes] : {std::pair{&small, kViewBoxes - 10}, std::pair{&large, kViewBoxes + 10}}) {
    Value x = s->input({{"x", {4}}})[0];
    s->graph->begin_block("block");
    for (size_t i = 0; i < nodes; ++i) x = s->relu(x);
    s->graph->end_block();
  }
  EXPECT_FALSE(box_at(model(*small.graph), "block").value("shut", false));
  EXPECT_TRUE(box_at(model(*large.graph), "block").value("shut", false));
  EXPECT_FALSE(box_at(model(*large.graph, {.expand = {"block"}}), "block").value("shut", false));
}

TEST_F(ViewTest, TellsWhatIsKnownOfAnOperation) {
  const Json view = model(*test::digits());
  const Json& box = *std::find_if(view["boxes"].begin(), view["boxes"].end(),
                                  [](const Json& one) { return one["title"] == "Conv2d"; });
  const Json& fact = view["facts"][box["fact"].get<size_t>()];
  EXPECT_EQ(fact["operation"], "Conv2d");
  EXPECT_EQ(fact["category"], "convolution");
  EXPECT_EQ(fact["parameters"][0][0], "weight");
  EXPECT_FALSE(fact["options"].empty());
  EXPECT_THAT(fact["outputs"][0][1].get<std::string>(), HasSubstr("N×"));
}

TEST_F(ViewTest, HoldsNotesPlotsAndImagesOfSingleBoxes) {
  const auto dots = std::make_shared<Raster>(Raster{2, 1, {255, 0, 0, 0, 0, 255}});
  const auto graph = test::digits();
  const Json plain = model(*graph);
  const Json view = model(
      *graph,
      {.boxes = {{"features", {.note = "sees edges", .insets = {{.kind = Inset::Kind::image, .dots = dots}}}},
                 {"features/conv2d", {.title = "First", .note = "and corners"}}}});
  const auto look = [](const Json& of, const char* path, const char* which) {
    return of["looks"][box_at(of, path)[which].get<size_t>()];
  };
  EXPECT_EQ(look(view, "features", "look")["lines"][1][0][0], "sees edges")
      << "under the title of an open block";
  const Json shut = look(view, "features", "folded");
  EXPECT_EQ(shut["beside"]["lines"][0][0][0], "sees edges");
  const Json& image = shut["plots"]["marks"][0];
  EXPECT_TRUE(image["image"].get<std::string>().starts_with("data:image/png;base64,"));
  EXPECT_EQ(image["size"], Json({66.0, 33.0}));
  EXPECT_EQ(look(view, "features/conv2d", "look")["lines"][0][0][0], "First");
  EXPECT_EQ(look(view, "features/conv2d", "look")["size"], look(plain, "features/conv2d", "look")["size"])
      << "the page makes room for a note";
  EXPECT_TRUE(box_at(view, "features/conv2d").value("named", false));
}

TEST_F(ViewTest, HoldsTheLettersOfGovernorsForOpenAndShutBlocks) {
  const auto graph = test::digits();
  std::vector<ParameterGroup> groups{{{}, Attributes(optimizer_kind("Adam").attributes)}};
  const LayerPtr layer = graph->layers().front();
  for (const ParameterPtr& parameter : layer->parameters())
    groups[0].targets.push_back({.parameter = parameter});
  graph->attach(std::make_shared<Optimizer>(optimizer_kind("Adam"), groups, Value(), Origin{}));
  const Json view = model(*graph, {.governors = true});
  EXPECT_EQ(box_at(view, "features")["all"], Json({"A"}));
  EXPECT_EQ(box_at(view, "features/conv2d")["some"], Json({"A"}));
  EXPECT_FALSE(box_at(view, "classifier").contains("some"));
  EXPECT_EQ(box_at(view, "optimizer")["all"], Json({"A"}));
  EXPECT_EQ(view["looks"][box_at(view, "features")["look"].get<size_t>()]["lines"][0].size(), 1u)
      << "the page writes letters itself";
}

TEST_F(ViewTest, StaysWholeWhateverTheTextsHold) {
  const std::string plain = render(*titled("plain"), {.format = "html"});
  for (const std::string& label : test::hostile_labels()) {
    if (label.empty()) continue;
    const std::string page = render(*titled(label), {.format = "html"});
    EXPECT_EQ(count_of(page, "<script"), count_of(plain, "<script")) << label;
    EXPECT_EQ(count_of(page, "</script"), count_of(plain, "</script")) << label;
    EXPECT_EQ(count_of(page, "<!--"), count_of(plain, "<!--")) << label;
    for (char control : std::string("\x01\x07\x1b\x7f")) EXPECT_EQ(page.find(control), std::string::npos);
    EXPECT_NO_THROW(model_of(page)) << label;
  }
}

TEST_F(ViewTest, EscapesTheGraphsName) {
  test::Sketcher s("a</title><script>alert(1)</script>");
  s.relu(s.input({{"x", {4}}})[0]);
  const std::string page = render(*s.graph, {.format = "html"});
  EXPECT_THAT(page, HasSubstr("<title>a&lt;/title&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
}

TEST_F(ViewTest, FollowsTheReadersSchemeUnlessAThemeIsChosen) {
  EXPECT_THAT(render(*titled("t"), {.format = "html"}), HasSubstr("content=\"light dark\""));
  EXPECT_THAT(render(*titled("t"), {.format = "html", .theme = "dark"}), HasSubstr("content=\"dark\""));
  EXPECT_THAT(render(*titled("t"), {.format = "html", .theme = "paper"}), HasSubstr("content=\"light\""));
}

TEST_F(ViewTest, RefusesWhatAPageForTheScreenHasNoPlaceFor) {
  EXPECT_THROW(render(*test::digits(), {.format = "html", .style = "lenet"}), Error);
  EXPECT_THROW(render(*test::digits(), {.format = "html", .fit = "a4"}), Error);
  EXPECT_THROW(render(*test::digits(), {.format = "html", .color = ColourBy::dtype}), Error);
  EXPECT_THROW(render(*test::digits(), {.format = "html", .aside = {"constants"}}), Error);
}

TEST(FontSubsetTest, HoldsTheLettersAskedForAndIsSmall) {
  const std::string few = font_subset(false, {"a", "b"}), more = font_subset(false, {"a", "b", "c", "×"});
  EXPECT_EQ(few.substr(0, 4), std::string("\0\1\0\0", 4));  // TrueType
  EXPECT_LT(few.size(), more.size());
  EXPECT_LT(more.size(), 20'000u);
  EXPECT_EQ(few, font_subset(false, {"a", "b"}));
  EXPECT_NE(few, font_subset(true, {"a", "b"}));
}

TEST(FontSubsetTest, LeavesOutLettersThatTheFontHasNot) {
  EXPECT_EQ(font_subset(false, {"a"}), font_subset(false, {"a", "\xF4\x8F\xBF\xBD"}));
}

TEST(Base64Test, WritesWhatRfc4648Has) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

}  // namespace
}  // namespace orrery
