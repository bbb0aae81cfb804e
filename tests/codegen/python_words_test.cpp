#include "runtime/codegen/python_words.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(PythonWordsTest, NamesAreLettersDigitsAndNoKeyword) {
  for (const char* name : {"x", "_", "conv1", "__init__", "None_", "match"})
    EXPECT_TRUE(is_python_name(name)) << name;
  for (const char* name : {"", "0", "1x", "a-b", "a.b", "lambda", "None", "é", "a b", "x\n"})
    EXPECT_FALSE(is_python_name(name)) << name;
}

TEST(PythonWordsTest, WholeNumbersAreDigitsAlone) {
  for (const char* text : {"0", "12"}) EXPECT_TRUE(is_whole_number(text)) << text;
  for (const char* text : {"", "-1", "1a", "1.0"}) EXPECT_FALSE(is_whole_number(text)) << text;
}

TEST(PythonWordsTest, WhateverANameIsAPythonNameIsNear) {
  EXPECT_EQ(python_name("conv1"), "conv1");
  EXPECT_EQ(python_name("layer-1"), "layer_1");
  EXPECT_EQ(python_name("0"), "_0");
  EXPECT_EQ(python_name("lambda"), "lambda_");
  EXPECT_EQ(python_name(""), "x");
  EXPECT_EQ(python_name("x\");import os"), "x___import_os");
}

TEST(PythonWordsTest, ClassesAreCalledInCamelCase) {
  EXPECT_EQ(python_class_name("basic_block"), "BasicBlock");
  EXPECT_EQ(python_class_name("layer1"), "Layer1");
  EXPECT_EQ(python_class_name("0"), "Block0");
  EXPECT_EQ(python_class_name("none"), "None_");
}

TEST(PythonWordsTest, TextsReadAsTheyAre) {
  EXPECT_EQ(python_text("a \"b\" \\ c"), R"("a \"b\" \\ c")");
  EXPECT_EQ(python_text("a\nb\t"), R"("a\x0ab\x09")");
  EXPECT_EQ(python_text("é"), "\"é\"");
}

TEST(PythonWordsTest, NumbersReadAsTheyAre) {
  EXPECT_EQ(python_value(0.5), "0.5");
  EXPECT_EQ(python_value(2.0), "2.0");
  EXPECT_EQ(python_value(1e-5), "1e-05");
  EXPECT_EQ(python_value(std::int64_t{2}), "2");
  EXPECT_EQ(python_value(std::numeric_limits<double>::infinity()), "float(\"inf\")");
  EXPECT_EQ(python_value(-std::numeric_limits<double>::infinity()), "float(\"-inf\")");
  EXPECT_EQ(python_value(std::nan("")), "float(\"nan\")");
}

TEST(PythonWordsTest, ListsAreTuplesAndEqualSizesOneNumber) {
  EXPECT_EQ(python_value(std::vector<std::int64_t>{1, 2}), "(1, 2)");
  EXPECT_EQ(python_value(std::vector<std::int64_t>{1}), "(1,)");
  EXPECT_EQ(python_value(std::vector<std::int64_t>{}), "()");
  EXPECT_EQ(python_value(std::vector<std::int64_t>{3, 3}, true), "3");
  EXPECT_EQ(python_value(std::vector<std::int64_t>{3, 1}, true), "(3, 1)");
  EXPECT_EQ(python_value(std::vector<double>{0.9, 0.999}), "(0.9, 0.999)");
}

TEST(PythonWordsTest, OtherValuesAreThoseOfPyTorch) {
  EXPECT_EQ(python_value(true), "True");
  EXPECT_EQ(python_value(std::monostate{}), "None");
  EXPECT_EQ(python_value(DType::float16), "torch.float16");
  EXPECT_EQ(python_value(std::string("same")), "\"same\"");
}

TEST(PythonWordsTest, NamesThatAreTakenGetANumber) {
  PythonNames names({"self"});
  EXPECT_EQ(names.add("x"), "x");
  EXPECT_EQ(names.add("x"), "x_2");
  EXPECT_EQ(names.add("x"), "x_3");
  EXPECT_EQ(names.add("self"), "self_2");
}

}  // namespace
}  // namespace orrery
