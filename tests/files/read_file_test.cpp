#include "runtime/files/read_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kLimit = 1 << 20;

std::string refusal(const std::string& path) {
  return error_of(Fault::input_file, [&] { read_file(path, kLimit); });
}

TEST(ReadFileTest, ReadsAWholeFile) {
  const TemporaryFolder folder;
  const std::string content("a\0b\r\n\xFF", 6);
  const std::string path = folder.put("file", content);
  EXPECT_EQ(read_file(path, kLimit).text(), content);
  EXPECT_EQ(read_text(path, kLimit), content);
  EXPECT_EQ(read_file(folder.put("empty", ""), kLimit).size(), 0u);
}

TEST(ReadFileTest, HoldsBothSidesOfTheLimit) {
  const TemporaryFolder folder;
  const std::string path = folder.put("file", "12345");
  EXPECT_EQ(read_file(path, 5).size(), 5u);
  EXPECT_EQ(read_text(path, 5).size(), 5u);
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_file(path, 4); }),
              HasSubstr("it has 5 bytes, more than the 4 bytes allowed here"));
  error_of(Fault::input_file, [&] { read_text(path, 4); });
}

TEST(ReadFileTest, RefusesAHugeSparseFileBeforeTakingMemory) {
  const TemporaryFolder folder;
  const std::string path = folder.put("sparse", "");
  ASSERT_EQ(::truncate(path.c_str(), 10'000'000'000), 0);
  EXPECT_THAT(refusal(path), HasSubstr("it has 10.0 GB"));
}

TEST(ReadFileTest, ReadsBeyondFourGigabytes) {
  const TemporaryFolder folder;
  const std::string path = folder.put("sparse", "");
  const int fd = ::open(path.c_str(), O_WRONLY);
  ASSERT_EQ(::pwrite(fd, "end", 3, 5'000'000'000), 3);
  ::close(fd);
  const InputFile file(path);
  EXPECT_EQ(file.size(), 5'000'000'003u);
  Bytes end(3);
  file.read(5'000'000'000, end.span());
  EXPECT_EQ(end.text(), "end");
}

TEST(ReadFileTest, NamesAMissingFileAndWhereItWasLookedFor) {
  EXPECT_THAT(refusal("no/such.file"), HasSubstr("cannot read 'no/such.file': there is no such file"));
  EXPECT_THAT(refusal("no/such.file"), HasSubstr("It was looked for in '" + absolute_path(".")));
  EXPECT_THAT(refusal("/no/such.file"), ::testing::Not(HasSubstr("looked for")));
  EXPECT_THAT(refusal(""), HasSubstr("cannot read ''"));
}

TEST(ReadFileTest, RefusesWhatIsNoRegularFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path()), HasSubstr("it is a folder, not a file"));
  EXPECT_THAT(refusal("/dev/zero"), HasSubstr("it is a device"));
  EXPECT_THAT(refusal("/dev/full"), HasSubstr("it is a device"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(folder / "pipe"), HasSubstr("it is a pipe"));
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_text(folder.path(), kLimit); }),
              HasSubstr("it is a folder"));
}

TEST(ReadFileTest, RefusesASocket) {
  const TemporaryFolder folder;
  const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder / "s";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(refusal(path), HasSubstr("cannot read"));
  ::close(server);
}

TEST(ReadFileTest, RefusesDanglingAndCircularLinks) {
  const TemporaryFolder folder;
  ASSERT_EQ(::symlink("nowhere", (folder / "dangling").c_str()), 0);
  ASSERT_EQ(::symlink("loop", (folder / "loop").c_str()), 0);
  EXPECT_THAT(refusal(folder / "dangling"), HasSubstr("there is no such file"));
  EXPECT_THAT(refusal(folder / "loop"), HasSubstr("its links lead in a circle"));
}

TEST(ReadFileTest, SaysThatPermissionIsMissing) {
  FaultyFiles files;
  files.fail_at = 1;
  files.reason = EACCES;
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_file("/etc/hosts", kLimit, files); }),
              HasSubstr("no permission to read it"));
}

TEST(ReadFileTest, ShowsOddNamesSafely) {
  EXPECT_THAT(refusal("a\nb"), HasSubstr("'a\\nb'"));
  EXPECT_THAT(refusal("\xFFz"), HasSubstr("'\\xFFz'"));
  EXPECT_THAT(refusal("grün\x1B[31m"), HasSubstr("'grün\\x1B[31m'"));
  EXPECT_THAT(refusal(std::string("a\0b", 3)), HasSubstr("NUL byte"));
  EXPECT_THAT(refusal(std::string(300, 'x')), HasSubstr("name too long"));
}

TEST(ReadFileTest, SurvivesShortReadsAndSignals) {
  const TemporaryFolder folder;
  const std::string content(5000, 'c');
  const std::string path = folder.put("file", content);
  for (int n = 1; n < 12; ++n) {
    FaultyFiles files;
    files.most_bytes = 999;
    files.fail_at = n;
    files.reason = EINTR;
    try {
      EXPECT_EQ(read_file(path, kLimit, files).text(), content);
    } catch (const Error&) {
      EXPECT_EQ(files.struck()[0], "fstat");
    }
  }
}

TEST(ReadFileTest, EveryFailingOperationIsOneErrorAndLeaksNothing) {
  const TemporaryFolder folder;
  const std::string path = folder.put("file", std::string(5000, 'c'));
  const std::size_t before = list_folder("/proc/self/fd").size();
  for (const auto read : {0, 1}) {
    for (int n = 1;; ++n) {
      FaultyFiles files;
      files.most_bytes = 999;
      files.fail_at = n;
      try {
        read == 0 ? void(read_file(path, kLimit, files)) : void(read_text(path, kLimit, files));
      } catch (const Error& error) {
        EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::input_file));
        EXPECT_THAT(error.what(), HasSubstr("nput/output error"));
      }
      if (files.struck().empty()) break;
    }
  }
  EXPECT_EQ(list_folder("/proc/self/fd").size(), before);
}

TEST(ReadFileTest, AFileThatShrinksWhileItIsReadIsAnError) {
  const TemporaryFolder folder;
  const std::string path = folder.put("file", std::string(5000, 'c'));
  FaultyFiles files;
  files.most_bytes = 1000;
  files.before = [&](const std::string& name) {
    if (name == "pread" && files.operations() > 3) std::filesystem::resize_file(path, 2500);
  };
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_file(path, kLimit, files); }),
              HasSubstr("it became shorter while it was read"));
}

TEST(ReadTextTest, ReadsAPipeToItsEnd) {
  const TemporaryFolder folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] {
    const int fd = ::open(path.c_str(), O_WRONLY);
    EXPECT_EQ(::write(fd, "return 1", 8), 8);
    ::close(fd);
  });
  EXPECT_EQ(read_text(path, kLimit), "return 1");
  writer.join();
}

TEST(ReadTextTest, StopsAtTheLimitOfAStreamWithoutEnd) {
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_text("/dev/zero", kLimit); }),
              HasSubstr("more than the 1.0 MB"));
  EXPECT_EQ(read_text("/dev/null", kLimit), "");
}

TEST(ReadTextTest, ReadsFilesWhoseSizeTheSystemDoesNotTell) {
  EXPECT_FALSE(read_text("/proc/self/status", kLimit).empty());
}

TEST(BytesTest, SaysHowMuchMemoryIsMissing) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer ends the process where memory is missing";
#endif
  EXPECT_THAT(error_of(Fault::memory, [] { Bytes(std::size_t{1} << 60); }),
              HasSubstr("1.2 EB could not be had"));
}

TEST(BytesTest, StartsWhereAnyTensorMay) {
  for (const std::size_t size : {1u, 3u, 1000u}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Bytes(size).data()) % Bytes::kAlignment, 0u);
  }
  Bytes first(3);
  const Bytes second(std::move(first));
  EXPECT_EQ(second.size(), 3u);
}

}  // namespace
}  // namespace orrery
