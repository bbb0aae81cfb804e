#include "runtime/formats/csv.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/gzipped.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CsvTable<double> read(std::string_view text, const CsvOptions& options = {}) {
  return parse_csv<double>(text, "'t.csv'", options);
}

std::string refusal(std::string_view text, const CsvOptions& options = {}) {
  return error_of(Fault::input_file, [&] { read(text, options); });
}

TEST(CsvTest, ReadsRowsOfNumbers) {
  const auto table = read("1,2.5\n-3,4e2\n");
  EXPECT_EQ(table.rows, 2);
  EXPECT_EQ(table.columns, 2);
  EXPECT_THAT(table.values, ElementsAre(1, 2.5, -3, 400));
  EXPECT_THAT(table.names, ElementsAre("column_1", "column_2"));
}

TEST(CsvTest, TakesAFirstRowWithoutNumbersAsHeader) {
  const auto table = read("width,\"the \"\"height\"\", cm\",\n1,2,3");
  EXPECT_THAT(table.names, ElementsAre("width", "the \"height\", cm", "column_3"));
  EXPECT_THAT(table.values, ElementsAre(1, 2, 3));
}

TEST(CsvTest, DoesAsToldAboutTheHeader) {
  const auto present = read("1,2\n3,4", {.header = CsvOptions::Header::present});
  EXPECT_THAT(present.names, ElementsAre("1", "2"));
  EXPECT_THAT(present.values, ElementsAre(3, 4));
  EXPECT_THAT(refusal("a,b\n3,4", {.header = CsvOptions::Header::absent}),
              HasSubstr("line 1: column 1 ('column_1'): 'a' is not a number"));
}

TEST(CsvTest, DoesNotMistakeABadFirstRowForAHeader) {
  EXPECT_THAT(refusal("5.1,x,1.4\n1,2,3"),
              HasSubstr("'t.csv' line 1: column 2 ('column_2'): 'x' is not a number"));
}

TEST(CsvTest, FindsTheDelimiter) {
  EXPECT_EQ(read("1\t2\t3\n").columns, 3);
  EXPECT_EQ(read("1;2;3\n").columns, 3);
  EXPECT_EQ(read("1|2\n").columns, 2);
  EXPECT_EQ(read("\"a,b,c\";x\n1;2").columns, 2);
  EXPECT_EQ(read("7\n8\n").columns, 1);
  EXPECT_EQ(read("1 2\n3 4\n", {.delimiter = ' '}).columns, 2);
}

TEST(CsvTest, TakesWindowsTextMarksBlanksAndBlankLines) {
  const auto table = read(
      "\xEF\xBB\xBF"
      "a,b\r\n\r\n 1 , +2\r\n\"3\",\" 4 \"\r\n  \n\n");
  EXPECT_THAT(table.names, ElementsAre("a", "b"));
  EXPECT_THAT(table.values, ElementsAre(1, 2, 3, 4));
}

TEST(CsvTest, KnowsInfinityNanAndNumbersTooSmall) {
  const auto table = read("inf,-Inf,NaN,1e-400,-1e-400\n");
  EXPECT_TRUE(std::isinf(table.values[0]) && std::isinf(table.values[1]) && std::isnan(table.values[2]));
  EXPECT_EQ(table.values[3], 0);
  EXPECT_TRUE(std::signbit(table.values[4]));
  EXPECT_EQ(parse_csv<float>("1e-60", "'t'").values[0], 0);
}

TEST(CsvTest, RefusesNumbersTooLargeForTheType) {
  EXPECT_THAT(refusal("1\n1e400"),
              HasSubstr("line 2: column 1 ('column_1'): '1e400' is too large for float64"));
  EXPECT_THAT(error_of(Fault::input_file, [] { parse_csv<float>("1e39", "'t'"); }),
              HasSubstr("too large for float32"));
  EXPECT_EQ(parse_csv<double>("1e39", "'t'").values[0], 1e39);
}

TEST(CsvTest, NamesTheBadCell) {
  EXPECT_THAT(refusal("w,h\n1,2\n3,abc\n"),
              HasSubstr("'t.csv' line 3: column 2 ('h'): 'abc' is not a number"));
  EXPECT_THAT(refusal("w,h\n1,2\n3,\n"), HasSubstr("line 3: column 2 ('h'): the cell is empty"));
  EXPECT_THAT(refusal("1,2\n\n3,1.5x"), HasSubstr("line 3: column 2"));
  for (const char* bad : {"0x10", "1,5e", "--1", "+-1", "1e", "nan(1)", "1 2", "\"\"", "1_000", "."}) {
    EXPECT_THAT(refusal(std::string("0;0\n1;") + bad, {.delimiter = ';'}), HasSubstr("line 2: column 2"))
        << bad;
  }
  EXPECT_THAT(refusal("1\n" + std::string(500, 'x')), HasSubstr(std::string(40, 'x') + "'…"));
  EXPECT_THAT(refusal(std::string("1\n2\0\n", 5)), HasSubstr("'2\\x00' is not a number"));
}

TEST(CsvTest, NamesARaggedRow) {
  EXPECT_THAT(refusal("1,2\n3\n"), HasSubstr("'t.csv' line 2: 1 cells, but the first row has 2"));
  EXPECT_THAT(refusal("1,2\n3,4,5\n"), HasSubstr("line 2: 3 cells"));
}

TEST(CsvTest, NamesWrongQuotes) {
  EXPECT_THAT(refusal("1,2\n\"3,4\n"), HasSubstr("line 2: a quote is opened and not closed"));
  EXPECT_THAT(refusal("1,2\n\"3\"x,4\n"), HasSubstr("line 2: there is text behind a closing quote"));
}

TEST(CsvTest, RefusesTwoColumnsOfOneName) {
  EXPECT_THAT(refusal("a,b,a\n1,2,3"), HasSubstr("line 1: two columns are called 'a'"));
}

TEST(CsvTest, RefusesTablesWithoutRows) {
  EXPECT_THAT(refusal(""), HasSubstr("'t.csv' has no rows"));
  EXPECT_THAT(refusal("\r\n\n  "), HasSubstr("has no rows"));
  EXPECT_THAT(refusal("a,b\n"), HasSubstr("has a header but no rows"));
}

TEST(CsvTest, HoldsBothSidesOfTheLineLimit) {
  EXPECT_EQ(read("123\n45678\n", {.max_line_bytes = 5}).rows, 2);
  EXPECT_THAT(refusal("123\n456789\n", {.max_line_bytes = 5}),
              HasSubstr("line 2: it has 6 bytes, more than the 5"));
}

TEST(CsvTest, SaysWhatIsNoTable) {
  EXPECT_THAT(refusal("<html>gone</html>"), HasSubstr("is not a table but a web page"));
  EXPECT_THAT(refusal("PK\3\4xlsx"), HasSubstr("is not a table but a zip archive"));
  EXPECT_THAT(refusal(std::string("\xFF\xFE"
                                  "1\0,\0",
                                  6)),
              HasSubstr("is UTF-16 text; save it as UTF-8"));
}

TEST(CsvTest, SurvivesAnyDamage) {
  const std::string seed = "w,\"h\"\"\"\r\n1,2.5\n\"3\",-4e2\n";
  accepted_mutations(seed, [](const std::string& text) { read(text); });
}

RC_GTEST_PROP(CsvTest, GivesBackEveryNumberThatWasWritten,
              (const std::vector<std::pair<double, double>>& rows)) {
  RC_PRE(!rows.empty());
  std::string text;
  std::vector<double> expected;
  for (const auto& [a, b] : rows) {
    text += fmt::format("{},{}\n", a, b);
    expected.insert(expected.end(), {a, b});
  }
  RC_ASSERT(read(text, {.header = CsvOptions::Header::absent}).values == expected);
}

TEST(CsvFileTest, ReadsPlainAndGzipAlike) {
  const TemporaryFolder folder;
  const std::string text = "a\tb\n1\t2\n";
  for (const std::string& path : {folder.put("t.tsv", text), folder.put("t.tsv.gz", gzipped(text))}) {
    EXPECT_THAT(read_csv<float>(path).values, ElementsAre(1.0f, 2.0f));
  }
  EXPECT_EQ(read_csv<float>(folder / "t.tsv", {.max_bytes = 8}).rows, 1);
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_csv<float>(folder / "t.tsv.gz", {.max_bytes = 7}); }),
              HasSubstr("allowed here"));
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_csv<float>(folder / "none"); }),
              HasSubstr("no such file"));
}

}  // namespace
}  // namespace orrery
