#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "renderers/render.h"
#include "tests/renderers/example_graphs.h"
#include "tests/renderers/formats/hostile_labels.h"

namespace orrery {
namespace {

using Json = nlohmann::json;

TEST(DiagramJsonTest, NamesItsSchema) {
  const Json json = Json::parse(render(*test::digits(), {.format = "json"}));
  EXPECT_EQ(json["schema"], "orrery.diagram");
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["unit"], "pt");
  EXPECT_EQ(json["title"], "digits");
}

TEST(DiagramJsonTest, TellsEveryBoxAndLine) {
  const auto graph = test::inception();
  const Diagram diagram = make_diagram(*graph, {});
  const Json json = Json::parse(render(*graph, {.format = "json"}));
  ASSERT_EQ(json["boxes"].size(), diagram.boxes.size());
  size_t readers = 0;
  for (const DiagramValue& value : diagram.values) readers += value.readers.size();
  EXPECT_EQ(json["lines"].size(), readers);
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    const Json& box = json["boxes"][i];
    EXPECT_EQ(box["frame"], diagram.boxes[i].parent);
    EXPECT_EQ(box["title"], diagram.boxes[i].title);
    EXPECT_EQ(box.value("nodes", std::vector<int>()), diagram.boxes[i].nodes);
    EXPECT_EQ(box["kind"] == "frame", diagram.boxes[i].kind == DiagramBox::Kind::frame);
  }
  for (const Json& line : json["lines"]) EXPECT_GE(line["points"].size(), 2u);
}

TEST(DiagramJsonTest, IsValidWhateverTheTextsHold) {
  for (const std::string& label : test::hostile_labels()) {
    test::Sketcher s;
    s.graph->begin_block("block").set_title(label);
    s.relu(s.input({{"x", {4}}})[0]);
    s.graph->end_block();
    EXPECT_NO_THROW(EXPECT_FALSE(Json::parse(render(*s.graph, {.format = "json"})).empty())) << label;
  }
}

}  // namespace
}  // namespace orrery
