#include <gtest/gtest.h>

#include "runtime/governors/csv_columns.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");

class CsvTypesTest : public testing::Test {
 protected:
  DataSource open(TextLists lists, Given given = {}) {
    given.push_back({"path", path_});
    return open_source("csv", given, {.lists = std::move(lists)});
  }
  std::string refusal(TextLists lists, const Given& given = {}, Fault fault = Fault::usage) {
    return error_of(fault, [&] { open(std::move(lists), given); });
  }

  TemporaryFolder folder_;
  std::string path_ =
      folder_.put("a.tsv", "id\tlength\tcolour\tkind\n7\t1.5\tred\tcat\n8\t2\tblue\tdog\n9\t3\tred\tcat\n");
};

TEST_F(CsvTypesTest, ColumnsOfWholeNumbersAndCategoriesAreFieldsOfTheirOwn) {
  const DataSource source =
      open({{"columns", {"length", "id", "colour"}}, {"types", {"float32", "int64", "category"}}});
  ASSERT_EQ(source.fields.size(), 3u);
  EXPECT_EQ(source.fields[0].type, (TensorType{{N, 1}, DType::float32}));
  EXPECT_EQ(source.fields[1].name, "id");
  EXPECT_EQ(source.fields[2].type, (TensorType{{N}, DType::int64}));
  EXPECT_EQ(source.length, 3);
}

TEST_F(CsvTypesTest, ALabelOfTextsNamesTheClasses) {
  const DataSource source =
      open({{"columns", {"length", "kind"}}, {"types", {"float32", "category"}}}, {{"label", "kind"}});
  EXPECT_EQ(source.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(source.fields[1].name, "label");
  EXPECT_TRUE(source.fields[1].label);
}

TEST_F(CsvTypesTest, ColumnsThatAreNotReadMayHoldAnything) {
  EXPECT_EQ(open({{"columns", {"length"}}}).fields[0].type.shape, (Shape{N, 1}));
  EXPECT_NE(refusal({}, {}, Fault::input_file).find("'red' is not a number"), std::string::npos);
}

TEST_F(CsvTypesTest, OptionsThatDoNotFitAreTold) {
  EXPECT_EQ(refusal({{"types", {"int64"}}}), "train.lua:5: types has no meaning without columns");
  EXPECT_EQ(refusal({{"columns", {"id", "length"}}, {"types", {"int64"}}}),
            "train.lua:5: types has 1 entries and columns has 2");
  EXPECT_NE(refusal({{"columns", {"id"}}, {"types", {"categry"}}}).find("(did you mean 'category'?)"),
            std::string::npos);
  EXPECT_EQ(refusal({{"columns", {"lenght"}}}),
            "train.lua:5: there is no column 'lenght' (did you mean 'length'?)");
  EXPECT_EQ(refusal({{"columns", {"id", "0"}}}), "train.lua:5: columns has '0' twice");
}

TEST(CsvCategoryTest, NumbersFollowTheAlphabet) {
  const CsvCategory category = csv_category({"red", "blue", "green"});
  EXPECT_EQ(category.texts, (std::vector<std::string>{"blue", "green", "red"}));
  EXPECT_EQ(category.rank, (std::vector<std::int64_t>{2, 0, 1}));
}

}  // namespace
}  // namespace orrery
