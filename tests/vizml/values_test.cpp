#include "runtime/vizml/values.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;

TEST(VizmlValuesTest, PythonLiteralsAreRead) {
  const struct {
    const char *text, *its_class;
    AttributeValue value;
  } cases[] = {
      {"3", "int", std::int64_t{3}},
      {" -1 ", "int", std::int64_t{-1}},
      {"0.5", "float", 0.5},
      {"1e-05", "float", 1e-5},
      {"2", "float", 2.0},
      {"True", "bool", true},
      {"false", "bool", false},
      {"mean", "str", std::string("mean")},
      {"'mean'", "str", std::string("mean")},
      {"\"mean\"", "str", std::string("mean")},
      {"(3, 3)", "tuple", Integers{3, 3}},
      {"[3]", "list", Integers{3}},
      {"(3,)", "tuple", Integers{3}},
      {"3, 4", "tuple", Integers{3, 4}},
      {"()", "tuple", Integers{}},
      {"[0.5, 1]", "list", Reals{0.5, 1}},
      {"None", "int", std::monostate{}},
      {"", "str", std::monostate{}},
  };
  for (const auto& each : cases) EXPECT_EQ(vizml_value(each.text, each.its_class), each.value) << each.text;
}

TEST(VizmlValuesTest, TextsOfAnotherClassAreNone) {
  const std::pair<const char*, const char*> cases[] = {
      {"3.5", "int"},       {"three", "int"},    {"99999999999999999999", "int"},
      {"yes", "bool"},      {"1", "bool"},       {"half", "float"},
      {"1e999", "float"},   {"(3, x)", "tuple"}, {"(3, 3", "tuple"},
      {"3)", "tuple"},      {"(3]", "tuple"},    {"3,,4", "list"},
      {"__import__", "int"}};
  for (const auto& [text, its_class] : cases) EXPECT_EQ(vizml_value(text, its_class), std::nullopt) << text;
}

TEST(VizmlValuesTest, WrittenValuesAreReadAgain) {
  const AttributeValue cases[] = {true,
                                  false,
                                  std::int64_t{-7},
                                  0.1,
                                  2.0,
                                  1e-300,
                                  std::string("strong_wolfe"),
                                  Integers{2},
                                  Integers{1, 3, 32, 32},
                                  Reals{0.485, 1}};
  for (const AttributeValue& value : cases)
    EXPECT_EQ(vizml_value(vizml_text(value), vizml_class(value)), value) << vizml_text(value);
  EXPECT_EQ(vizml_text(Integers{2}), "(2,)");
  EXPECT_EQ(vizml_text(2.0), "2.0");
  EXPECT_EQ(vizml_text(std::monostate{}), "None");
}

}  // namespace
}  // namespace orrery
