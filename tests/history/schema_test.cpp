#include "runtime/history/schema.h"

#include "tests/files/places.h"
#include "tests/history/history_fixture.h"

namespace orrery {

class SchemaTest : public HistoryTest {
 protected:
  std::string refusal(Access access = Access::create) {
    return message_of([&] { open_history(path_, access, std::chrono::milliseconds(50)); });
  }
  static std::string fixture(const std::string& name) {
    return read_file(std::filesystem::path(in_source("tests/history/fixtures")) / name);
  }
  static std::string structure(const Database& db) {
    return db.text(
        "SELECT group_concat(type || ' ' || name || ' ' || ifnull(sql, ''), char(10)) FROM "
        "(SELECT * FROM sqlite_schema ORDER BY type, name)");
  }
};

constexpr std::chrono::milliseconds kPatience{1000};

TEST_F(SchemaTest, ANewFileBearsItsMarkAndVersion) {
  Database db = open_history(path_, Access::create, kPatience);
  EXPECT_EQ(db.integer("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(db.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(db.integer("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(db.text("PRAGMA integrity_check"), "ok");
}

TEST_F(SchemaTest, EveryTableIsStrictAndHoldsItsForeignKeys) {
  Database db = open_history(path_, Access::create, kPatience);
  EXPECT_EQ(db.integer("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
                       "AND name NOT LIKE 'sqlite_%' AND NOT strict"),
            0);
  EXPECT_THROW(db.execute("INSERT INTO epochs VALUES (99, 1, 1.0, 1, 1, 0)"), DatabaseError);
}

TEST_F(SchemaTest, QuantitiesAreThoseOfTheProgram) {
  Database db = open_history(path_, Access::create, kPatience);
  Statement rows =
      db.prepare("SELECT quantity_id, name, unit, is_steady, meaning FROM quantities ORDER BY 1");
  for (const QuantityInfo& quantity : quantities()) {
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.integer(0), static_cast<int>(quantity.quantity));
    EXPECT_EQ(rows.text(1), quantity.name);
    EXPECT_EQ(rows.text(2), quantity.unit);
    EXPECT_EQ(rows.integer(3), quantity.steady);
    EXPECT_EQ(rows.text(4), quantity.meaning);
    EXPECT_EQ(quantity_from_name(quantity.name), quantity.quantity);
  }
  EXPECT_FALSE(rows.step());
  EXPECT_FALSE(quantity_from_name("forward"));
}

TEST_F(SchemaTest, VersionOneIsStillTheOneThatWasReleased) {
  Database now(folder_ / "now.db", Access::create);
  migrate(now, migrations().first(1));
  Database then(path_, Access::create);
  then.execute(read_file(in_source("tests/history/fixtures/version_1.sql")));
  EXPECT_EQ(structure(now), structure(then));
}

TEST_F(SchemaTest, AFileOfVersionOneComesForwardWithItsRows) {
  Database(path_, Access::create).execute(read_file(in_source("tests/history/fixtures/version_1.sql")));
  Database db = open_history(path_, Access::write, kPatience);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(db.text("SELECT name FROM runs"), "brave-otter-1");
  EXPECT_EQ(db.text("SELECT forward_seconds || ' ' || tmu_bytes FROM block_cost WHERE path = ''"),
            "3.0 8192.0");
  EXPECT_EQ(db.text("PRAGMA integrity_check"), "ok");
}

TEST_F(SchemaTest, VersionTwoIsStillTheOneThatWasReleased) {
  Database now(folder_ / "now.db", Access::create);
  migrate(now, migrations().first(2));
  Database then(path_, Access::create);
  then.execute(fixture("version_1.sql"));
  then.execute(fixture("version_2.sql"));
  EXPECT_EQ(structure(now), structure(then));
}

TEST_F(SchemaTest, AFileOfVersionTwoComesForwardWithItsRows) {
  {
    Database then(path_, Access::create);
    then.execute(fixture("version_1.sql"));
    then.execute(fixture("version_2.sql"));
  }
  Database db = open_history(path_, Access::write, kPatience);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(db.text("SELECT value || ' ' || seconds FROM step_curve WHERE step = 50"), "0.75 1.0");
  EXPECT_EQ(db.text("SELECT path FROM artifacts WHERE step = 100"),
            "runs/brave-otter-1/samples/digits-100.png");
  EXPECT_EQ(db.text("SELECT name || '|' || coalesce(step, 'none') FROM artifacts WHERE kind = 'weights'"),
            "|none");
  EXPECT_EQ(db.integer("SELECT count(*) FROM runs WHERE thread_reason IS NOT NULL"), 0);
  EXPECT_EQ(db.integer("SELECT count(*) FROM thread_choices"), 0);
}

TEST_F(SchemaTest, VersionThreeIsStillTheOneThatWasReleased) {
  Database now(folder_ / "now.db", Access::create);
  migrate(now, migrations().first(3));
  Database then(path_, Access::create);
  for (const char* version : {"version_1.sql", "version_2.sql", "version_3.sql"})
    then.execute(fixture(version));
  EXPECT_EQ(structure(now), structure(then));
}

TEST_F(SchemaTest, AFileOfVersionThreeComesForwardWithItsRows) {
  {
    Database then(path_, Access::create);
    for (const char* version : {"version_1.sql", "version_2.sql", "version_3.sql"})
      then.execute(fixture(version));
  }
  Database db = open_history(path_, Access::write, kPatience);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(db.text("SELECT thread_reason FROM runs WHERE name = 'brave-otter-1'"), "probed");
  EXPECT_EQ(db.integer("SELECT thread_count FROM thread_choices WHERE structural_hash = '5eed'"), 1);
}

TEST_F(SchemaTest, VersionFourIsStillTheOneThatWasReleased) {
  Database now(folder_ / "now.db", Access::create);
  migrate(now, migrations().first(4));
  Database then(path_, Access::create);
  for (const char* version : {"version_1.sql", "version_2.sql", "version_3.sql", "version_4.sql"})
    then.execute(fixture(version));
  EXPECT_EQ(structure(now), structure(then));
}

TEST_F(SchemaTest, AFileOfVersionFourComesForwardWithItsRows) {
  {
    Database then(path_, Access::create);
    for (const char* version : {"version_1.sql", "version_2.sql", "version_3.sql", "version_4.sql"})
      then.execute(fixture(version));
  }
  Database db = open_history(path_, Access::write, kPatience);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(db.text("SELECT project || ' ' || parent_uid || ' ' || resumed_from FROM run_summary"),
            "digits fedcba9876543210fedcba9876543210 checkpoints/2");
  EXPECT_EQ(db.text("SELECT forward_seconds || ' ' || tmu_bytes || ' ' || block FROM node_cost"),
            "2.5 4096.0 encoder");
  EXPECT_EQ(db.text("SELECT group_concat(part || ' ' || seconds) FROM part_cost"),
            "data_wait 0.125,step 2.0");
  EXPECT_EQ(
      db.text("SELECT group_concat(ifnull(node, '-') || ' ' || part || ' ' || seconds) FROM kernel_cost"),
      "- optimizer 0.5,encoder/linear forward 0.75");
  EXPECT_EQ(db.text("SELECT group_concat(ifnull(operation, '-') || ' ' || part) FROM step_spans"),
            "- data_wait,Linear forward");
  EXPECT_EQ(db.text("SELECT group_concat(stream || ': ' || text) FROM run_log"),
            "stdout: epoch 1,stderr: careful");
  EXPECT_EQ(db.text("SELECT kind || ' ' || epoch || ' ' || text FROM run_events"),
            "checkpoint 1 checkpoints/1");
  EXPECT_EQ(
      db.text("SELECT best || ' ' || best_epoch || ' ' || place FROM best_runs WHERE metric = 'accuracy'"),
      "0.75 2 1");
}

TEST_F(SchemaTest, VersionFiveIsStillTheOneThatWasReleased) {
  Database now(folder_ / "now.db", Access::create);
  migrate(now, migrations().first(5));
  Database then(path_, Access::create);
  for (const char* version :
       {"version_1.sql", "version_2.sql", "version_3.sql", "version_4.sql", "version_5.sql"})
    then.execute(fixture(version));
  EXPECT_EQ(structure(now), structure(then));
}

TEST_F(SchemaTest, AFileOfVersionFiveComesForwardWithItsRows) {
  {
    Database then(path_, Access::create);
    for (const char* version :
         {"version_1.sql", "version_2.sql", "version_3.sql", "version_4.sql", "version_5.sql"})
      then.execute(fixture(version));
  }
  Database db = open_history(path_, Access::write, kPatience);
  EXPECT_EQ(db.integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(db.text("SELECT forward_seconds || ' ' || fused_share FROM node_cost"), "2.5 0.875");
}

TEST_F(SchemaTest, RunsOfBeforeAreToldWhichMetricsRise) {
  {
    Database then(path_, Access::create);
    for (const char* version : {"version_1.sql", "version_2.sql", "version_3.sql"})
      then.execute(fixture(version));
    then.execute("INSERT INTO metrics VALUES (1, 1, 'validation', 'accuracy', 0.5, 0)");
  }
  Database db = open_history(path_, Access::write, kPatience);
  EXPECT_EQ(db.text("SELECT group_concat(name) FROM rising_metrics"), "accuracy");
}

TEST_F(SchemaTest, PartsAreThoseOfTheProgram) {
  Database db = open_history(path_, Access::create, kPatience);
  Statement rows = db.prepare("SELECT part_id, name, meaning FROM parts ORDER BY 1");
  for (const PartInfo& part : parts()) {
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.integer(0), static_cast<int>(part.part));
    EXPECT_EQ(rows.text(1), part.name);
    EXPECT_EQ(rows.text(2), part.meaning);
    EXPECT_EQ(name(part.part), part.name);
    EXPECT_EQ(part_from_name(part.name), part.part);
  }
  EXPECT_FALSE(rows.step());
  EXPECT_FALSE(part_from_name("steps"));
}

TEST_F(SchemaTest, AnEmptyFileBecomesAHistory) {
  write_file(path_, "");
  EXPECT_EQ(open_history(path_, Access::write, kPatience).integer("PRAGMA user_version"), schema_version());
}

TEST_F(SchemaTest, AMissingFileIsMadeOnlyWhenAsked) {
  EXPECT_NE(refusal(Access::write).find("there is no history here\n  Run a script first"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SchemaTest, AFolderAPipeAndANamelessPathAreRefused) {
  std::filesystem::create_directory(path_);
  EXPECT_NE(refusal().find("is a folder, not a history file"), std::string::npos);
  path_ = "/dev/zero";
  EXPECT_NE(refusal().find("is not a regular file"), std::string::npos);
  path_ = "";
  EXPECT_NE(refusal().find("is no path for a history"), std::string::npos);
}

TEST_F(SchemaTest, ATextFileIsRefusedAndKept) {
  const std::string text = "epoch,loss\n1,0.5\n" + std::string(2000, 'x');
  write_file(path_, text);
  EXPECT_NE(refusal().find("file is not a database\n  This is not an SQLite file."), std::string::npos);
  EXPECT_EQ(read_file(path_), text);
}

TEST_F(SchemaTest, AnotherApplicationsFileIsRefusedAndKept) {
  Database(path_, Access::create).execute("CREATE TABLE bookmarks (url)");
  const std::string before = read_file(path_);
  EXPECT_NE(refusal().find("another application"), std::string::npos);
  EXPECT_EQ(read_file(path_), before);
  raw().execute("DROP TABLE bookmarks; PRAGMA application_id = 7");
  EXPECT_NE(refusal().find("another application"), std::string::npos);
}

TEST_F(SchemaTest, ANewerVersionIsRefusedWithBothNumbers) {
  open_history(path_, Access::create, kPatience);
  raw().execute(fmt::format("PRAGMA user_version = {}", schema_version() + 1));
  const std::string message = refusal();
  EXPECT_NE(message.find(fmt::format("history version {}; this one knows up to {}", schema_version() + 1,
                                     schema_version())),
            std::string::npos);
  EXPECT_NE(message.find("Update Orrery"), std::string::npos);
}

TEST_F(SchemaTest, AFailingStepLeavesTheVersionBefore) {
  const Migration steps[] = {{1, "CREATE TABLE a (x)"},
                             {2, "ALTER TABLE a ADD COLUMN y; CREATE TABLE a (x)"}};
  Database db(path_, Access::create);
  EXPECT_THROW(migrate(db, steps), DatabaseError);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 1);
  EXPECT_EQ(db.integer("SELECT count(*) FROM pragma_table_info('a')"), 1);
}

TEST_F(SchemaTest, OnlyTheMissingStepsAreRun) {
  const Migration steps[] = {{1, "CREATE TABLE a (x)"}, {2, "INSERT INTO a VALUES (1)"}};
  Database db(path_, Access::create);
  migrate(db, std::span(steps).first(1));
  migrate(db, steps);
  migrate(db, steps);
  EXPECT_EQ(db.integer("SELECT count(*) FROM a"), 1);
  EXPECT_EQ(db.integer("PRAGMA user_version"), 2);
}

TEST_F(SchemaTest, AnOlderFileThatMayOnlyBeReadIsRefusedWithWords) {
  Database(path_, Access::create).execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  EXPECT_NE(refusal(Access::read).find("older version"), std::string::npos);
}

TEST_F(SchemaTest, NoDamagedByteMakesItCrash) {
  open_history(path_, Access::create, kPatience);
  const std::string good = read_file(path_);
  for (std::size_t at = 0; at < good.size(); at += at < 200 ? 1 : 409) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0xFF);
    write_file(path_, bad);
    try {
      const HistoryReader reader(path_, clock(), std::chrono::milliseconds(0));
      reader.list();
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("orrery.db"), std::string::npos);
    }
  }
}

TEST_F(SchemaTest, AFileCutAnywhereIsRefusedOrEmpty) {
  open_history(path_, Access::create, kPatience);
  const std::string good = read_file(path_);
  for (const std::size_t size : {1u, 16u, 99u, 100u, 512u, 4095u, 4096u, 4097u, 20000u}) {
    write_file(path_, good.substr(0, size));
    EXPECT_THROW(HistoryReader(path_, clock(), std::chrono::milliseconds(0)).list(), Error) << size;
  }
}

}  // namespace orrery
