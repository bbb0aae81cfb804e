#include "runtime/codegen/python_lines.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(PythonLinesTest, AStatementOf88ColumnsStaysALine) {
  const std::string call = "self.norm = " + std::string(75, 'f');
  EXPECT_EQ(python_statement(call.substr(0, 84) + "(1)", 0), call.substr(0, 84) + "(1)\n");
  const std::string just = "x = " + std::string(81, 'f') + "(1)";
  ASSERT_EQ(just.size(), 88U);
  EXPECT_EQ(python_statement(just, 0), just + "\n");
  EXPECT_EQ(python_statement(just, 1), "    x = " + std::string(81, 'f') + "(\n        1\n    )\n");
}

TEST(PythonLinesTest, WhatStandsInBracketsGetsALineOfItsOwn) {
  const std::string statement =
      "self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)";
  EXPECT_EQ(python_statement(statement, 2),
            "        self.conv2 = nn.Conv2d(\n"
            "            out_channels, out_channels, kernel_size=3, padding=1, bias=False\n"
            "        )\n");
}

TEST(PythonLinesTest, WhatIsTooLongForThatHasAnItemALine) {
  const std::string item(40, 'i');
  EXPECT_EQ(python_statement("f(" + item + ", " + item + ", g(1, 2))", 0),
            "f(\n    " + item + ",\n    " + item + ",\n    g(1, 2),\n)\n");
}

TEST(PythonLinesTest, ItemsThatAreTooLongArePartedToo) {
  const std::string item(55, 'i'), shorter(50, 'i');
  EXPECT_EQ(python_statement("f(first(" + item + ", b), second(" + shorter + ", d))", 5),
            "                    f(\n"
            "                        first(\n"
            "                            " +
                item +
                ", b\n"
                "                        ),\n"
                "                        second(" +
                shorter +
                ", d),\n"
                "                    )\n");
}

// The comma behind an item needs a column, too.
TEST(PythonLinesTest, AnItemOf83ColumnsFitsAndOneOf84DoesNot) {
  const std::string fits = "g(" + std::string(80, 'i') + ")", long_one = "g(" + std::string(81, 'i') + ")";
  EXPECT_EQ(python_statement("f(" + fits + ", b)", 0), "f(\n    " + fits + ",\n    b,\n)\n");
  EXPECT_EQ(python_statement("f(" + long_one + ", b)", 0),
            "f(\n    g(\n        " + std::string(81, 'i') + ",\n    ),\n    b,\n)\n");
}

TEST(PythonLinesTest, BracketsAndCommasWithinTextsAreText) {
  const std::string text = "\"a, (b\\\" " + std::string(60, '.') + "\"";
  EXPECT_EQ(python_statement("f(" + text + ", " + text + ")", 0),
            "f(\n    " + text + ",\n    " + text + ",\n)\n");
}

TEST(PythonLinesTest, ADefinitionEndsWithItsColon) {
  const std::string name(50, 'n');
  EXPECT_EQ(python_statement("def f(" + name + ", " + name + "):", 0),
            "def f(\n    " + name + ",\n    " + name + ",\n):\n");
}

TEST(PythonLinesTest, WithoutBracketsAtItsEndItStaysALine) {
  const std::string sum = "x = f(1) + " + std::string(90, 'y');
  EXPECT_EQ(python_statement(sum, 0), sum + "\n");
  const std::string nothing = "x = " + std::string(90, 'f') + "()";
  EXPECT_EQ(python_statement(nothing, 0), nothing + "\n");
}

TEST(PythonLinesTest, OfACallOfACallTheFirstIsPartedWhereItIsTooLong) {
  EXPECT_EQ(python_statement("x = layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-05, "
                             "name=\"features-norm1\")(x)",
                             1),
            "    x = layers.BatchNormalization(\n"
            "        axis=1, momentum=0.9, epsilon=1e-05, name=\"features-norm1\"\n"
            "    )(x)\n");
  EXPECT_EQ(python_statement("x = layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-05, "
                             "name=\"a1234567\")(x)",
                             1),
            "    x = layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-05, name=\"a1234567\")(\n"
            "        x\n"
            "    )\n");
}

}  // namespace
}  // namespace orrery
