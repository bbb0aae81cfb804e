#include "runtime/files/file_watch.h"

#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr milliseconds kNone{0};
constexpr milliseconds kLong{60'000};

TEST(FileWatchTest, TellsWhatIsWrittenOnceAndByTheNameThatWasGiven) {
  const TemporaryFolder folder;
  const std::string model = folder.put("model.lua", "1"), other = folder.put("other.lua", "1");
  FileWatch watch;
  EXPECT_TRUE(watch.add(model));
  EXPECT_TRUE(watch.add(model));
  EXPECT_THAT(watch.wait(kNone), IsEmpty());
  folder.put("other.lua", "2");
  EXPECT_THAT(watch.wait(kNone), IsEmpty());
  folder.put("model.lua", "2");
  folder.put("model.lua", "3");
  EXPECT_THAT(watch.wait(kLong), ElementsAre(model));
  EXPECT_THAT(watch.wait(kNone), IsEmpty());
}

TEST(FileWatchTest, GoesOnAfterAnotherFileWasRenamedOverIt) {
  const TemporaryFolder folder;
  const std::string model = folder.put("model.lua", "1");
  FileWatch watch;
  watch.add(model);
  for (int save = 0; save < 2; ++save) {
    const std::string fresh = folder.put("model.lua.new", "2");
    ASSERT_EQ(std::rename(fresh.c_str(), model.c_str()), 0);
    EXPECT_THAT(watch.wait(kLong), ElementsAre(model));
  }
}

TEST(FileWatchTest, WaitsForAFileThatIsNotThereYet) {
  const TemporaryFolder folder;
  FileWatch watch;
  EXPECT_FALSE(watch.add(folder / "parts/block.lua"));
  std::filesystem::create_directory(folder / "parts");
  EXPECT_TRUE(watch.add(folder / "parts/block.lua"));
  const std::string block = folder.put("parts/block.lua", "1");
  EXPECT_THAT(watch.wait(kLong), ElementsAre(block));
}

TEST(FileWatchTest, WatchesWhatALinkLeadsTo) {
  const TemporaryFolder folder, target;
  const std::string model = folder / "model.lua";
  std::filesystem::create_symlink(target.put("model.lua", "1"), model);
  FileWatch watch;
  EXPECT_TRUE(watch.add(model));
  target.put("model.lua", "2");
  EXPECT_THAT(watch.wait(kLong), ElementsAre(model));
}

TEST(FileWatchTest, AStampIsAnotherAfterEachSave) {
  const TemporaryFolder folder;
  const std::string model = folder / "model.lua";
  EXPECT_EQ(stamp_of(model), "");
  folder.put("model.lua", "1");
  const std::string first = stamp_of(model);
  EXPECT_EQ(stamp_of(model), first);
  folder.put("model.lua", "12");
  EXPECT_NE(stamp_of(model), first);
}

}  // namespace
}  // namespace orrery
