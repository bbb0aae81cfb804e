#include "runtime/formats/data_listing.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/image_storage.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/gzipped.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string data_fixture(const std::string& name) { return in_source("tests/formats/fixtures/data/" + name); }

const std::string kLabels("\0\0\x08\x01\0\0\0\x03\x07\x02\x01", 11);

TEST(DataListingTest, TellsTheColumnsOfATable) {
  const TemporaryFolder folder;
  const auto listing = list_data_file(folder.put("t.csv", "kind,size\ncat,1\ndog,4\n,9\n"));
  ASSERT_TRUE(listing.has_value());
  EXPECT_EQ(listing->kind, "CSV table");
  EXPECT_EQ(listing->file_bytes, 25u);
  ASSERT_EQ(listing->parts.size(), 2u);
  EXPECT_EQ(listing->parts[0].type, "category");
  EXPECT_EQ(listing->parts[0].remark, "2 texts: 'cat', 'dog'; 1 empty");
  EXPECT_EQ(listing->parts[1].type, "int64");
  EXPECT_EQ(listing->parts[1].remark, "1 to 9");
  EXPECT_THAT(listing->parts[1].shape, ElementsAre(3));
  EXPECT_THAT(listing->notes,
              ElementsAre(std::pair("rows", "3"), std::pair("columns", "2"), std::pair("delimiter", "comma"),
                          std::pair("header", "the first row")));
}

TEST(DataListingTest, TakesATextForATableByItsNameOrByItsFirstLine) {
  const TemporaryFolder folder;
  EXPECT_TRUE(list_data_file(folder.put("one.csv", "1\n2\n")));
  EXPECT_TRUE(list_data_file(folder.put("plain", "1;2\n3;4\n")));
  EXPECT_TRUE(list_data_file(folder.put("t.tsv.gz", gzipped("1\t2\n"))));
  EXPECT_FALSE(list_data_file(folder.put("words", "a text\nof two lines\n")));
  EXPECT_FALSE(list_data_file(folder.put("index.json", "{\"weight_map\": {\"a\": \"b\", \"c\": \"d\"}}")));
  EXPECT_FALSE(list_data_file(folder.put("zeros", std::string("1,2\n\0", 5))));
}

TEST(DataListingTest, TellsTypeAndDimensionsOfAnIdxArrayPlainAndPacked) {
  const TemporaryFolder folder;
  for (const auto& [bytes, kind] :
       std::map<std::string, std::string>{{kLabels, "IDX array"}, {gzipped(kLabels), "IDX array, gzip"}}) {
    const auto listing = list_data_file(folder.put("labels", bytes));
    ASSERT_TRUE(listing.has_value());
    EXPECT_EQ(listing->kind, kind);
    EXPECT_EQ(listing->parts.at(0).type, "uint8");
    EXPECT_THAT(listing->parts[0].shape, ElementsAre(3));
    EXPECT_EQ(listing->parts[0].bytes, 3u);
  }
}

TEST(DataListingTest, TellsHowPicturesAreStored) {
  struct Case {
    std::string name, kind, type, remark;
    std::int64_t channels;
  };
  for (const Case& c : {Case{"rgb.png", "PNG image", "uint8", "RGB", 3},
                        Case{"deep.png", "PNG image", "uint16", "grey of 16 bits", 1},
                        Case{"bits.png", "PNG image", "uint8", "grey of 1 bit", 1},
                        Case{"palette.png", "PNG image", "uint8", "palette of 4 bits", 1},
                        Case{"interlaced.png", "PNG image", "uint8", "RGB, interlaced", 3},
                        Case{"transparent.png", "PNG image", "uint8", "RGBA", 4},
                        Case{"rgb.jpg", "JPEG image", "uint8", "colour", 3},
                        Case{"progressive.jpg", "JPEG image", "uint8", "colour, progressive", 3},
                        Case{"cmyk.jpg", "JPEG image", "uint8", "CMYK", 4},
                        Case{"grey.jpg", "JPEG image", "uint8", "grey", 1}}) {
    const auto listing = list_data_file(data_fixture(c.name));
    ASSERT_TRUE(listing.has_value()) << c.name;
    const DataPart& part = listing->parts.at(0);
    EXPECT_EQ(listing->kind, c.kind) << c.name;
    EXPECT_EQ(part.type, c.type) << c.name;
    EXPECT_EQ(part.remark, c.remark) << c.name;
    ASSERT_EQ(part.shape.size(), 3u);
    EXPECT_EQ(part.shape[2], c.channels) << c.name;
    EXPECT_EQ(part.shape[1], read_image_storage(data_fixture(c.name)).width);
  }
}

TEST(DataListingTest, LeavesWeightsToTheirReaders) {
  for (const std::string name : {"stored.npz", "float32.npy"})
    EXPECT_FALSE(list_data_file(data_fixture(name))) << name;
  EXPECT_FALSE(list_data_file(in_source("tests/formats/fixtures/pt/state.pt")));
  EXPECT_FALSE(list_data_file(in_source("tests/formats/fixtures/pt/model.safetensors.index.json")));
}

TEST(DataListingTest, RefusesDamagedFilesOfItsKinds) {
  const TemporaryFolder folder;
  const auto refusal = [](const std::string& path) {
    return error_of(Fault::input_file, [&] { list_data_file(path); });
  };
  EXPECT_THAT(refusal(folder.put("labels", kLabels.substr(0, 10))), HasSubstr("labels'"));
  EXPECT_THAT(refusal(folder.put("t.csv", "1,2\n3\n")), HasSubstr("line 2"));
  const std::string png = content_of(data_fixture("rgb.png"));
  EXPECT_THAT(refusal(folder.put("a.png", png.substr(0, 20))), HasSubstr("it has no PNG header"));
  EXPECT_THAT(refusal(folder.put("b.png", std::string(png).replace(25, 1, "\7"))),
              HasSubstr("a PNG has no colours of type 7"));
  EXPECT_THAT(refusal(folder / "nothing"), HasSubstr("there is no such file"));
}

}  // namespace
}  // namespace orrery
