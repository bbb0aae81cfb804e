#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "renderers/layout/layout.h"
#include "renderers/render.h"
#include "renderers/styles/box.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The same constant is added in two places, one of them inside a block.
std::unique_ptr<Graph> masked() {
  Sketcher s("masked");
  const Value x = s.input({{"x", {8}}})[0];
  auto table = std::make_shared<Parameter>();
  table->name = "mask";
  table->shape = {8};
  table->trainable = false;
  const Value mask = s.graph->constant(table, {}, "mask");
  s.graph->begin_block("body");
  const Value y = s.relu(s.apply("add", {x, mask}));
  s.graph->end_block();
  s.graph->use({Use::Kind::output, s.apply("mul", {s.apply("sub", {y, mask}), mask}), "out"});
  return std::move(s.graph);
}

std::vector<int> marks_of(const Diagram& diagram) {
  std::vector<int> marks;
  for (size_t i = 0; i < diagram.boxes.size(); ++i)
    if (diagram.boxes[i].mark) marks.push_back(static_cast<int>(i));
  return marks;
}

TEST(PutAsideTest, EachNeighbourHasAMarkInItsOwnFrame) {
  const Diagram diagram = make_diagram(*masked(), {.aside = {"constants"}});
  ASSERT_EQ(diagram.helpers.size(), 1u);
  EXPECT_EQ(diagram.helpers[0].letter, "A");
  EXPECT_EQ(diagram.helpers[0].box.note, "mask");
  EXPECT_EQ(diagram.helpers[0].shape, "8");
  EXPECT_EQ(diagram.helpers[0].neighbours, 3);
  std::vector<std::string> neighbours;
  for (int mark : marks_of(diagram)) {
    EXPECT_EQ(diagram.boxes[static_cast<size_t>(mark)].symbol, "A");
    for (const DiagramValue& value : diagram.values)
      if (value.source == mark)
        for (const DiagramReader& reader : value.readers) {
          const DiagramBox& box = diagram.boxes[static_cast<size_t>(reader.box)];
          EXPECT_EQ(box.parent, diagram.boxes[static_cast<size_t>(mark)].parent);
          EXPECT_EQ(reader.port, 1);
          neighbours.push_back(box.path);
        }
  }
  EXPECT_THAT(neighbours, ElementsAre("body/add", "sub", "mul"));
}

TEST(PutAsideTest, WhatAHelperReadsEndsInAMarkToo) {
  const Diagram diagram = make_diagram(*test::digits(), {.aside = {"losses", "labels"}});
  EXPECT_EQ(diagram.helpers.size(), 2u);
  for (const DiagramBox& box : diagram.boxes)
    EXPECT_TRUE(box.mark || (box.category != Category::loss && box.kind != DiagramBox::Kind::label));
  EXPECT_EQ(marks_of(diagram).size(), 1u) << "a line from one helper to another needs no mark";
}

TEST(PutAsideTest, NothingHappensUnlessAskedFor) {
  const Diagram diagram = make_diagram(*masked(), {});
  EXPECT_TRUE(diagram.helpers.empty());
  EXPECT_TRUE(marks_of(diagram).empty());
}

TEST(PutAsideTest, RefusesWhatFitsNothing) {
  try {
    make_diagram(*masked(), {.aside = {"maks"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(),
                HasSubstr("aside: nothing that is drawn as one box fits 'maks' (did you mean 'mask'?)"));
  }
  EXPECT_EQ(make_diagram(*masked(), {.aside = {"losses"}}).helpers.size(), 0u) << "a word may fit nothing";
}

TEST(PutAsideTest, WhatLiesInABlockThatIsShutStaysThere) {
  const Diagram diagram = make_diagram(*masked(), {.collapse = {"body"}, .aside = {"body/add"}});
  EXPECT_TRUE(diagram.helpers.empty());
  EXPECT_THROW(make_diagram(*masked(), {.collapse = {"body"}, .aside = {"body/mul"}}), Error);
}

TEST(PutAsideTest, WhatListsNothingRefusesIt) {
  EXPECT_THROW(render(*masked(), {.format = "dot", .aside = {"mask"}}), Error);
  EXPECT_THROW(render(*masked(), {.style = "volume", .aside = {"mask"}}), Error);
  EXPECT_NO_THROW(render(*masked(), {.format = "svg", .aside = {"mask"}}));
}

TEST(PutAsideTest, TheDrawingListsThem) {
  const std::string text = render(*masked(), {.format = "tikz", .aside = {"mask"}});
  EXPECT_THAT(text, HasSubstr("at 3 boxes"));
  EXPECT_THAT(layout_json(*masked(), {.aside = {"mask"}}), HasSubstr(R"("mark":true)"));
}

}  // namespace
}  // namespace orrery
