#include "runtime/files/atomic_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Larger than the writer's buffer, so that there are several writes.
const std::string kNew = std::string(150'000, 'n') + "end";

void write_in_pieces(const std::string& path, const FileSystem& files = posix_files()) {
  write_atomically(
      path,
      [](AtomicWriter& writer) {
        for (std::size_t at = 0; at < kNew.size(); at += 1000)
          writer.write(std::string_view(kNew).substr(at, 1000));
      },
      files);
}

TEST(AtomicWriterTest, WritesANewFileAndLeavesNothingElse) {
  const TemporaryFolder folder;
  write_in_pieces(folder / "model");
  EXPECT_EQ(content_of(folder / "model"), kNew);
  EXPECT_THAT(list_folder(folder.path()), ElementsAre("model"));
}

TEST(AtomicWriterTest, WritesAnEmptyFile) {
  const TemporaryFolder folder;
  write_atomically(folder / "empty", "");
  EXPECT_TRUE(exists(folder / "empty"));
  EXPECT_EQ(content_of(folder / "empty"), "");
}

TEST(AtomicWriterTest, ShowsNothingUnderTheFinalNameBeforeCommit) {
  const TemporaryFolder folder;
  AtomicWriter writer(folder / "model");
  writer.write(kNew);
  EXPECT_FALSE(exists(folder / "model"));
  EXPECT_EQ(writer.written(), kNew.size());
  writer.commit();
  EXPECT_TRUE(exists(folder / "model"));
}

TEST(AtomicWriterTest, KeepsTheOldFileWhenTheContentCannotBeMade) {
  const TemporaryFolder folder;
  const std::string path = folder.put("model", "old");
  const auto fill = [](AtomicWriter& writer) {
    writer.write(kNew);
    throw std::runtime_error("the content failed");
  };
  EXPECT_THROW(write_atomically(path, fill), std::runtime_error);
  EXPECT_EQ(content_of(path), "old");
  EXPECT_THAT(list_folder(folder.path()), ElementsAre("model"));
}

TEST(AtomicWriterTest, KeepsThePermissionsOfTheFileItReplaces) {
  const TemporaryFolder folder;
  const std::string path = folder.put("model", "old");
  ::chmod(path.c_str(), 0640);
  write_atomically(path, "new");
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
}

TEST(AtomicWriterTest, RefusesAFileThatIsReadOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.put("model", "old");
  ::chmod(path.c_str(), 0444);
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(path, "new"); }), HasSubstr("read-only"));
  EXPECT_EQ(content_of(path), "old");
}

TEST(AtomicWriterTest, FollowsALinkToItsFile) {
  const TemporaryFolder folder;
  ::mkdir((folder / "far").c_str(), 0755);
  folder.put("far/model", "old");
  ASSERT_EQ(::symlink("far/model", (folder / "link").c_str()), 0);
  write_atomically(folder / "link", "new");
  EXPECT_EQ(content_of(folder / "far/model"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
}

TEST(AtomicWriterTest, FollowsALinkToAFileThatIsNotThereYet) {
  const TemporaryFolder folder;
  ASSERT_EQ(::symlink("model", (folder / "link").c_str()), 0);
  write_atomically(folder / "link", "new");
  EXPECT_EQ(content_of(folder / "model"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
}

TEST(AtomicWriterTest, RefusesLinksInACircle) {
  const TemporaryFolder folder;
  ASSERT_EQ(::symlink("b", (folder / "a").c_str()), 0);
  ASSERT_EQ(::symlink("a", (folder / "b").c_str()), 0);
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(folder / "a", "x"); }), HasSubstr("in a circle"));
}

TEST(AtomicWriterTest, RefusesAFolderAMissingFolderAndANameWithNul) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(folder.path(), "x"); }),
              HasSubstr("it is a folder"));
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(folder / "new/", "x"); }),
              HasSubstr("names a folder"));
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(folder / "no/model", "x"); }),
              HasSubstr("there is no such folder"));
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(folder / std::string("a\0b", 3), "x"); }),
              HasSubstr("a\\x00b"));
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically("", "x"); }), HasSubstr("cannot write ''"));
}

TEST(AtomicWriterTest, WritesNamesOfEveryKind) {
  const TemporaryFolder folder;
  for (const std::string& name :
       {std::string("with space"), std::string("new\nline"), std::string("-dash"), std::string("~"),
        std::string("grün"), std::string("\xFF\xFE"), std::string(255, 'x')}) {
    write_atomically(folder / name, name);
    EXPECT_EQ(content_of(folder / name), name);
  }
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(folder / std::string(256, 'x'), "x"); }),
              HasSubstr("name too long"));
}

TEST(AtomicWriterTest, WritesStraightToADevice) {
  write_atomically("/dev/null", kNew);
  struct stat info;
  ASSERT_EQ(::stat("/dev/null", &info), 0);
  EXPECT_TRUE(S_ISCHR(info.st_mode));
}

TEST(AtomicWriterTest, SaysThatADeviceIsFull) {
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically("/dev/full", kNew); }),
              HasSubstr("cannot write '/dev/full': no space left on device (150.0 kB needed"));
  struct stat info;
  ASSERT_EQ(::stat("/dev/full", &info), 0);
  EXPECT_TRUE(S_ISCHR(info.st_mode));
}

TEST(AtomicWriterTest, WritesStraightToAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  write_atomically("/dev/fd/" + std::to_string(ends[1]), "through");
  char text[16] = {};
  EXPECT_EQ(::read(ends[0], text, sizeof text), 7);
  EXPECT_STREQ(text, "through");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(AtomicWriterTest, SurvivesShortWritesAndSignals) {
  const TemporaryFolder folder;
  FaultyFiles files;
  files.most_bytes = 777;
  write_in_pieces(folder / "model", files);
  EXPECT_EQ(content_of(folder / "model"), kNew);
  for (int n = 1; n <= files.operations(); ++n) {
    FaultyFiles interrupted;
    interrupted.fail_at = n;
    interrupted.reason = EINTR;
    interrupted.most_bytes = 50'000;
    try {
      write_in_pieces(folder / "model", interrupted);
    } catch (const Error& error) {
      ASSERT_EQ(interrupted.struck().size(), 1u);
      EXPECT_THAT(interrupted.struck()[0], ::testing::AnyOf("stat", "fstat", "fchmod", "rename", "readlink"))
          << error.what();
    }
    if (interrupted.struck().empty()) break;
  }
}

TEST(AtomicWriterTest, AnAbandonedWriterRemovesItsTemporary) {
  const TemporaryFolder folder;
  {
    AtomicWriter writer(folder / "model");
    writer.write("half");
  }
  EXPECT_TRUE(list_folder(folder.path()).empty());
}

TEST(AtomicWriterTest, TwoWritersOfOneFileDoNotMeet) {
  const TemporaryFolder folder;
  AtomicWriter first(folder / "model");
  AtomicWriter second(folder / "model");
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  EXPECT_EQ(content_of(folder / "model"), "first");
  EXPECT_THAT(list_folder(folder.path()), ElementsAre("model"));
}

TEST(AtomicWriterTest, RefusesToBeUsedAfterCommit) {
  const TemporaryFolder folder;
  AtomicWriter writer(folder / "model");
  writer.commit();
  EXPECT_THROW(writer.write("more"), InvariantFailure);
  EXPECT_THROW(writer.commit(), InvariantFailure);
}

TEST(StaleTemporariesTest, AreRemovedAndThoseOfLivingWritersAreNot) {
  const TemporaryFolder folder;
  AtomicWriter living(folder / "model");
  living.write("x");
  folder.put(".model.1-0.orrery-tmp", "left by a dead one");
  folder.put("not-hidden.orrery-tmp", "somebody's file");
  folder.put(".hidden", "somebody's file");
  EXPECT_EQ(remove_stale_temporaries(folder.path()), 1);
  living.commit();
  EXPECT_THAT(list_folder(folder.path()), ElementsAre(".hidden", "model", "not-hidden.orrery-tmp"));
}

TEST(StaleTemporariesTest, AreGoneFromAFolderOnceAFileIsWrittenThere) {
  const TemporaryFolder folder;
  folder.put(".model.1-0.orrery-tmp", "left by a dead one");
  AtomicWriter living(folder / "log");
  write_atomically(folder / "model", std::string_view("x"));
  living.commit();
  EXPECT_THAT(list_folder(folder.path()), ElementsAre("log", "model"));
}

TEST(StaleTemporariesTest, AFolderThatIsNotThereHasNone) {
  const TemporaryFolder folder;
  EXPECT_EQ(remove_stale_temporaries(folder / "nowhere"), 0);
}

}  // namespace
}  // namespace orrery
