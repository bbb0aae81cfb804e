#include <functional>
#include <sys/mount.h>
#include <sys/wait.h>

#include "runtime/history/merge.h"
#include "tests/history/history_fixture.h"

namespace orrery {

/// Every way in which the file can fail the writer; the run must go on each time.
class HistoryFaultsTest : public HistoryTest {
 protected:
  HistoryFaultsTest() {
    std::filesystem::create_directory(spare_);
    std::filesystem::permissions(spare_, std::filesystem::perms::all);
    setenv("TMPDIR", spare_.c_str(), 1);
  }
  ~HistoryFaultsTest() override { unsetenv("TMPDIR"); }

  /// Where side files go when the history's folder takes none.
  const std::filesystem::path spare_ = folder_ / "spare";

  /// The only side file there; fails the test when there is none, or another.
  std::filesystem::path side_file(const std::filesystem::path& folder) {
    const auto found = side_files(folder);
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? std::filesystem::path() : found[0];
  }
  static std::int64_t count_in(const std::filesystem::path& file, const std::string& sql) {
    return Database(file, Access::write).integer(sql);
  }

  /// Runs the body in a child that may not write the folder (root may write anywhere). Its exit status.
  static int as_nobody(const std::function<int()>& body) {
    const pid_t child = fork();
    if (child == 0) {
      if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(99);
      int result = 98;
      try {
        result = body();
      } catch (const std::exception& error) {
        fprintf(stderr, "%s\n", error.what());
      }
      _exit(result);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
  }

  void forbid_writing() const {
    namespace fs = std::filesystem;
    const auto readable = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
    const auto enterable = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
    for (const auto& entry : fs::directory_iterator(folder_))
      if (!entry.is_directory()) fs::permissions(entry, readable);
    fs::permissions(folder_, readable | enterable);
  }
  void allow_writing() const { std::filesystem::permissions(folder_, std::filesystem::perms::owner_all); }

  void make_finished_run() {
    HistoryWriter writer(options(), run_info("finished"));
    write_epoch(writer, 1);
    writer.finish(RunStatus::done, "");
  }
};

TEST_F(HistoryFaultsTest, AMissingFolderGivesOneWarningAndTheRunGoesOn) {
  path_ = folder_ / "missing" / "orrery.db";
  HistoryWriter writer(options(), run_info());
  EXPECT_FALSE(writer.run_name().empty());
  for (int epoch = 1; epoch <= 3; ++epoch) write_epoch(writer, epoch);
  writer.finish(RunStatus::done, "");
  ASSERT_EQ(warnings_.size(), 2u);
  EXPECT_NE(warnings_[0].find("the run goes on"), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find("orrery.db"), std::string::npos) << warnings_[0];
  EXPECT_NE(writer.loss().find("the run with 3 epochs, 6 metrics"), std::string::npos) << writer.loss();
  EXPECT_EQ(warnings_[1], writer.loss());
  EXPECT_NE(writer.loss().find("It is kept in " + side_file(spare_).native()), std::string::npos);
  EXPECT_EQ(count_in(side_file(spare_), "SELECT count(*) FROM epochs"), 3);
}

TEST_F(HistoryFaultsTest, AFolderThatAppearsLaterGetsEverything) {
  path_ = folder_ / "later" / "orrery.db";
  HistoryWriter writer(options(), run_info());
  const std::string name = writer.run_name();
  write_epoch(writer, 1);
  std::filesystem::create_directory(folder_ / "later");
  write_epoch(writer, 2);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(writer.loss(), "");
  EXPECT_EQ(raw().text("SELECT name FROM runs"), name);
  EXPECT_EQ(count("SELECT count(*) FROM epochs"), 2);
}

TEST_F(HistoryFaultsTest, ALockedDatabaseKeepsTheRowsForLater) {
  HistoryOptions impatient = options();
  impatient.patience = std::chrono::milliseconds(20);
  HistoryWriter writer(impatient, run_info());
  Database other = raw();
  other.execute("BEGIN IMMEDIATE");
  write_epoch(writer, 1);
  write_epoch(writer, 2);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("tries again after each epoch"), std::string::npos);
  EXPECT_NE(warnings_[0].find("locked"), std::string::npos);
  EXPECT_NE(writer.loss().find("2 epochs"), std::string::npos);
  other.execute("ROLLBACK");
  write_epoch(writer, 3);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(writer.loss(), "");
  EXPECT_EQ(count("SELECT count(*) FROM epochs"), 3);
  EXPECT_EQ(count("SELECT count(*) FROM block_profiles"), 6);
}

TEST_F(HistoryFaultsTest, ADatabaseLockedToTheEndLosesOnlyTheHistory) {
  open_history(path_, Access::create, std::chrono::milliseconds(100));
  Database other = raw();
  other.execute("BEGIN EXCLUSIVE");
  HistoryOptions impatient = options();
  impatient.patience = std::chrono::milliseconds(20);
  HistoryWriter writer(impatient, run_info());
  write_epoch(writer, 1);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(warnings_.size(), 2u);
  EXPECT_NE(writer.loss().find("the run with 1 epoch, 2 metrics, 3 profile rows"), std::string::npos);
  EXPECT_EQ(count_in(side_file(folder_), "SELECT count(*) FROM runs WHERE status = 'done'"), 1);
}

TEST_F(HistoryFaultsTest, ADeletedDatabaseIsNoticed) {
  HistoryWriter writer(options(), run_info());
  write_epoch(writer, 1);
  std::filesystem::remove(path_);
  write_epoch(writer, 2);
  write_epoch(writer, 3);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("was deleted or replaced"), std::string::npos);
  EXPECT_NE(warnings_[0].find("goes on and is kept in " + side_file(folder_).native()), std::string::npos);
  writer.finish(RunStatus::done, "");
  EXPECT_NE(writer.loss().find("2 epochs"), std::string::npos) << writer.loss();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(count_in(side_file(folder_), "SELECT count(*) FROM epochs"), 2);
  EXPECT_EQ(count_in(side_file(folder_), "SELECT count FROM block_totals WHERE quantity_id = 4"), 30);
}

TEST_F(HistoryFaultsTest, WithoutAnyPlaceForASideFileTheRunGoesOnAndTheLossIsSaid) {
  make_finished_run();
  forbid_writing();
  std::filesystem::permissions(spare_, std::filesystem::perms::none);
  const int result = as_nobody([&] {
    HistoryWriter writer(options(), run_info("mine"));
    for (int epoch = 1; epoch <= 2; ++epoch) write_epoch(writer, epoch);
    writer.finish(RunStatus::done, "");
    const bool said = writer.loss().find("the run with 2 epochs, 4 metrics") != std::string::npos;
    const bool no_side_file = writer.loss().find("kept in") == std::string::npos;
    return warnings_.size() == 2 && said && no_side_file ? 0 : 1;
  });
  allow_writing();
  std::filesystem::permissions(spare_, std::filesystem::perms::all);
  EXPECT_EQ(result, 0);
}

TEST_F(HistoryFaultsTest, ASecondRunOfTheNameGetsASideFileOfItsOwn) {
  write_file(path_, "a text that is no history");
  for (int i = 0; i < 2; ++i) {
    HistoryWriter writer(options(), run_info("mine"));
    writer.finish(RunStatus::done, "");
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "orrery-mine.lost.db"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "orrery-mine-2.lost.db"));
}

TEST_F(HistoryFaultsTest, WhatIsInTheSideFileIsBroughtInByAMerge) {
  HistoryWriter writer(options(), run_info("mine"));
  write_epoch(writer, 1);
  writer.line({LogLine::Stream::out, "first"});
  std::filesystem::rename(path_, folder_ / "moved.db");
  write_epoch(writer, 2);
  writer.line({LogLine::Stream::out, "second"});
  writer.finish(RunStatus::done, "all epochs done");
  std::filesystem::rename(folder_ / "moved.db", path_);
  Database db = open_history(path_, Access::write, std::chrono::seconds(1));
  const auto merged = merge_history(db, side_file(folder_));
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(merged[0].how, MergedRun::How::completed);
  EXPECT_EQ(db.text("SELECT status || ' ' || exit_reason || ' ' || epochs FROM run_summary"),
            "done all epochs done 2");
  EXPECT_EQ(db.integer("SELECT count FROM block_totals WHERE quantity_id = 4"), 20);
  EXPECT_EQ(db.integer("SELECT count(*) FROM block_profiles"), 4);
  EXPECT_EQ(db.text("SELECT group_concat(text) FROM logs"), "first,second");
  EXPECT_EQ(merge_history(db, side_file(folder_))[0].how, MergedRun::How::known);
}

TEST_F(HistoryFaultsTest, AReplacedDatabaseIsNotTouched) {
  HistoryWriter writer(options(), run_info());
  std::filesystem::rename(path_, folder_ / "moved.db");
  write_file(path_, "another file");
  write_epoch(writer, 1);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(warnings_.size(), 2u);
  EXPECT_EQ(read_file(path_), "another file");
}

TEST_F(HistoryFaultsTest, ForeignAndNewerFilesAreLeftAlone) {
  for (const int version : {0, schema_version() + 1}) {
    std::filesystem::remove(path_);
    warnings_.clear();
    Database(path_, Access::create).execute("CREATE TABLE bookmarks (url)");
    raw().execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                              version == 0 ? 0 : kApplicationId, version));
    const std::string before = read_file(path_);
    HistoryWriter writer(options(), run_info());
    write_epoch(writer, 1);
    writer.finish(RunStatus::done, "");
    EXPECT_EQ(warnings_.size(), 2u);
    EXPECT_EQ(read_file(path_), before);
  }
}

TEST_F(HistoryFaultsTest, AReadOnlyFolderDoesNotStopTheRun) {
  make_finished_run();
  forbid_writing();
  const int result = as_nobody([&] {
    HistoryWriter writer(options(), run_info());
    write_epoch(writer, 1);
    writer.finish(RunStatus::done, "");
    return warnings_.size() == 2 && side_files(spare_).size() == 1 ? 0 : 1;
  });
  allow_writing();
  EXPECT_EQ(result, 0);
}

TEST_F(HistoryFaultsTest, AReadOnlyFolderCanBeRead) {
  make_finished_run();
  forbid_writing();
  const int result = as_nobody([&] {
    HistoryReader reader(path_, clock());
    return reader.list().rows.size() == 1 && reader.show(reader.resolve("last")).metrics.rows.size() == 1 ? 0
                                                                                                          : 1;
  });
  allow_writing();
  EXPECT_EQ(result, 0);
}

TEST_F(HistoryFaultsTest, ADeadRunInAReadOnlyFolderIsShownAsInterrupted) {
  make_finished_run();
  raw().execute("UPDATE runs SET status = 'running', ended_unix_ms = NULL, process_start_ticks = 1");
  forbid_writing();
  const int result = as_nobody([&] {
    const HistoryReader reader(path_, clock());
    const bool listed = at(reader.list(), 0, "status") == Cell(std::string("interrupted"));
    const bool filtered = reader.list({.status = RunStatus::interrupted}).rows.size() == 1 &&
                          reader.list({.status = RunStatus::running}).rows.empty();
    return listed && filtered ? 0 : 1;
  });
  allow_writing();
  EXPECT_EQ(result, 0);
}

TEST_F(HistoryFaultsTest, AFullDiskDoesNotStopTheRun) {
  const std::filesystem::path disk = folder_ / "disk";
  std::filesystem::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "a small disk cannot be mounted here (it takes root)";
  }
  path_ = disk / "orrery.db";
  {
    HistoryWriter writer(options(), run_info());
    write_epoch(writer, 1);
    std::string filler(1 << 20, 'x');
    write_file(disk / "filler", filler);
    for (int epoch = 2; epoch <= 4; ++epoch) {
      writer.note(std::string(100'000, 'n'));
      write_epoch(writer, epoch);
    }
    ASSERT_EQ(warnings_.size(), 1u);
    EXPECT_NE(warnings_[0].find("tries again"), std::string::npos) << warnings_[0];
    std::filesystem::remove(disk / "filler");
    writer.finish(RunStatus::done, "");
    EXPECT_EQ(writer.loss(), "");
  }
  EXPECT_EQ(raw().text("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(count("SELECT count(*) FROM epochs"), 4);
  umount(disk.c_str());
}

}  // namespace orrery
