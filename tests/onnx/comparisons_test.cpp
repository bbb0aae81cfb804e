#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

TEST(OnnxComparisonsTest, ResultsAreBooleans) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"Equal", "eq"}, {"Less", "lt"}, {"Greater", "gt"}, {"LessOrEqual", "le"}, {"GreaterOrEqual", "ge"}};
  for (const auto& [name, becomes] : pairs) {
    OnnxBuilder model;
    model.input("a", {"N", "3"}).input("b", {"3"});
    const auto graph = imported(model, name, {"a", "b"});
    EXPECT_EQ(operations_in(*graph), becomes);
    EXPECT_EQ(result_in(*graph), "bool (N, 3)");
  }
}

TEST(OnnxComparisonsTest, AKnownScalarOnTheLeftTurnsTheComparisonRound) {
  OnnxBuilder model;
  model.input("x", {"N"}).floats("zero", {}, {0});
  EXPECT_EQ(operations_in(*imported(model, "Less", {"zero", "x"})), "gt");
}

TEST(OnnxComparisonsTest, LogicIsOfBooleans) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"And", "logical_and"}, {"Or", "logical_or"}, {"Xor", "logical_xor"}};
  for (const auto& [name, becomes] : pairs) {
    OnnxBuilder model;
    model.input("a", {"N"}, OnnxDType::boolean).input("b", {"N"}, OnnxDType::boolean);
    EXPECT_EQ(operations_in(*imported(model, name, {"a", "b"})), becomes);
  }
}

TEST(OnnxComparisonsTest, BitsAreOfIntegers) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"BitwiseAnd", "bitwise_and"}, {"BitwiseOr", "bitwise_or"}, {"BitwiseXor", "bitwise_xor"}};
  for (const auto& [name, becomes] : pairs) {
    OnnxBuilder model(18);
    model.input("a", {"N"}, OnnxDType::int32).input("b", {"N"}, OnnxDType::int32);
    EXPECT_EQ(operations_in(*imported(model, name, {"a", "b"})), becomes);
  }
}

TEST(OnnxComparisonsTest, ADirectionTellsWhereBitsAreShifted) {
  const auto shifted = [](const char* direction) {
    OnnxBuilder model;
    model.input("a", {"N"}, OnnxDType::uint8).input("b", {"N"}, OnnxDType::uint8);
    model.node("BitShift", {"a", "b"}, {"y"}, {attribute("direction", direction)}).output("y");
    return operations_in(*model.import());
  };
  EXPECT_EQ(shifted("LEFT"), "bitwise_left_shift");
  EXPECT_EQ(shifted("RIGHT"), "bitwise_right_shift");
  OnnxBuilder model;
  model.input("a", {"N"}, OnnxDType::uint8).input("b", {"N"}, OnnxDType::uint8);
  EXPECT_EQ(refusal_of(model, "BitShift", {"a", "b"}, {attribute("direction", "UP")}),
            "'test.onnx': node 'y' (BitShift): the attribute 'direction' must be LEFT or RIGHT, got 'UP'");
}

TEST(OnnxComparisonsTest, KnownScalarsOfWhereAreNumbers) {
  OnnxBuilder model;
  model.input("c", {"N"}, OnnxDType::boolean).input("x", {"N"}).floats("zero", {}, {0});
  const auto graph = imported(model, "Where", {"c", "x", "zero"});
  EXPECT_EQ(described(*graph), "where = where(c, x) (N)\n");
  EXPECT_EQ(option_of(*graph, "where", "other"), "0");
}

TEST(OnnxComparisonsTest, OneSideOfWhereTellsTheDtype) {
  OnnxBuilder model;
  model.input("c", {"N"}, OnnxDType::boolean).floats("one", {}, {1}).floats("zero", {}, {0});
  const auto graph = imported(model, "Where", {"c", "one", "zero"});
  EXPECT_EQ(described(*graph), "where = where(c, one) (N)\n");
  EXPECT_EQ(result_in(*graph), "float32 (N)");
}

}  // namespace
}  // namespace orrery::testing
