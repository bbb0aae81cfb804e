#include "runtime/formats/npz.h"

#include <cstring>

#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/archives.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

const std::string kFixtures = in_source("tests/formats/fixtures/data/");

std::string refusal(const std::string& content) {
  const TemporaryFolder folder;
  const std::string path = folder.put("a.npz", content);
  return error_of(Fault::input_file, [&] {
    const NpzReader file(path);
    for (const auto& array : file.arrays()) file.read(array);
  });
}

TEST(NpzTest, ReadsStoredAndDeflatedArrays) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const NpzReader file(kFixtures + name);
    ASSERT_EQ(file.arrays().size(), 2u);
    EXPECT_EQ(file.arrays()[0].name, "label");
    EXPECT_EQ(file.arrays()[1].header.dims, (std::vector<std::int64_t>{2, 3, 4}));
    const NpyArray image = file.read(file.arrays()[1]);
    float last = 0;
    std::memcpy(&last, image.values.data() + 23 * 4, 4);
    EXPECT_EQ(last, 23 / 4.0f);
  }
}

TEST(NpzTest, EveryDamageIsToldOrHarmless) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const TemporaryFolder folder;
    const std::string seed = content_of(kFixtures + name);
    accepted_mutations(seed, [&](const std::string& bytes) {
      const NpzReader file(folder.put("a.npz", bytes));
      for (const auto& array : file.arrays()) file.read(array);
    });
  }
}

TEST(NpzTest, AMemberThatIsNoArrayIsNamed) {
  EXPECT_NE(refusal(archive({{"readme.txt", "hello"}})).find("its member 'readme.txt' is no .npy file"),
            std::string::npos);
}

TEST(ZipTest, ReadsAnArchiveBehindOtherBytesOnlyWhereItsDirectorySaysSo) {
  const TemporaryFolder folder;
  const ZipReader zip(folder.put("a.zip", archive({{"a", "", 0}, {"b/c", "", 0}}, "prefix")));
  ASSERT_EQ(zip.entries().size(), 2u);
  EXPECT_EQ(zip.entries()[1].name, "b/c");
  EXPECT_TRUE(zip.read(zip.entries()[0]).empty());
}

TEST(ZipTest, RefusesWhatTheDirectoryLiesAbout) {
  const std::string good = archive({{"a.npy", "xy", 0}, {"b.npy", "z", 0}});
  const auto with = [&](size_t place, const std::string& bytes) {
    std::string changed = good;
    changed.replace(place, bytes.size(), bytes);
    return refusal(changed);
  };
  const size_t end = good.size() - 22, directory = end - 2 * (46 + 5);
  EXPECT_NE(with(end + 12, little(0xFFFFFF, 4)).find("does not lie within it"), std::string::npos);
  EXPECT_NE(with(end + 10, little(9000, 2)).find("does not lie within it"), std::string::npos);
  EXPECT_NE(with(directory + 42, little(5, 4)).find("a member is not where the directory says"),
            std::string::npos);
  EXPECT_NE(with(directory + 24, little(500, 4)).find("a stored member has two sizes"), std::string::npos);
  EXPECT_NE(with(directory + 20, little(60000, 4) + little(60000, 4)).find("a member lies outside of it"),
            std::string::npos);
  EXPECT_NE(with(directory + 51 + 42, little(0, 4)).find("overlap"), std::string::npos);
}

TEST(ZipTest, RefusesEncryptedOtherwiseCompressedAndDoubleMembers) {
  EXPECT_NE(refusal(archive({{"a.npy", "x", 0, 1}})).find("its member 'a.npy' is encrypted"),
            std::string::npos);
  EXPECT_NE(refusal(archive({{"a.npy", "x", 0, 0, 14}})).find("compressed by method 14"), std::string::npos);
  EXPECT_NE(refusal(archive({{"a.npy", "x"}, {"a.npy", "y"}})).find("two members are called 'a.npy'"),
            std::string::npos);
}

TEST(ZipTest, RefusesAWrongChecksum) {
  const TemporaryFolder folder;
  const ZipReader zip(folder.put("a.zip", archive({{"a", "x", 1}})));
  EXPECT_NE(error_of(Fault::input_file, [&] { zip.read(zip.entries()[0]); }).find("its checksum differs"),
            std::string::npos);
}

TEST(ZipTest, ABombIsRefusedBeforeMemoryIsTaken) {
  std::string bomb = archive({{"a.npy", "xy", 0, 0, 8}});
  bomb.replace(bomb.size() - 22 - 51 + 24, 4, little(0xFFFFFFF0, 4));
  EXPECT_NE(refusal(bomb).find("damaged"), std::string::npos);
  const TemporaryFolder folder;
  const ZipReader zip(folder.put("a.zip", bomb));
  EXPECT_NE(error_of(Fault::input_file, [&] { zip.read(zip.entries()[0]); })
                .find("2 bytes cannot inflate to 4.3 GB"),
            std::string::npos);
}

TEST(ZipTest, OtherFilesAreNamed) {
  EXPECT_NE(refusal("<html>").find("is not a zip archive but a web page"), std::string::npos);
  EXPECT_NE(refusal("").find("an empty file"), std::string::npos);
  const std::string seed = content_of(kFixtures + "stored.npz");
  EXPECT_NE(refusal(seed.substr(0, seed.size() - 30)).find("as after a download that was cut off"),
            std::string::npos);
}

}  // namespace
}  // namespace orrery
