#include "runtime/history/user_sql.h"

#include <thread>

#include "tests/history/history_fixture.h"

namespace orrery {

class UserSqlTest : public HistoryTest {
 protected:
  UserSqlTest() {
    HistoryWriter writer(options(), run_info("one"));
    write_epoch(writer, 1);
    writer.finish(RunStatus::done, "");
  }

  Table ask(const std::string& sql, const SqlLimits& limits = {}) {
    Table table;
    HistoryReader(path_, clock())
        .sql(sql, limits,
             {.columns = [&](const std::vector<std::string>& names) { table.columns = names; },
              .row =
                  [&](const Row& row) {
                    table.rows.push_back(row);
                    return true;
                  }});
    return table;
  }
  std::string refusal(const std::string& sql, const SqlLimits& limits = {}) {
    return message_of([&] { ask(sql, limits); });
  }
};

constexpr const char* kEndless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) ";

TEST_F(UserSqlTest, GivesTypedCellsUnderTheirNames) {
  const Table table =
      ask("SELECT run, 1 AS whole, 0.5 AS part, NULL AS none, x'00ff' AS raw FROM run_summary");
  EXPECT_EQ(table.columns, (std::vector<std::string>{"run", "whole", "part", "none", "raw"}));
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0],
            (Row{std::string("one"), std::int64_t{1}, 0.5, Cell(), Blob{std::string("\0\xff", 2)}}));
}

TEST_F(UserSqlTest, EveryAttemptToWriteIsRefused) {
  const std::string before = read_file(path_);
  for (const char* sql : {"DELETE FROM runs",
                          "INSERT INTO tags VALUES (1, 'x')",
                          "UPDATE runs SET name = 'x'",
                          "DROP TABLE runs",
                          "CREATE TABLE t (x)",
                          "CREATE TEMP TABLE t (x)",
                          "CREATE VIEW v AS SELECT 1",
                          "ALTER TABLE runs ADD COLUMN x",
                          "ATTACH 'other.db' AS other",
                          "DETACH temp",
                          "VACUUM",
                          "VACUUM INTO 'copy.db'",
                          "REINDEX",
                          "ANALYZE",
                          "PRAGMA user_version = 7",
                          "PRAGMA query_only = 0",
                          "PRAGMA writable_schema = 1",
                          "PRAGMA journal_mode = DELETE",
                          "PRAGMA wal_checkpoint",
                          "PRAGMA foreign_keys = 0",
                          "BEGIN",
                          "BEGIN IMMEDIATE",
                          "COMMIT",
                          "SAVEPOINT s",
                          "CREATE VIRTUAL TABLE f USING fts5(x)",
                          "SELECT load_extension('x')",
                          "SELECT fts3_tokenizer('simple')",
                          "WITH t AS (SELECT 1) DELETE FROM runs",
                          "REPLACE INTO tags VALUES (1, 'x')",
                          "EXPLAIN DELETE FROM runs",
                          "INSERT INTO temp.ended VALUES (1)",
                          "UPDATE sqlite_master SET sql = 'x'",
                          "UPDATE sqlite_schema SET name = 'x'",
                          "DELETE FROM sqlite_master"}) {
    EXPECT_NE(refusal(sql), "") << sql;
  }
  EXPECT_EQ(read_file(path_), before);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "copy.db"));
}

TEST_F(UserSqlTest, ARefusalSaysWhatIsAllowed) {
  const std::string message = refusal("DELETE FROM runs");
  EXPECT_NE(message.find("would change something"), std::string::npos) << message;
  EXPECT_NE(message.find("SELECT, VALUES, WITH"), std::string::npos) << message;
}

TEST_F(UserSqlTest, QuestionsAboutTheSchemaAreAnswered) {
  EXPECT_FALSE(ask("PRAGMA table_info(runs)").rows.empty());
  EXPECT_FALSE(ask("SELECT name FROM pragma_table_info('runs')").rows.empty());
  EXPECT_FALSE(ask("SELECT sql FROM sqlite_schema").rows.empty());
  EXPECT_EQ(ask("PRAGMA user_version").rows[0][0], Cell(std::int64_t{schema_version()}));
  EXPECT_FALSE(ask("EXPLAIN QUERY PLAN SELECT * FROM runs").rows.empty());
  EXPECT_EQ(ask("VALUES (1), (2)").rows.size(), 2u);
}

TEST_F(UserSqlTest, ASecondStatementIsRefusedAndAClosingCommentIsNot) {
  EXPECT_NE(refusal("SELECT 1; SELECT 2").find("more than one statement"), std::string::npos);
  EXPECT_NE(refusal("SELECT 1; DROP TABLE runs"), "");
  EXPECT_EQ(ask("SELECT 1;  -- done\n /* really */ ;").rows.size(), 1u);
}

TEST_F(UserSqlTest, EmptyAndMistypedSqlIsAUsageError) {
  for (const char* sql : {"", "   ", "-- nothing", ";"}) {
    EXPECT_NE(refusal(sql).find("there is no SQL to run"), std::string::npos) << sql;
  }
  EXPECT_NE(refusal("SELEC 1").find("near \"SELEC\": syntax error"), std::string::npos);
  EXPECT_NE(refusal("SELECT x FROM nowhere").find("no such table: nowhere"), std::string::npos);
}

TEST_F(UserSqlTest, AnEndlessQueryEndsWithItsTime) {
  const SqlLimits short_time{.time = std::chrono::milliseconds(30)};
  EXPECT_NE(
      refusal(std::string(kEndless) + "SELECT count(*) FROM n", short_time).find("was ended after 0.03 s"),
      std::string::npos);
}

TEST_F(UserSqlTest, AReaderWhoTakesHisTimeDoesNotUseUpTheQuerys) {
  const SqlLimits limits{.time = std::chrono::milliseconds(200)};
  int rows = 0;
  HistoryReader(path_, clock()).sql("VALUES (1), (2), (3)", limits, {.row = [&](const Row&) {
                                      std::this_thread::sleep_for(std::chrono::milliseconds(150));
                                      return ++rows > 0;
                                    }});
  EXPECT_EQ(rows, 3);
}

TEST_F(UserSqlTest, AMistypedTableNamesTheNearest) {
  EXPECT_NE(refusal("SELECT * FROM run_sumary").find("(did you mean 'run_summary'?)"), std::string::npos);
  EXPECT_EQ(refusal("SELECT * FROM nowhere").find("did you mean"), std::string::npos);
}

TEST_F(UserSqlTest, TheStopFlagEndsAQuery) {
  const SqlLimits limits{.stop = [] { return true; }};
  try {
    ask(std::string(kEndless) + "SELECT count(*) FROM n", limits);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::interrupted);
  }
}

TEST_F(UserSqlTest, RowsComeOneAtATimeAndMayBeDeclined) {
  int rows = 0;
  HistoryReader(path_, clock()).sql(std::string(kEndless) + "SELECT x FROM n", {}, {.row = [&](const Row&) {
                                      return ++rows < 1000;
                                    }});
  EXPECT_EQ(rows, 1000);
}

TEST_F(UserSqlTest, AHugeCellIsRefused) {
  const SqlLimits limits{.cell_bytes = 1000};
  EXPECT_EQ(std::get<std::string>(ask("SELECT printf('%900s', 'x')", limits).rows[0][0]).size(), 900u);
  // SQLite's printf gives up with NULL.
  EXPECT_EQ(ask("SELECT printf('%2000s', 'x')", limits).rows[0][0], Cell());
  EXPECT_EQ(ask("SELECT printf('%1000000000s', 'x')").rows[0][0], Cell());
  EXPECT_NE(refusal("SELECT group_concat(sql) FROM sqlite_schema", limits).find("too big"),
            std::string::npos);
  EXPECT_NE(refusal("SELECT zeroblob(1000000000)").find("too big"), std::string::npos);
}

TEST_F(UserSqlTest, TextThatIsNotUtf8IsShownEscaped) {
  EXPECT_EQ(ask("SELECT CAST(x'41ff00' AS TEXT)").rows[0][0], Cell(std::string("A\\xff\\x00")));
}

TEST_F(UserSqlTest, IntegerOverflowBecomesAnErrorOrAReal) {
  EXPECT_NE(refusal("SELECT sum(x) FROM (SELECT 9223372036854775807 AS x UNION ALL SELECT 1)"), "");
  EXPECT_TRUE(std::holds_alternative<double>(ask("SELECT 9223372036854775807 + 1").rows[0][0]));
}

TEST_F(UserSqlTest, TheReaderWorksOnAfterARefusal) {
  HistoryReader reader(path_, clock());
  EXPECT_THROW(reader.sql("DROP TABLE runs", {}, {}), Error);
  EXPECT_EQ(reader.list().rows.size(), 1u);
  EXPECT_EQ(reader.show(1).blocks.rows.size(), 4u);
}

}  // namespace orrery
