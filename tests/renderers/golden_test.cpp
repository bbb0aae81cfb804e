#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "renderers/render.h"
#include "tests/files/places.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

/// Compares a drawing's geometry with what was looked at and found good. After a change that is meant,
/// ORRERY_UPDATE_GOLDENS=1 writes it anew; look at the drawing before committing it.
void expect_golden(const std::string& name, const Graph& graph, const RenderOptions& options = {}) {
  const std::string path = in_source("tests/golden/diagram_") + name + ".json";
  const std::string now = layout_json(graph, options);
  if (std::getenv("ORRERY_UPDATE_GOLDENS")) std::ofstream(path) << now;
  std::ifstream file(path);
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(now, golden.str()) << path;
}

TEST(GoldenDiagramTest, Digits) { expect_golden("digits", *test::digits()); }
TEST(GoldenDiagramTest, DigitsFlowingEastWithParameters) {
  expect_golden("digits_east", *test::digits(), {.parameters = true, .direction = "east"});
}
TEST(GoldenDiagramTest, ResNetWithItsStagesFolded) {
  expect_golden("resnet18_folded", *test::resnet18(), {.depth = 1, .fold = false});
}
TEST(GoldenDiagramTest, ResNetWithItsRepeatsFolded) {
  expect_golden("resnet18_repeats", *test::resnet18(), {.depth = 1});
}
TEST(GoldenDiagramTest, Inception) { expect_golden("inception", *test::inception()); }
TEST(GoldenDiagramTest, DenseBlock) { expect_golden("dense", *test::dense_block(4)); }
TEST(GoldenDiagramTest, Attention) { expect_golden("attention", *test::attention(2)); }
TEST(GoldenDiagramTest, EntangledBlocks) { expect_golden("entangled", *test::entangled()); }
TEST(GoldenDiagramTest, Directions) { expect_golden("directions", *test::directions()); }

}  // namespace
}  // namespace orrery
