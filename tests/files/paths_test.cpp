#include "runtime/files/paths.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/append_file.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PathsTest, QuotesWhatWouldSpoilATerminal) {
  EXPECT_EQ(quote_path("plain name.lua"), "'plain name.lua'");
  EXPECT_EQ(quote_path("größe/→/𝛼"), "'größe/→/𝛼'");
  EXPECT_EQ(quote_path("\x1B[0m\x7F\t\n"), "'\\x1B[0m\\x7F\\t\\n'");
  EXPECT_EQ(quote_path("\xC2\x9B"), "'\\xC2\\x9B'") << "a C1 control";
  EXPECT_EQ(quote_path("\xC0\xAF|\xED\xA0\x80|\xF4\x90\x80\x80|\xE2\x82"),
            "'\\xC0\\xAF|\\xED\\xA0\\x80|\\xF4\\x90\\x80\\x80|\\xE2\\x82'")
      << "overlong, surrogate, beyond Unicode, cut off";
}

TEST(PathsTest, CountsBytesAsPeopleDo) {
  EXPECT_EQ(byte_count(0), "0 bytes");
  EXPECT_EQ(byte_count(1), "1 byte");
  EXPECT_EQ(byte_count(999), "999 bytes");
  EXPECT_EQ(byte_count(1000), "1.0 kB");
  EXPECT_EQ(byte_count(999'949), "999.9 kB");
  EXPECT_EQ(byte_count(999'951), "1.0 MB");
  EXPECT_EQ(byte_count(UINT64_MAX), "18.4 EB");
}

TEST(PathsTest, TakesPathsApart) {
  EXPECT_EQ(parent_folder("a/b/c"), "a/b");
  EXPECT_EQ(parent_folder("c"), ".");
  EXPECT_EQ(parent_folder("/c"), "/");
  EXPECT_EQ(file_name("a/b/c"), "c");
  EXPECT_EQ(file_name("c"), "c");
  EXPECT_EQ(file_name("a/"), "");
}

TEST(PathsTest, MakesPathsAbsolute) {
  EXPECT_EQ(absolute_path("/a/./b/../c"), "/a/c");
  std::string here;
  ASSERT_EQ(posix_files().getcwd(&here), 0);
  EXPECT_EQ(absolute_path("x/../y"), here + "/y");
  FaultyFiles files;
  files.fail_at = 1;
  files.reason = ENOENT;
  EXPECT_THAT(error_of(Fault::run, [&] { absolute_path("x", files); }), HasSubstr("working folder"));
}

TEST(PathsTest, MakesFoldersWithThoseAbove) {
  const TemporaryFolder folder;
  create_directories(folder / "a/b/c");
  create_directories(folder / "a/b/c");
  create_directories(folder / "a//d/");
  EXPECT_TRUE(is_folder(folder / "a/b/c"));
  EXPECT_TRUE(is_folder(folder / "a/d"));
  EXPECT_FALSE(is_folder(folder / "a/e"));
}

TEST(PathsTest, PipesAndDevicesAreSpecial) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(is_special(folder / "pipe"));
  EXPECT_TRUE(is_special("/dev/null"));
  EXPECT_FALSE(is_special(folder.put("file", "")));
  EXPECT_FALSE(is_special(folder.path()));
  EXPECT_FALSE(is_special(folder / "none"));
}

TEST(PathsTest, SaysWhatIsInTheWayOfAFolder) {
  const TemporaryFolder folder;
  folder.put("file", "");
  EXPECT_THAT(error_of(Fault::write, [&] { create_directories(folder / "file"); }),
              HasSubstr("is in the way"));
  EXPECT_THAT(error_of(Fault::write, [&] { create_directories(folder / "file/below"); }),
              HasSubstr("is in the way"));
  EXPECT_THAT(error_of(Fault::write, [&] { create_directories("/proc/orrery"); }),
              HasSubstr("cannot make the folder '/proc/orrery'"));
  error_of(Fault::write, [&] { create_directories(""); });
}

TEST(PathsTest, EveryFailingOperationOfMakingFoldersIsOneError) {
  for (int n = 1;; ++n) {
    const TemporaryFolder folder;
    FaultyFiles files;
    files.fail_at = n;
    bool threw = false;
    try {
      create_directories(folder / "a/b", files);
    } catch (const Error& error) {
      threw = true;
      EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::write));
    }
    EXPECT_TRUE(threw || is_folder(folder / "a/b"));
    if (files.struck().empty()) break;
  }
}

TEST(PathsTest, ListsAndRemoves) {
  const TemporaryFolder folder;
  folder.put("b", "");
  folder.put("a", "");
  EXPECT_THAT(list_folder(folder.path()), ElementsAre("a", "b"));
  remove_file(folder / "a");
  remove_file(folder / "a");
  EXPECT_FALSE(exists(folder / "a"));
  EXPECT_TRUE(exists(folder / "b"));
  EXPECT_THAT(error_of(Fault::write, [&] { remove_file(folder.path()); }), HasSubstr("cannot remove"));
  EXPECT_THAT(error_of(Fault::input_file, [&] { list_folder(folder / "a"); }),
              HasSubstr("cannot list the folder"));
}

TEST(AppendFileTest, AddsLinesBehindWhatIsThere) {
  const TemporaryFolder folder;
  const std::string path = folder.put("log", "first\n");
  AppendFile log(path);
  AppendFile other(path);
  log.write_line("second");
  other.write_line("third");
  log.write_line("");
  log.sync();
  EXPECT_EQ(content_of(path), "first\nsecond\nthird\n\n");
}

TEST(AppendFileTest, SaysWhatFails) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(Fault::write, [&] { AppendFile log(folder.path()); }), HasSubstr("is a directory"));
  AppendFile full("/dev/full");
  EXPECT_THAT(error_of(Fault::write, [&] { full.write_line("x"); }), HasSubstr("no space left on device"));
  FaultyFiles files;
  AppendFile log(folder / "log", files);
  files.fail_at = 2;
  EXPECT_THAT(error_of(Fault::write, [&] { log.write_line("x"); }), HasSubstr("log': input/output error"));
}

}  // namespace
}  // namespace orrery
