#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/crash_disk.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const std::string kOld = "the old content";
const std::string kNew = std::string(150'000, 'n') + "the new content";

void write_in_pieces(const std::string& path, const FileSystem& files) {
  write_atomically(
      path,
      [](AtomicWriter& writer) {
        for (std::size_t at = 0; at < kNew.size(); at += 10'000) {
          writer.write(std::string_view(kNew).substr(at, 10'000));
        }
      },
      files);
}

std::size_t open_files() { return list_folder("/proc/self/fd").size(); }

// What must hold whatever was struck: old or new, no temporary unless its removal itself was struck.
void expect_old_or_new(const TemporaryFolder& folder, const FaultyFiles& files, bool threw, bool replaces) {
  const std::string content = content_of(folder / "model");
  const bool is_new = content == kNew;
  if (!is_new) {
    EXPECT_EQ(content, replaces ? kOld : "");
    EXPECT_TRUE(threw);
    EXPECT_EQ(exists(folder / "model"), replaces);
  }
  const auto names = list_folder(folder.path());
  const std::size_t expected = is_new || replaces ? 1 : 0;
  if (std::count(files.struck().begin(), files.struck().end(), "unlink") == 0) {
    EXPECT_EQ(names.size(), expected) << ::testing::PrintToString(names);
  }
}

void fail_every_operation(int reason, bool ever_after, bool replaces) {
  for (int n = 1;; ++n) {
    const TemporaryFolder folder;
    if (replaces) folder.put("model", kOld);
    FaultyFiles files;
    files.fail_at = n;
    files.ever_after = ever_after;
    files.reason = reason;
    const std::size_t before = open_files();
    bool threw = false;
    try {
      write_in_pieces(folder / "model", files);
    } catch (const Error& error) {
      threw = true;
      EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::write));
      EXPECT_THAT(error.what(), HasSubstr("model'"));
      EXPECT_THAT(error.what(), HasSubstr(reason == EACCES ? "ermission" : errno_text(reason)));
    }
    SCOPED_TRACE(::testing::Message()
                 << "operation " << n << " " << ::testing::PrintToString(files.struck()));
    expect_old_or_new(folder, files, threw, replaces);
    EXPECT_EQ(open_files(), before);
    if (files.struck().empty()) return;
  }
}

TEST(AtomicWriterFaultsTest, LeavesOldOrNewWhereverOneOperationFails) {
  for (const int reason : {EIO, ENOSPC, EDQUOT, EACCES}) {
    fail_every_operation(reason, false, true);
    fail_every_operation(reason, false, false);
  }
}

TEST(AtomicWriterFaultsTest, LeavesOldOrNewWhereverAllOperationsBeginToFail) {
  fail_every_operation(EIO, true, true);
  fail_every_operation(ENOSPC, true, false);
}

TEST(AtomicWriterFaultsTest, SaysWhenTheNewFileMightNotSurviveAPowerCut) {
  const TemporaryFolder folder;
  folder.put("model", kOld);
  FaultyFiles files;
  int syncs = 0;
  files.before = [&](const std::string& name) {
    if (name == "fsync" && ++syncs == 2) files.fail_at = files.operations() + 1;
  };
  EXPECT_THAT(error_of(Fault::write, [&] { write_atomically(folder / "model", kNew, files); }),
              HasSubstr("was written but might not survive a power cut"));
  EXPECT_EQ(content_of(folder / "model"), kNew);
}

TEST(AtomicWriterFaultsTest, ToleratesAFileSystemThatCannotSyncFoldersOrLock) {
  for (const std::string operation : {"flock", "fsync"}) {
    const TemporaryFolder folder;
    FaultyFiles files;
    files.reason = EINVAL;
    int met = 0;
    files.before = [&](const std::string& name) {
      if (name == operation && ++met == (operation == "fsync" ? 2 : 1))
        files.fail_at = files.operations() + 1;
    };
    write_atomically(folder / "model", kNew, files);
    EXPECT_EQ(files.struck().size(), 1u);
    EXPECT_EQ(content_of(folder / "model"), kNew);
  }
}

TEST(AtomicWriterFaultsTest, SurvivesAPowerCutAtEveryOperation) {
  for (const bool replaces : {true, false}) {
    for (int n = 1;; ++n) {
      CrashDisk disk;
      if (replaces) disk.put("model", kOld);
      disk.cut_at = n;
      bool cut = false;
      try {
        write_in_pieces("/model", disk);
      } catch (const PowerCut&) {
        cut = true;
      }
      for (const auto& content : disk.possible_contents("model")) {
        const bool old = replaces ? content == kOld : content == std::nullopt;
        EXPECT_TRUE(content == kNew || (cut && old))
            << "operation " << n << ", " << content.value_or("").size();
      }
      if (!cut) break;
    }
  }
}

// The test above proves something only if the disk catches writers that take less care.
TEST(AtomicWriterFaultsTest, ThePowerCutIsSeenByAWriterWithoutFsync) {
  CrashDisk disk;
  disk.put("model", kOld);
  const int fd = disk.open("/temporary", O_CREAT | O_EXCL, 0);
  disk.write(fd, kNew.data(), kNew.size());
  disk.rename("/temporary", "/model");
  EXPECT_THAT(disk.possible_contents("model"), Contains(std::optional<std::string>("")));
  disk.fsync(disk.open("/", 0, 0));
  EXPECT_THAT(disk.possible_contents("model"), ::testing::Not(Contains(std::optional<std::string>(kOld))));
}

template <class Body>
int status_of_child(Body&& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      body();
    } catch (...) {
      ::_exit(99);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(AtomicWriterFaultsTest, LeavesOldOrNewWhereverTheProcessIsKilled) {
  for (int n = 1;; ++n) {
    const TemporaryFolder folder;
    folder.put("model", kOld);
    const int status = status_of_child([&] {
      FaultyFiles files;
      files.kill_at = n;
      write_in_pieces(folder / "model", files);
    });
    const std::string content = content_of(folder / "model");
    EXPECT_TRUE(content == kOld || content == kNew) << "operation " << n;
    const auto left = list_folder(folder.path()).size();
    EXPECT_EQ(remove_stale_temporaries(folder.path()), static_cast<int>(left) - 1);
    EXPECT_THAT(list_folder(folder.path()), ::testing::ElementsAre("model"));
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      EXPECT_EQ(content, kNew);
      return;
    }
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
  }
}

TEST(AtomicWriterFaultsTest, AFileSizeLimitIsAnErrorAndNoSignal) {
  const TemporaryFolder folder;
  folder.put("model", kOld);
  const int status = status_of_child([&] {
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string text = error_of(Fault::write, [&] { write_atomically(folder / "model", kNew); });
    ::_exit(text.find("file too large") != text.npos ? 0 : 1);
  });
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(content_of(folder / "model"), kOld);
  EXPECT_EQ(list_folder(folder.path()).size(), 1u);
}

TEST(AtomicWriterFaultsTest, AReadOnlyFolderIsSaidAndUntouched) {
  const TemporaryFolder folder;
  folder.put("model", kOld);
  ::chmod(folder.path().c_str(), 0555);
  const int status = status_of_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(2);
    const std::string text = error_of(Fault::write, [&] { write_atomically(folder / "model", kNew); });
    ::_exit(text.find("no permission to write there") != text.npos ? 0 : 1);
  });
  ::chmod(folder.path().c_str(), 0755);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(content_of(folder / "model"), kOld);
}

// A real full disk: 1 MB of tmpfs, given back at the end of the scope.
class SmallDisk {
 public:
  SmallDisk() : mounted_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=1m") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount(folder_.path().c_str());
  }
  bool mounted() const { return mounted_; }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
  bool mounted_;
};

TEST(AtomicWriterFaultsTest, AFullDiskSaysHowMuchWasNeededAndHowMuchIsFree) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "a tmpfs cannot be mounted here (it takes root)";
  disk.folder().put("model", kOld);
  disk.folder().put("filler", std::string(std::size_t{4096} * 100, 'f'));
  const std::string text =
      error_of(Fault::write, [&] { write_atomically(disk.folder() / "model", std::string(900'000, 'n')); });
  EXPECT_THAT(text, HasSubstr("no space left on device (900.0 kB needed, "));
  EXPECT_THAT(text, HasSubstr(" kB free)"));
  EXPECT_EQ(content_of(disk.folder() / "model"), kOld);
  EXPECT_EQ(list_folder(disk.folder().path()).size(), 2u);
}

TEST(AtomicWriterFaultsTest, ADiskThatFillsAtAnyPageLeavesOldOrNew) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "a tmpfs cannot be mounted here (it takes root)";
  bool saved = false;
  for (std::size_t free_pages = 0; free_pages < 50; ++free_pages) {
    disk.folder().put("model", kOld);
    disk.folder().put("filler", std::string(4096 * (256 - 1 - free_pages), 'f'));
    bool threw = false;
    try {
      write_in_pieces(disk.folder() / "model", posix_files());
    } catch (const Error& error) {
      threw = true;
      EXPECT_THAT(error.what(), HasSubstr("no space left on device"));
    }
    EXPECT_EQ(content_of(disk.folder() / "model"), threw ? kOld : kNew) << free_pages << " pages were free";
    EXPECT_EQ(list_folder(disk.folder().path()).size(), 2u);
    saved = saved || !threw;
  }
  EXPECT_TRUE(saved);
}

}  // namespace
}  // namespace orrery
