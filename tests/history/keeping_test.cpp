#include "runtime/history/keeping.h"

#include "tests/history/history_fixture.h"

namespace orrery {

class KeepingTest : public HistoryTest {
 protected:
  void record(const std::string& name, RunStatus status = RunStatus::done) {
    HistoryWriter writer(options(), run_info(name));
    write_epoch(writer, 1);
    writer.artifact({"weights", "w.safetensors", 12, ""});
    writer.finish(status, "");
  }
  HistoryKeeper keeper() { return HistoryKeeper(path_, clock()); }
  std::string listed() {
    std::string all;
    const Table runs = HistoryReader(path_, clock()).list();
    for (std::size_t i = 0; i < runs.rows.size(); ++i) all += std::get<std::string>(at(runs, i, "run")) + " ";
    return all;
  }
  std::int64_t rows_of_the_first_run() {
    std::int64_t rows = 0;
    for (const char* table :
         {"epochs", "metrics", "block_profiles", "block_sizes", "block_totals", "artifacts", "tags", "notes"})
      rows += count(fmt::format("SELECT count(*) FROM {} WHERE run_id = 1", table));
    return rows;
  }
};

TEST_F(KeepingTest, TagsComeAndGo) {
  record("one");
  HistoryKeeper keeper(path_, clock());
  EXPECT_TRUE(keeper.add_tag(1, "good"));
  EXPECT_FALSE(keeper.add_tag(1, "good"));
  EXPECT_TRUE(keeper.remove_tag(1, "good"));
  EXPECT_FALSE(keeper.remove_tag(1, "good"));
  EXPECT_EQ(count("SELECT count(*) FROM tags"), 1);
}

TEST_F(KeepingTest, ATagIsAWord) {
  record("one");
  HistoryKeeper keeper(path_, clock());
  EXPECT_TRUE(keeper.add_tag(1, std::string(100, 'x')));
  for (const auto& [tag, why] :
       std::vector<std::pair<std::string, std::string>>{{"", "is empty"},
                                                        {std::string(101, 'x'), "is longer than 100 bytes"},
                                                        {"\xFF", "is not UTF-8"},
                                                        {"a\nb", "holds a control character"},
                                                        {" a", "begins or ends with a blank"},
                                                        {"a,b", "holds a comma"},
                                                        {"-a", "begins with + or -"}})
    EXPECT_NE(message_of([&] { keeper.add_tag(1, tag); }).find(why), std::string::npos) << why;
}

TEST_F(KeepingTest, NotesHaveTheirTimeAndAText) {
  record("one");
  HistoryKeeper keeper(path_, clock());
  keeper.add_note(1, "half of the data was missing\n\"quoted\"");
  EXPECT_EQ(raw().text("SELECT text FROM notes"), "half of the data was missing\n\"quoted\"");
  EXPECT_EQ(count("SELECT written_unix_ms FROM notes"), now_);
  EXPECT_EQ(message_of([&] { keeper.add_note(1, " \n"); }), "the note is empty");
}

TEST_F(KeepingTest, ANewNameMustBeFreeAndOneThatARunMayHave) {
  record("one");
  record("two");
  HistoryKeeper keeper(path_, clock());
  keeper.rename(1, "best");
  keeper.rename(1, "best");
  EXPECT_EQ(listed(), "two best ");
  EXPECT_EQ(message_of([&] { keeper.rename(1, "two"); }), "the name 'two' is taken: run 2 has it");
  keeper.trash(2);
  EXPECT_EQ(message_of([&] { keeper.rename(1, "two"); }),
            "the name 'two' is taken: run 2, in the trash, has it");
  EXPECT_NE(message_of([&] { keeper.rename(1, "last"); }).find("means the newest run"), std::string::npos);
}

TEST_F(KeepingTest, ARunInTheTrashIsInNoListAndComesBackWhole) {
  record("one");
  record("two");
  HistoryKeeper keeper(path_, clock());
  keeper.trash(keeper.resolve("two"));
  EXPECT_EQ(listed(), "one ");
  EXPECT_EQ(keeper.resolve("last"), 1);
  for (const char* word : {"two", "2"})
    EXPECT_EQ(message_of([&] { keeper.resolve(word); }),
              "run 2, 'two', is in the trash\n  'orrery history restore 2' brings it back.");
  for (const char* word : {"tw", "2x", "02"})
    EXPECT_NE(message_of([&] { keeper.resolve(word); }).find("there is no run"), std::string::npos) << word;
  for (const char* view : {"run_summary", "run_config", "metric_curve", "metric_range", "epoch_metrics",
                           "block_cost", "block_epochs", "best_runs", "same_architecture", "kept_runs"})
    EXPECT_EQ(count(fmt::format("SELECT count(*) FROM {} WHERE run_id = 2", view)), 0) << view;
  EXPECT_EQ(count("SELECT count(*) FROM same_architecture WHERE other_id = 2"), 0);
  EXPECT_NE(message_of([&] { keeper.resolve_trashed("one"); }).find("there is no run 'one' in the trash"),
            std::string::npos);
  EXPECT_EQ(keeper.resolve_trashed("2"), 2);
  keeper.restore(keeper.resolve_trashed("two"));
  EXPECT_EQ(listed(), "two one ");
  EXPECT_EQ(count("SELECT count(*) FROM block_cost WHERE run_id = 2"),
            count("SELECT count(*) FROM block_cost WHERE run_id = 1"));
}

TEST_F(KeepingTest, ARunThatGoesOnKeepsItsNameAndItsPlace) {
  HistoryWriter writer(options(), run_info("live"));
  HistoryKeeper keeper(path_, clock());
  EXPECT_EQ(message_of([&] { keeper.trash(1); }),
            "live is going on and cannot be removed\n  End it first: orrery history stop RUN.");
  EXPECT_EQ(message_of([&] { keeper.rename(1, "x"); }),
            "live is going on and cannot be renamed\n  Rename it when it has ended.");
  const std::vector<std::int64_t> runs{1};
  EXPECT_NE(message_of([&] { keeper.purge(runs); }).find("is going on"), std::string::npos);
  writer.finish(RunStatus::done, "");
  keeper.trash(1);
  EXPECT_EQ(listed(), "");
}

TEST_F(KeepingTest, WhatIsPurgedLeavesNoRow) {
  record("one");
  record("two");
  ASSERT_GT(rows_of_the_first_run(), 5);
  const std::vector<std::int64_t> runs{1};
  const HistoryKeeper::Purged purged = HistoryKeeper(path_, clock()).purge(runs);
  EXPECT_EQ(purged.runs, 1);
  EXPECT_EQ(rows_of_the_first_run(), 0);
  EXPECT_EQ(listed(), "two ");
  EXPECT_EQ(count("SELECT count(*) FROM graphs"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

TEST_F(KeepingTest, TheLastRunOfAGraphTakesItAlong) {
  record("one");
  const std::vector<std::int64_t> runs{1};
  HistoryKeeper(path_, clock()).purge(runs);
  EXPECT_EQ(count("SELECT (SELECT count(*) FROM graphs) + (SELECT count(*) FROM blocks)"), 0);
}

TEST_F(KeepingTest, PurgingTellsTheBytesAndGivesThemBack) {
  {
    HistoryWriter writer(options(), run_info("large"));
    for (int i = 0; i < 200; ++i) writer.note(std::string(10'000, 'x'));
    writer.finish(RunStatus::done, "");
  }
  const auto before = std::filesystem::file_size(path_);
  const std::vector<std::int64_t> runs{1};
  const HistoryKeeper::Purged purged = HistoryKeeper(path_, clock()).purge(runs);
  EXPECT_GT(purged.bytes, 2'000'000);
  EXPECT_TRUE(purged.given_back);
  EXPECT_LT(std::filesystem::file_size(path_) + 1'900'000, before);
}

TEST_F(KeepingTest, WhileAnotherReadsTheRoomStaysInTheFile) {
  record("one");
  Database reading = raw();
  reading.execute("BEGIN");
  reading.integer("SELECT count(*) FROM runs");
  HistoryKeeper keeper(path_, clock(), std::chrono::milliseconds(20));
  const std::vector<std::int64_t> runs{1};
  EXPECT_FALSE(keeper.purge(runs).given_back);
  reading.execute("COMMIT");
  EXPECT_EQ(listed(), "");
}

TEST_F(KeepingTest, AResumedRunLeavesTheTrash) {
  record("one");
  keeper().trash(1);
  RunInfo again = run_info("one");
  again.goes_on_after = 1;
  HistoryWriter(options(), again).finish(RunStatus::done, "");
  EXPECT_EQ(listed(), "one ");
}

TEST_F(KeepingTest, AHistoryThatIsNotThereIsNotMade) {
  EXPECT_NE(message_of([&] { keeper(); }).find("there is no history here"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace orrery
