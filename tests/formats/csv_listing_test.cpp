#include "runtime/formats/csv_listing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Type = CsvColumn::Type;

CsvListing listing_of(std::string_view text) { return list_csv(text, "'t.csv'"); }

TEST(CsvListingTest, TellsTheTypeOfEachColumnAsADataSourceNamesIt) {
  const CsvListing listing = listing_of("id,width,kind,note\n1,2.5,cat,\n-4,3,dog,\n7,1e2,cat,\n");
  EXPECT_EQ(listing.rows, 3);
  EXPECT_TRUE(listing.header);
  ASSERT_EQ(listing.columns.size(), 4u);
  EXPECT_EQ(listing.columns[0].type, Type::int64);
  EXPECT_EQ(listing.columns[0].least, -4);
  EXPECT_EQ(listing.columns[0].most, 7);
  EXPECT_EQ(listing.columns[1].type, Type::float32);
  EXPECT_EQ(listing.columns[1].most, 100);
  EXPECT_EQ(listing.columns[2].type, Type::category);
  EXPECT_THAT(listing.columns[2].texts, ElementsAre("cat", "dog"));
  EXPECT_EQ(listing.columns[3].type, Type::category);
  EXPECT_EQ(listing.columns[3].empty, 3);
  EXPECT_TRUE(listing.columns[3].texts.empty());
}

TEST(CsvListingTest, OneTextAmongNumbersMakesACategoryThatHasThemAll) {
  const CsvListing listing = listing_of("a;b\n1;1\n2;nan\nx;inf\n");
  EXPECT_EQ(listing.delimiter, ';');
  EXPECT_EQ(listing.columns[0].type, Type::category);
  EXPECT_THAT(listing.columns[0].texts, ElementsAre("1", "2", "x"));
  EXPECT_EQ(listing.columns[1].type, Type::float32);
  EXPECT_EQ(listing.columns[1].least, 1) << "of finite numbers";
  EXPECT_EQ(listing.columns[1].most, 1);
  EXPECT_TRUE(listing.columns[1].texts.empty());
}

TEST(CsvListingTest, HoldsBothSidesOfWhatIsAWholeNumber) {
  EXPECT_EQ(listing_of("a\n9223372036854775807").columns[0].type, Type::int64);
  EXPECT_EQ(listing_of("a\n9223372036854775808").columns[0].type, Type::float32);
  EXPECT_EQ(listing_of("a\n\"+3\"").columns[0].type, Type::int64);
  EXPECT_EQ(listing_of("a\n3.0").columns[0].type, Type::float32);
}

TEST(CsvListingTest, KeepsSoManyTextsAndSaysThatThereAreMore) {
  std::string text = "name\n";
  for (std::size_t i = 0; i < kMostTexts; ++i) text += fmt::format("n{}\n", i);
  EXPECT_EQ(listing_of(text).columns[0].texts.size(), kMostTexts);
  EXPECT_FALSE(listing_of(text).columns[0].more_texts);
  EXPECT_TRUE(listing_of(text + "n0\none more\n").columns[0].more_texts);
}

TEST(CsvListingTest, RefusesWhatIsNoTableAsTheReaderDoes) {
  const auto refusal = [](std::string_view text) {
    return error_of(Fault::input_file, [&] { listing_of(text); });
  };
  EXPECT_THAT(refusal("a,b\n1\n"), HasSubstr("'t.csv' line 2: 1 cells, but the first row has 2"));
  EXPECT_THAT(refusal(""), HasSubstr("has no rows"));
  EXPECT_THAT(refusal("a,b\n"), HasSubstr("has a header but no rows"));
  EXPECT_THAT(refusal("a,a\n1,2\n"), HasSubstr("two columns are called 'a'"));
  EXPECT_THAT(refusal("<html><body>"), HasSubstr("is not a table but a web page"));
}

TEST(CsvListingTest, SurvivesAnyDamage) {
  EXPECT_GT(accepted_mutations("a,\"b\"\r\n1,x\n\n-2.5,\"y \"\"z\"\n",
                               [](const std::string& text) { listing_of(text); }),
            0);
}

}  // namespace
}  // namespace orrery
