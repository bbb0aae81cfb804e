#include "runtime/history/metric_direction.h"

#include "runtime/history/run_field.h"
#include "tests/history/history_fixture.h"

namespace orrery {

class MetricDirectionTest : public HistoryTest {};

TEST_F(MetricDirectionTest, NamesTellByWholeWords) {
  for (const char* rising : {"accuracy", "val_accuracy", "Top1-Acc", "mean_reward", "f1[3]", "r2"})
    EXPECT_TRUE(sounds_rising(rising)) << rising;
  for (const char* falling : {"loss", "inaccuracy", "error", "mapping_loss", "perplexity", ""})
    EXPECT_FALSE(sounds_rising(falling)) << falling;
}

TEST_F(MetricDirectionTest, TheManagerOfTheNewestRunKnowsBetterThanTheName) {
  RunInfo run = run_info();
  run.rising_metrics = {"coverage"};
  HistoryWriter writer(options(), run);
  for (const char* metric : {"coverage", "loss"}) writer.metric({1, Split::validation, metric, 0.5});
  writer.finish(RunStatus::done, "");
  const Database db = raw();
  EXPECT_TRUE(larger_is_better(db, "coverage"));
  EXPECT_FALSE(larger_is_better(db, "loss"));
  EXPECT_TRUE(larger_is_better(db, "accuracy"));
  EXPECT_FALSE(larger_is_better(db, "nowhere"));
}

TEST_F(MetricDirectionTest, ANameInAQuestionHasTheDirectionOfItsMetric) {
  RunInfo run = run_info();
  run.config_json = R"({"lr":0.1})";
  run.rising_metrics = {"coverage"};
  HistoryWriter writer(options(), run);
  for (const char* metric : {"coverage", "loss"}) writer.metric({1, Split::validation, metric, 0.5});
  writer.finish(RunStatus::done, "");
  const Database db = raw();
  for (const char* rising : {"coverage", "val_coverage", "best:val_coverage", "min:coverage"})
    EXPECT_TRUE(more_is_better(db, rising)) << rising;
  for (const char* falling : {"val_loss", "best:loss", "took", "lr"})
    EXPECT_FALSE(more_is_better(db, falling)) << falling;
  EXPECT_NE(message_of([&] { more_is_better(db, "val_los"); }).find("did you mean 'val_loss'"),
            std::string::npos);
}

}  // namespace orrery
