#include <cmath>

#include "runtime/history/export_csv.h"
#include "runtime/history/export_mlflow.h"
#include "tests/history/history_fixture.h"

namespace orrery {

/// Runs as other tools get them.
class HistoryExportTest : public HistoryTest {
 protected:
  ExportedRun record(const std::string& name = "first") {
    HistoryWriter writer(options(), run_info(name));
    writer.step({Split::train, "loss", 50, 1, 0.75, now_ + 500});
    writer.step({Split::train, "norm, total", 50, 1, std::nan(""), now_ + 500});
    writer.note("looks \"good\"");
    now_ += 1000;
    write_epoch(writer, 1);
    now_ += 1000;
    write_epoch(writer, 2);
    writer.artifact({"image", "a.png", 3, "", "digits", 7});
    writer.finish(RunStatus::done, "");
    return exported(name);
  }
  ExportedRun exported(const std::string& name) {
    const HistoryReader reader(path_, clock());
    return reader.exported(reader.resolve(name));
  }
  static std::vector<std::string> names(const ExportedRun& run) {
    std::vector<std::string> all;
    for (const auto& curve : run.curves) all.push_back(curve.name);
    return all;
  }
  Database store() const { return Database(folder_ / "mlflow.db", Access::read); }
  void to_mlflow(const ExportedRun& run) { export_to_mlflow(folder_ / "mlflow.db", {&run, 1}); }
};

TEST_F(HistoryExportTest, ARunComesWithAllThatOtherToolsKnow) {
  const ExportedRun run = record();
  EXPECT_EQ(run.uid.size(), 32u);
  EXPECT_EQ(run.name, "first");
  EXPECT_EQ(run.status, "done");
  EXPECT_EQ(run.started, 1'700'000'000'000);
  EXPECT_EQ(run.ended, 1'700'000'002'000);
  EXPECT_EQ(run.seed, 7);
  EXPECT_EQ(run.tags, std::vector<std::string>{"first"});
  EXPECT_EQ(run.notes, std::vector<std::string>{"looks \"good\""});
  ASSERT_EQ(run.config.size(), 5u);
  EXPECT_EQ(run.config[1], (std::pair<std::string, std::string>("lr", "0.01")));
  ASSERT_EQ(run.files.size(), 1u);
  EXPECT_EQ(run.files[0].name, "digits");
  EXPECT_EQ(run.files[0].step, 7);
}

TEST_F(HistoryExportTest, CurvesOverStepsAreToldFromThoseOverEpochs) {
  const ExportedRun run = record();
  EXPECT_EQ(names(run), (std::vector<std::string>{"train_loss", "validation_loss", "train_loss_step",
                                                  "train_norm, total"}));
  EXPECT_EQ(run.curves[0].points.size(), 2u);
  EXPECT_EQ(run.curves[0].points[1].step, 2);
  EXPECT_EQ(run.curves[0].points[1].at, 1'700'000'002'000);
  EXPECT_EQ(run.curves[2].points[0].step, 50);
  EXPECT_TRUE(std::isnan(run.curves[3].points[0].value));
}

TEST_F(HistoryExportTest, ALastValueThatStandsAtItsStepIsNoCurveOfItsOwn) {
  HistoryWriter writer(options(), run_info("own"));
  writer.step({Split::train, "loss", 1, 0, 0.5, now_});
  writer.metric({0, Split::train, "loss", 0.5});
  writer.metric({0, Split::test, "accuracy", 0.9});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(names(exported("own")), (std::vector<std::string>{"test_accuracy", "train_loss"}));
}

TEST_F(HistoryExportTest, ARunThatIsNotThereIsRefused) {
  record();
  EXPECT_NE(message_of([&] { HistoryReader(path_, clock()).exported(9); }).find("there is no run 9"),
            std::string::npos);
}

TEST_F(HistoryExportTest, ALongTableHasARowANumber) {
  const ExportedRun run = record();
  EXPECT_EQ(long_csv({&run, 1}),
            "run,metric,split,epoch,step,time,value\n"
            "first,loss,train,1,,1700000001,1\n"
            "first,loss,train,2,,1700000002,0.5\n"
            "first,loss,validation,1,,1700000001,2\n"
            "first,loss,validation,2,,1700000002,1\n"
            "first,loss,train,,50,1700000000.5,0.75\n"
            "first,\"norm, total\",train,,50,1700000000.5,nan\n");
}

TEST_F(HistoryExportTest, AWideTableHasAColumnACurve) {
  const ExportedRun run = record();
  EXPECT_EQ(wide_csv(run, true), "epoch,train_loss,validation_loss\n1,1,2\n2,0.5,1\n");
  EXPECT_EQ(wide_csv(run, false), "step,train_loss,\"train_norm, total\"\n50,0.75,nan\n");
}

TEST_F(HistoryExportTest, AWideTableLeavesCellsEmptyWhereThereIsNoNumber) {
  ExportedRun run;
  run.curves = {{"train_a", false, "train", "a", {{1, 0, 1}, {2, 0, 2}}},
                {"train_b", false, "train", "b", {{2, 0, 0.1}, {3, 0, INFINITY}}}};
  EXPECT_EQ(wide_csv(run, false), "step,train_a,train_b\n1,1,\n2,2,0.1\n3,,inf\n");
  EXPECT_EQ(wide_csv(run, true), "");
}

TEST_F(HistoryExportTest, AnMlflowStoreHasTheRunInItsExperiment) {
  const ExportedRun run = record();
  to_mlflow(run);
  EXPECT_EQ(store().text("SELECT r.name || ' ' || status || ' ' || start_time || ' ' || end_time FROM runs r "
                         "JOIN experiments e USING (experiment_id) WHERE e.name = 'orrery'"),
            "first FINISHED 1700000000000 1700000002000");
  EXPECT_EQ(store().text("SELECT run_uuid FROM runs"), run.uid);
  EXPECT_EQ(store().text("SELECT value FROM params WHERE key = 'lr'"), "0.01");
  EXPECT_EQ(store().text("SELECT value FROM params WHERE key = 'on'"), "true");
  EXPECT_EQ(store().text("SELECT value FROM tags WHERE key = 'mlflow.note.content'"), "looks \"good\"");
  EXPECT_EQ(store().text("SELECT value FROM tags WHERE key = 'first'"), "true");
  EXPECT_EQ(store().integer("SELECT count(*) FROM metrics"), 6);
  EXPECT_EQ(store().text("SELECT value || ' ' || step FROM latest_metrics WHERE key = 'train_loss'"),
            "0.5 2");
  EXPECT_EQ(store().text("SELECT value || ' ' || is_nan FROM metrics WHERE key = 'train_norm, total'"),
            "0.0 1");
}

TEST_F(HistoryExportTest, MlflowKnowsInterruptedRunsAndInfinitiesByOtherNames) {
  ExportedRun run = record();
  run.status = "interrupted";
  run.curves = {{"train_loss", true, "train", "loss", {{1, 0, INFINITY}}}};
  to_mlflow(run);
  EXPECT_EQ(store().text("SELECT status FROM runs"), "KILLED");
  EXPECT_EQ(store().integer("SELECT value = 1.7976931348623157e308 FROM metrics"), 1);
}

TEST_F(HistoryExportTest, ARunThatIsExportedAgainIsWrittenAnew) {
  ExportedRun run = record();
  to_mlflow(run);
  Database(folder_ / "mlflow.db", Access::write)
      .execute("INSERT INTO tags VALUES ('reviewed', 'yes', '" + run.uid + "')");
  run.curves[0].points.push_back({3, now_, 0.25});
  to_mlflow(run);
  EXPECT_EQ(store().integer("SELECT count(*) FROM runs"), 1);
  EXPECT_EQ(store().integer("SELECT count(*) FROM metrics"), 7);
  EXPECT_EQ(store().text("SELECT value FROM latest_metrics WHERE key = 'train_loss'"), "0.25");
  EXPECT_EQ(store().text("SELECT value FROM tags WHERE key = 'reviewed'"), "yes");
}

TEST_F(HistoryExportTest, AnotherSqliteFileIsRefusedAndKept) {
  const ExportedRun run = record();
  const std::string message = message_of([&] { export_to_mlflow(path_, {&run, 1}); });
  EXPECT_NE(message.find("without MLflow's table 'experiments'"), std::string::npos) << message;
  EXPECT_EQ(exported("first").name, "first");
}

TEST_F(HistoryExportTest, AnMlflowStoreThatCannotBeWrittenIsAnError) {
  const ExportedRun run = record();
  const std::string message = message_of([&] {
    export_to_mlflow(folder_ / "missing" / "mlflow.db", {&run, 1});
  });
  EXPECT_NE(message.find("mlflow.db"), std::string::npos) << message;
  write_file(folder_ / "text.db", std::string(2000, 'x'));
  EXPECT_NE(message_of([&] {
              export_to_mlflow(folder_ / "text.db", {&run, 1});
            }).find("not a database"),
            std::string::npos);
}

TEST_F(HistoryExportTest, AFailingExportLeavesTheStoreAsItWas) {
  ExportedRun good = record("good"), bad = record("bad");
  to_mlflow(good);
  bad.status = "interrupted";
  Database(folder_ / "mlflow.db", Access::write)
      .execute("CREATE UNIQUE INDEX only_one ON runs (experiment_id)");
  const ExportedRun both[] = {good, bad};
  EXPECT_THROW(export_to_mlflow(folder_ / "mlflow.db", both), DatabaseError);
  EXPECT_EQ(store().integer("SELECT count(*) FROM runs"), 1);
  EXPECT_EQ(store().integer("SELECT count(*) FROM metrics"), 6);
}

}  // namespace orrery
