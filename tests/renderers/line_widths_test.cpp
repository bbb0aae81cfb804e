#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/diagram/passes.h"
#include "renderers/render.h"
#include "renderers/styles/theme.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using test::Sketcher;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Lines of 4, 40 and 400 elements.
std::unique_ptr<Graph> growing() {
  Sketcher s;
  Value x = s.input({{"x", {4}}})[0];
  for (const auto& [in, out] : {std::pair{4, 40}, std::pair{40, 400}})
    x = s.layer("Linear", {{"in_features", std::int64_t{in}}, {"out_features", std::int64_t{out}}}, {x});
  s.graph->use({Use::Kind::output, x, "y"});
  return std::move(s.graph);
}

std::vector<double> weights(const Diagram& diagram) {
  std::vector<double> result;
  for (const DiagramValue& value : diagram.values) result.push_back(value.weight.value_or(-1));
  return result;
}

std::vector<std::string> tick_texts(const Diagram& diagram) {
  std::vector<std::string> result;
  for (const auto& tick : diagram.widths->ticks) result.push_back(tick.text);
  return result;
}

TEST(LineWidthsTest, AreEvenUnlessAskedFor) {
  const Diagram diagram = make_diagram(*growing(), {});
  EXPECT_THAT(weights(diagram), ElementsAre(-1, -1, -1));
  EXPECT_FALSE(diagram.widths);
}

TEST(LineWidthsTest, GrowWithTheLogarithmOfTheSize) {
  const Diagram diagram = make_diagram(*growing(), {.line_width = LineWidth::elements});
  EXPECT_THAT(weights(diagram), ElementsAre(0, ::testing::DoubleNear(0.5, 1e-9), 1));
  EXPECT_THAT(tick_texts(diagram), ElementsAre("4", "40", "400"));
}

TEST(LineWidthsTest, TellBytesOfABatchOfThatSize) {
  const Diagram one = make_diagram(*growing(), {.line_width = LineWidth::bytes});
  EXPECT_THAT(tick_texts(one), ElementsAre("16 B", "160 B", "1.60 kB"));
  const Diagram many = make_diagram(*growing(), {.line_width = LineWidth::bytes, .batch = 10});
  EXPECT_THAT(tick_texts(many), ElementsAre("160 B", "1.60 kB", "16.0 kB"));
  EXPECT_THAT(many.widths->title, HasSubstr("batch of 10"));
}

TEST(LineWidthsTest, OfOneSizeAreAllTheWidest) {
  const auto graph = test::chain(3);
  const Diagram diagram = make_diagram(*graph, {.line_width = LineWidth::bytes});
  for (double weight : weights(diagram)) EXPECT_EQ(weight, 1);
  EXPECT_EQ(diagram.widths->ticks.size(), 1u);
}

TEST(LineWidthsTest, OneLineForSeveralCarriesAllOfThem) {
  const auto build = [] {
    Sketcher s;
    const Value x = s.input({{"x", {4}}})[0];
    s.graph->begin_block("a");
    const Value p = s.relu(x), q = s.relu(x);
    s.graph->end_block();
    s.graph->begin_block("b");
    const Value sum = s.apply("add", {p, q});
    s.graph->end_block();
    s.graph->use({Use::Kind::output, sum, "y"});
    return std::move(s.graph);
  };
  const Diagram diagram = make_diagram(*build(), {.depth = 0, .line_width = LineWidth::elements});
  double most = 0;
  for (const DiagramValue& value : diagram.values) most = std::max(most, value.amount);
  EXPECT_EQ(most, 8);
}

TEST(LineWidthsTest, WiderLinesAreDrawnWider) {
  const Theme theme;
  const double thin = theme.line_of({.weight = 0}, GraphDiff::Kind::same).width;
  const double wide = theme.line_of({.weight = 1}, GraphDiff::Kind::same).width;
  EXPECT_LT(thin, theme.line_width);
  EXPECT_GT(wide, 3 * theme.line_width);
  EXPECT_EQ(theme.line_of({}, GraphDiff::Kind::same).width, theme.line_width);
}

TEST(LineWidthsTest, AreForBoxesAlone) {
  EXPECT_THROW(render(*growing(), {.style = "volume", .line_width = LineWidth::bytes}), Error);
}

}  // namespace
}  // namespace orrery
