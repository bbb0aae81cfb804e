#include "tests/governors/invariants/governed_graph.h"

namespace orrery {
namespace {

using DataFitsInputTest = testing::GovernedGraph;

TEST_F(DataFitsInputTest, DataFitTheInput) {
  manage({.train = random({1, 8, 8}), .validate = random({1, 8, 8})});
  EXPECT_TRUE(check_governors(b_.graph).empty());
  manage({.validate = random({1, 28, 28})});
  const Finding finding = only();
  EXPECT_EQ(finding.code, "data-mismatch");
  EXPECT_EQ(finding.expected, "the field 'image' (N, 1, 8, 8) float32");
  EXPECT_EQ(finding.got, "'image' (N, 1, 28, 28) float32");
}

TEST_F(DataFitsInputTest, DataHaveTheInputsNames) {
  const auto source = random({1, 8, 8});
  source->fields[0].name = "data";
  manage({.validate = source});
  EXPECT_EQ(only().got, "'data' (N, 1, 8, 8) float32");
}

TEST_F(DataFitsInputTest, DataHaveAsManyFieldsAsTheInput) {
  manage({.train = random({1, 8, 8}, {})});
  EXPECT_EQ(only().expected, "2 fields");
}

TEST_F(DataFitsInputTest, DataHaveTheInputsDtype) {
  manage({.train = random({1, 8, 8}, {{"classes", std::int64_t{10}}, {"dtype", "float64"}})});
  EXPECT_EQ(only().got, "'image' (N, 1, 8, 8) float64");
}

}  // namespace
}  // namespace orrery
