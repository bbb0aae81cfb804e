#include "runtime/history/run_listing.h"

#include <cmath>
#include <limits>

#include "tests/history/history_fixture.h"

namespace orrery {

class RunListingTest : public HistoryTest {
 protected:
  void record(const std::string& name, const std::string& config, double loss,
              const std::string& hash = "5eed") {
    RunInfo run = run_info(name);
    run.config_json = config;
    run.graph->structural_hash = hash;
    HistoryWriter writer(options(), run);
    writer.metric({1, Split::validation, "loss", loss});
    writer.end_epoch({1, 1.5, 10, 640});
    writer.finish(RunStatus::done, "");
  }
  Table list(const RunFilter& filter) { return HistoryReader(path_, clock()).list(filter); }
  std::string names(RunFilter filter) {
    filter.columns = "run";
    std::string all;
    for (const Row& row : list(filter).rows) all += std::get<std::string>(row[0]) + " ";
    return all;
  }
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST_F(RunListingTest, SortsByAnythingWithWhatIsMissingLast) {
  record("b", R"({"lr":0.1})", 2);
  record("a", R"({"lr":0.2})", 1);
  record("nan", "{}", std::nan(""));
  record("inf", R"({"lr":0.05})", kInfinity);
  EXPECT_EQ(names({.sort = "val_loss"}), "a b inf nan ");
  EXPECT_EQ(names({.sort = "-val_loss"}), "inf b a nan ");
  EXPECT_EQ(names({.sort = "lr"}), "inf b a nan ");
  EXPECT_EQ(names({.sort = "run"}), "a b inf nan ");
  EXPECT_EQ(names({.sort = "status,-run"}), "nan inf b a ");
  EXPECT_EQ(names({.sort = "status"}), "inf nan a b ");
  EXPECT_EQ(names({.sort = "val_loss", .limit = 2}), "a b ");
}

TEST_F(RunListingTest, GivesTheChosenColumnsUnderTheirNames) {
  record("one", R"({"lr":0.1,"deep":{"er":[1,2]}})", std::nan(""));
  const Table runs = list({.columns = "run,lr,val_loss,best:val_loss,deep.er"});
  EXPECT_EQ(runs.columns, (std::vector<std::string>{"run", "lr", "val_loss", "best:val_loss", "deep.er"}));
  ASSERT_EQ(runs.rows.size(), 1u);
  EXPECT_EQ(runs.rows[0][1], Cell(0.1));
  EXPECT_TRUE(std::isnan(std::get<double>(runs.rows[0][2])));
  EXPECT_EQ(runs.rows[0][3], Cell());
  EXPECT_EQ(runs.rows[0][4], Cell(std::string("[1,2]")));
}

TEST_F(RunListingTest, AnUnknownColumnNamesTheNearest) {
  record("one", R"({"momentum":0.1})", 1);
  const auto refusal = [&](const RunFilter& filter) { return message_of([&] { list(filter); }); };
  EXPECT_NE(refusal({.columns = "run,momentm"}).find("did you mean 'momentum'?"), std::string::npos);
  EXPECT_NE(refusal({.sort = "vall_loss"}).find("did you mean 'val_loss'?"), std::string::npos);
  EXPECT_NE(refusal({.columns = "tag"}).find("'tags' is"), std::string::npos);
  EXPECT_NE(refusal({.sort = "tag"}).find("cannot be sorted"), std::string::npos);
  EXPECT_NE(refusal({.sort = "run,"}), "");
}

TEST_F(RunListingTest, ShowsTheSettingsThatDiffer) {
  record("one", R"({"lr":0.1,"batch":64,"on":true,"nested":{"a":1}})", 1);
  record("two", R"({"lr":0.2,"batch":64,"on":false,"nested":{"a":2}})", 1);
  record("three", R"({"batch":64})", 1);
  const Table runs = list({.settings = true});
  EXPECT_EQ(at(runs, 0, "config.lr"), Cell());
  EXPECT_EQ(at(runs, 1, "config.lr"), Cell(0.2));
  EXPECT_EQ(at(runs, 2, "config.on"), Cell(std::string("true")));
  for (const char* same : {"config.batch", "config.nested"})
    EXPECT_EQ(std::count(runs.columns.begin(), runs.columns.end(), same), 0) << same;
  EXPECT_EQ(list({}).columns.size() + 2, runs.columns.size());
}

TEST_F(RunListingTest, FindsRunsOfTheSameArchitecture) {
  record("one", "{}", 1, "aa");
  record("two", "{}", 1, "bb");
  record("three", "{}", 1, "aa");
  EXPECT_EQ(names({.like = "one"}), "three one ");
  EXPECT_EQ(names({.like = "last~1"}), "two ");
  RunInfo bare = run_info("bare");
  bare.graph.reset();
  HistoryWriter(options(), bare).finish(RunStatus::done, "");
  EXPECT_NE(message_of([&] { names({.like = "bare"}); }).find("has no graph"), std::string::npos);
}

TEST_F(RunListingTest, NaNAndInfinityAreToldApartFromNothing) {
  record("nan", "{}", std::nan(""));
  record("inf", "{}", kInfinity);
  const Table runs = list({});
  EXPECT_EQ(at(runs, 0, "validation_loss"), Cell(kInfinity));
  EXPECT_TRUE(std::isnan(std::get<double>(at(runs, 1, "validation_loss"))));
}

}  // namespace orrery
