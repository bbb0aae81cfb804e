#include "runtime/history/queries.h"

#include <algorithm>

#include "runtime/history/run_condition.h"
#include "runtime/history/run_field.h"
#include "tests/history/history_fixture.h"

namespace orrery {

class QueriesTest : public HistoryTest {
 protected:
  void record(RunInfo run, RunStatus status, int epochs = 2) {
    HistoryWriter writer(options(), std::move(run));
    for (int epoch = 1; epoch <= epochs; ++epoch) write_epoch(writer, epoch);
    writer.finish(status, "");
    now_ += 1000;
  }
  HistoryReader reader() { return HistoryReader(path_, clock()); }
  static std::string names(const Table& table) {
    std::string all;
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      all += std::get<std::string>(at(table, i, "run")) + " ";
    return all;
  }
};

TEST_F(QueriesTest, AMissingHistoryIsSaidWithWords) {
  EXPECT_NE(message_of([&] { reader(); }).find("there is no history here"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(QueriesTest, RunsAreListedNewestFirst) {
  record(run_info("one"), RunStatus::done);
  record(run_info("two"), RunStatus::failed);
  record(run_info("three"), RunStatus::done);
  EXPECT_EQ(names(reader().list()), "three two one ");
  EXPECT_EQ(names(reader().list({.limit = 2})), "three two ");
}

TEST_F(QueriesTest, ALaterRunIsNewerAlsoWhenTheClockWasPutBack) {
  { const HistoryWriter first(options(), run_info("first")); }
  now_ -= 3'600'000;
  { const HistoryWriter second(options(), run_info("second")); }
  const HistoryReader reader(path_, clock());
  const Table runs = reader.list({});
  EXPECT_EQ(at(runs, 0, "run"), Cell(std::string("second")));
  EXPECT_EQ(at(runs, 1, "run"), Cell(std::string("first")));
  EXPECT_EQ(reader.resolve("last"), 2);
}

TEST_F(QueriesTest, FiltersNarrowTheList) {
  record(run_info("one"), RunStatus::done);
  RunInfo tagged = run_info("Two");
  tagged.tags = {"paper"};
  tagged.graph->structural_hash = "other";
  record(tagged, RunStatus::failed);
  EXPECT_EQ(names(reader().list({.status = RunStatus::done})), "one ");
  EXPECT_EQ(names(reader().list({.tag = "paper"})), "Two ");
  EXPECT_EQ(names(reader().list({.name_part = "tW"})), "Two ");
  EXPECT_EQ(names(reader().list({.structural_hash = "5eed"})), "one ");
  EXPECT_EQ(names(reader().list({.status = RunStatus::done, .tag = "paper"})), "");
  EXPECT_EQ(names(reader().list({.name_part = "%"})), "");
}

TEST_F(QueriesTest, TheListShowsTheLastValueOfEveryMetric) {
  record(run_info("one"), RunStatus::done, 4);
  record(run_info("none"), RunStatus::done, 0);
  const Table runs = reader().list();
  const std::vector<std::string> expected{
      "run_id",          "run",    "status",          "started", "seconds",    "epochs", "train_loss",
      "validation_loss", "device", "parameter_count", "tags",    "exit_reason"};
  EXPECT_EQ(runs.columns, expected);
  EXPECT_EQ(at(runs, 0, "train_loss"), Cell());
  EXPECT_EQ(at(runs, 1, "train_loss"), Cell(0.25));
  EXPECT_EQ(at(runs, 1, "validation_loss"), Cell(0.5));
  EXPECT_EQ(at(runs, 1, "epochs"), Cell(std::int64_t{4}));
  for (const Row& row : runs.rows) EXPECT_EQ(row.size(), runs.columns.size());
}

TEST_F(QueriesTest, ShowGivesEachBlockWithItselfAndItsChildren) {
  record(run_info(), RunStatus::done, 2);
  const Table blocks = reader().show(1).blocks;
  EXPECT_EQ(std::count(blocks.columns.begin(), blocks.columns.end(), "run"), 0);
  ASSERT_EQ(blocks.rows.size(), 4u);
  EXPECT_EQ(at(blocks, 0, "path"), Cell(std::string()));
  EXPECT_EQ(at(blocks, 0, "own_forward_seconds"), Cell());
  EXPECT_EQ(at(blocks, 0, "forward_seconds"), Cell(15.0));
  EXPECT_EQ(at(blocks, 0, "tmu_bytes"), Cell(4096.0));
  // `encoder2` begins with the same letters as `encoder` but does not lie in it.
  EXPECT_EQ(at(blocks, 1, "path"), Cell(std::string("encoder")));
  EXPECT_EQ(at(blocks, 1, "forward_seconds"), Cell(5.0));
  EXPECT_EQ(at(blocks, 2, "own_forward_seconds"), Cell(5.0));
  EXPECT_EQ(at(blocks, 2, "steps"), Cell(std::int64_t{20}));
  EXPECT_EQ(at(blocks, 3, "forward_seconds"), Cell(10.0));
}

TEST_F(QueriesTest, ShowGivesTheMetricsSideBySideAndTheirBestValues) {
  record(run_info(), RunStatus::done, 3);
  const RunDetail detail = reader().show(1);
  ASSERT_EQ(detail.metrics.rows.size(), 3u);
  EXPECT_EQ(at(detail.metrics, 1, "train"), Cell(0.5));
  EXPECT_EQ(at(detail.metrics, 1, "validation"), Cell(1.0));
  EXPECT_EQ(at(detail.metrics, 1, "test"), Cell());
  EXPECT_EQ(at(detail.metrics, 1, "seconds"), Cell(1.5));
  ASSERT_EQ(detail.ranges.rows.size(), 2u);
  EXPECT_EQ(at(detail.ranges, 1, "split"), Cell(std::string("validation")));
  EXPECT_EQ(at(detail.ranges, 1, "highest"), Cell(2.0));
  EXPECT_EQ(at(detail.ranges, 1, "highest_epoch"), Cell(std::int64_t{1}));
  EXPECT_EQ(at(detail.ranges, 1, "lowest_epoch"), Cell(std::int64_t{3}));
}

TEST_F(QueriesTest, ConfigComesAsKeysTypesAndValues) {
  record(run_info(), RunStatus::done, 0);
  const Table config = reader().show(1).config;
  ASSERT_EQ(config.rows.size(), 5u);
  EXPECT_EQ(config.rows[0], (Row{std::string("epochs"), std::string("integer"), std::int64_t{3}}));
  EXPECT_EQ(config.rows[1], (Row{std::string("lr"), std::string("real"), 0.01}));
  EXPECT_EQ(config.rows[3],
            (Row{std::string("nested"), std::string("object"), std::string(R"({"a":[1,2]})")}));
  EXPECT_EQ(config.rows[4], (Row{std::string("on"), std::string("true"), std::string("true")}));
}

TEST_F(QueriesTest, AnUnknownIdIsAUsageError) {
  record(run_info(), RunStatus::done, 0);
  EXPECT_NE(message_of([&] { reader().show(7); }).find("there is no run 7"), std::string::npos);
}

TEST_F(QueriesTest, BlockEpochsGivesEveryQuantityOfEveryEpoch) {
  record(run_info(), RunStatus::done, 3);
  EXPECT_EQ(reader().block_epochs(1).rows.size(), 9u);
}

TEST_F(QueriesTest, ReadersDoNotDisturbAWriter) {
  HistoryWriter writer(options(), run_info());
  write_epoch(writer, 1);
  const HistoryReader during = reader();
  EXPECT_EQ(during.list().rows.size(), 1u);
  write_epoch(writer, 2);
  EXPECT_EQ(during.show(1).metrics.rows.size(), 2u);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(QueriesTest, OneRunsCostsAreFoundThroughAnIndex) {
  record(run_info(), RunStatus::done);
  HistoryReader opened = reader();
  for (const char* sql :
       {"SELECT * FROM block_cost WHERE run_id = 1",
        "SELECT * FROM block_cost WHERE run = 'x'",
        "SELECT * FROM metric_range WHERE run = 'x'",
        "SELECT * FROM epoch_metrics WHERE run = 'x'",
        "SELECT * FROM block_epochs WHERE run = 'x'",
        "SELECT * FROM metric_curve WHERE run_id = 1",
        "SELECT * FROM metric_range WHERE run_id = 1",
        "SELECT * FROM epoch_metrics WHERE run_id = 1",
        "SELECT * FROM block_epochs WHERE run_id = 1",
        "SELECT * FROM run_config WHERE run_id = 1",
        "SELECT * FROM run_summary WHERE run = 'x'",
        "SELECT * FROM part_cost WHERE run_id = 1",
        "SELECT * FROM node_cost WHERE run_id = 1",
        "SELECT * FROM run_events WHERE run_id = 1",
        "SELECT * FROM run_log WHERE run_id = 1",
        "SELECT * FROM step_curve WHERE run_id = 1",
        "SELECT * FROM events WHERE run_id = 1 ORDER BY happened_unix_ms DESC, event_id DESC LIMIT 50",
        "SELECT run_id FROM metrics WHERE name = 'loss' AND split = 'train' AND value BETWEEN 0 AND 1 "
        "GROUP BY run_id ORDER BY min(value), run_id DESC",
        "SELECT max(run_id) FROM metrics WHERE name = 'x' AND split = 'train'",
        "SELECT name FROM metrics WHERE name > 'x' ORDER BY name LIMIT 1"}) {
    std::string plan;
    opened.sql(std::string("EXPLAIN QUERY PLAN ") + sql, {}, {.row = [&](const Row& row) {
                 plan += std::get<std::string>(row.back()) + "\n";
                 return true;
               }});
    for (const char* scan :
         {"SCAN m\n", "SCAN metrics\n", "SCAN t\n", "SCAN p\n", "SCAN s\n", "SCAN e\n", "SCAN r\n"}) {
      EXPECT_EQ(plan.find(scan), std::string::npos) << sql << "\n" << plan;
    }
  }
}

// Of the runs themselves each is looked at; of all else only what belongs to it.
TEST_F(QueriesTest, ConditionsAndOrdersFindMetricsThroughAnIndex) {
  record(run_info(), RunStatus::done);
  HistoryReader(path_, clock()).list();
  Database db = raw();
  db.execute("CREATE TEMP TABLE ended (run_id INTEGER PRIMARY KEY)");
  for (const char* where : {"val_loss<1", "loss<1", "best:loss<1 and status=done", "val_loss=nan", "lr<1",
                            "tag=x or note~x", "epochs>3"}) {
    const std::string sql =
        "EXPLAIN QUERY PLAN SELECT s.run_id FROM run_summary s JOIN runs r USING (run_id) WHERE " +
        run_condition(db, where).sql + " ORDER BY " + run_field(db, "best:val_loss").sql;
    Statement plan = db.prepare(sql);
    while (plan.step()) {
      const std::string line = plan.text(3);
      const bool scans = line.starts_with("SCAN ") && line != "SCAN runs" && line != "SCAN CONSTANT ROW";
      EXPECT_FALSE(scans) << where << ": " << line;
    }
  }
}

}  // namespace orrery
