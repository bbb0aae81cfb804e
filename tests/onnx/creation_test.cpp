#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

using Ints = std::vector<std::int64_t>;

// The first numbers of a constant, which a graph without operations passes on.
std::vector<float> numbers_in(const Graph& graph) {
  const Bytes bytes = graph.uses().at(0).value.node->inputs().at(0).leaf()->first->read();
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

TEST(OnnxCreationTest, ARangeMayEndAtASizeThatOnlyTheDataTell) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).integers("zero", {}, {0}).integers("one", {}, {1}).integers("at", {}, {0});
  model.node("Shape", {"x"}, {"s"}).node("Gather", {"s", "at"}, {"n"});
  const auto graph = imported(model, "Range", {"zero", "n", "one"});
  EXPECT_EQ(result_in(*graph), "int64 (N)");
}

TEST(OnnxCreationTest, ARangeOfRealNumbersIsWorkedOut) {
  OnnxBuilder model;
  model.floats("from", {}, {1}).floats("to", {}, {2}).floats("by", {}, {0.25F});
  EXPECT_EQ(numbers_in(*imported(model, "Range", {"from", "to", "by"})),
            (std::vector<float>{1, 1.25F, 1.5F, 1.75F}));
}

TEST(OnnxCreationTest, EyeLikeTakesSizesFromItsInputAndADiagonal) {
  OnnxBuilder model, above;
  model.input("x", {"N", "3"}, OnnxDType::int32);
  const auto eye = imported(model, "EyeLike", {"x"}, {attribute("dtype", std::int64_t{11})});
  EXPECT_EQ(operations_in(*eye), "eye");
  EXPECT_EQ(result_in(*eye), "float64 (N, 3)");
  above.input("x", {"4", "5"});
  const auto shifted = imported(above, "EyeLike", {"x"}, {attribute("k", std::int64_t{1})});
  EXPECT_EQ(operations_in(*shifted), "arange, unsqueeze, add, arange, eq, to");
}

TEST(OnnxCreationTest, PeriodicWindowsAreCutFromOneThatIsLonger) {
  OnnxBuilder periodic, symmetric;
  periodic.integers("n", {}, {4});
  EXPECT_EQ(numbers_in(*imported(periodic, "HannWindow", {"n"})), (std::vector<float>{0, 0.5F, 1, 0.5F}));
  symmetric.integers("n", {}, {3});
  EXPECT_EQ(numbers_in(*imported(symmetric, "HannWindow", {"n"}, {attribute("periodic", std::int64_t{0})})),
            (std::vector<float>{0, 1, 0}));
}

TEST(OnnxCreationTest, OtherWindowsHaveOtherEnds) {
  OnnxBuilder hamming, blackman;
  hamming.integers("n", {}, {2});
  EXPECT_NEAR(numbers_in(*imported(hamming, "HammingWindow", {"n"}))[0], 4.0 / 46, 1e-7);
  blackman.integers("n", {}, {2});
  EXPECT_NEAR(numbers_in(*imported(blackman, "BlackmanWindow", {"n"}))[1], 1, 1e-7);
}

TEST(OnnxCreationTest, AWindowsSizeMustBeKnown) {
  OnnxBuilder model;
  model.input("n", {"1"}, OnnxDType::int64);
  EXPECT_NE(refusal_of(model, "HannWindow", {"n"}).find("values = { ['n'] = {…} }"), std::string::npos);
}

TEST(OnnxCreationTest, RandomNumbersAreScaledAndShifted) {
  OnnxBuilder normal, uniform, like;
  EXPECT_EQ(operations_in(*imported(normal, "RandomNormal", {},
                                    {attribute("shape", Ints{2, 3}), attribute("scale", 2.0)})),
            "randn, mul");
  const auto between = imported(uniform, "RandomUniform", {},
                                {attribute("shape", Ints{4}), attribute("low", 1.0), attribute("high", 4.0)});
  EXPECT_EQ(operations_in(*between), "rand, mul, add");
  EXPECT_EQ(option_of(*between, "mul", "other"), "3");
  like.input("x", {"N", "3"}, OnnxDType::int32);
  EXPECT_EQ(result_in(*imported(like, "RandomUniformLike", {"x"}, {attribute("dtype", std::int64_t{11})})),
            "float64 (N, 3)");
}

TEST(OnnxCreationTest, DrawsHaveTheDtypeThatIsAskedFor) {
  OnnxBuilder coins, classes;
  coins.input("p", {"N"});
  EXPECT_EQ(result_in(*imported(coins, "Bernoulli", {"p"}, {attribute("dtype", std::int64_t{9})})),
            "bool (N)");
  classes.input("x", {"N", "5"});
  const auto drawn = imported(classes, "Multinomial", {"x"}, {attribute("sample_size", std::int64_t{7})});
  EXPECT_EQ(operations_in(*drawn), "softmax, multinomial, to");
  EXPECT_EQ(result_in(*drawn), "int32 (N, 7)");
}

}  // namespace
}  // namespace orrery::testing
