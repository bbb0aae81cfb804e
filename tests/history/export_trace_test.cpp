#include "runtime/history/export_trace.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/history/history_fixture.h"

namespace orrery {
namespace {

using Json = nlohmann::json;

// Step 7: waits 10 ns, 100 ns forward, of which `enc/a` has 30, `enc/b` 20 behind it and `head` the last 40.
ExportedRun traced() {
  ExportedRun run;
  run.name = "first";
  run.pieces = {{7, "", "data_wait", 0, 10},
                {7, "", "forward", 10, 100},
                {7, "enc/a", "forward", 10, 30},
                {7, "enc/b", "forward", 40, 20},
                {7, "head", "forward", 70, 40}};
  return run;
}

TEST(ExportTraceTest, FoldedStacksShareTheTimeAmongPartsBlocksAndNodes) {
  EXPECT_EQ(folded_stacks(traced()),
            "data_wait 10\n"
            "forward 10\n"
            "forward;enc;a 30\n"
            "forward;enc;b 20\n"
            "forward;head 40\n");
}

TEST(ExportTraceTest, StepsOfOneKindAreFoldedTogether) {
  ExportedRun run = traced();
  run.pieces.push_back({8, "", "data_wait", 110, 15});
  EXPECT_EQ(folded_stacks(run).substr(0, 13), "data_wait 25\n");
}

TEST(ExportTraceTest, AChromeTraceHasOneCompleteEventAFrame) {
  const Json trace = Json::parse(chrome_trace(traced()));
  std::map<std::string, Json> events;
  for (const Json& event : trace["traceEvents"])
    if (event["ph"] == "X") {
      EXPECT_FALSE(events.contains(event["name"])) << event["name"];
      events[event["name"]] = event;
    }
  EXPECT_EQ(events.size(), 7U);
  EXPECT_EQ(events["step 7"]["ts"], 0.0);
  EXPECT_EQ(events["step 7"]["dur"], 0.11);
  EXPECT_EQ(events["enc"]["ts"], 0.01);
  EXPECT_EQ(events["enc"]["dur"], 0.05);
  EXPECT_EQ(events["enc"]["cat"], "graph");
  EXPECT_EQ(events["forward"]["cat"], "part");
  EXPECT_EQ(events["head"]["dur"], 0.04);
  for (const auto& [name, event] : events)
    EXPECT_TRUE(event.contains("pid") && event.contains("tid")) << name;
}

TEST(ExportTraceTest, ASpeedscopeProfileClosesWhatItOpens) {
  const Json file = Json::parse(speedscope_profile(traced()));
  EXPECT_EQ(file["$schema"], "https://www.speedscope.app/file-format-schema.json");
  const Json& profile = file["profiles"][0];
  EXPECT_EQ(profile["type"], "evented");
  EXPECT_EQ(profile["unit"], "nanoseconds");
  EXPECT_EQ(profile["startValue"], 0);
  EXPECT_EQ(profile["endValue"], 110);
  std::vector<int> open;
  std::int64_t at = 0;
  for (const Json& event : profile["events"]) {
    EXPECT_GE(event["at"], at);
    at = event["at"];
    const int frame = event["frame"];
    ASSERT_LT(static_cast<size_t>(frame), file["shared"]["frames"].size());
    if (event["type"] == "O") {
      open.push_back(frame);
    } else {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), frame);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST(ExportTraceTest, ANodeIsCutAtItsPartsBorder) {
  ExportedRun run;
  run.pieces = {{1, "", "forward", 0, 10}, {1, "", "copy", 10, 5}, {1, "x", "copy", 8, 7}};
  EXPECT_EQ(folded_stacks(run), "copy;x 5\nforward 8\nforward;x 2\n");
}

TEST(ExportTraceTest, ARunWithoutPiecesHasNoTrace) {
  EXPECT_EQ(chrome_trace({}), "");
  EXPECT_EQ(speedscope_profile({}), "");
  EXPECT_EQ(folded_stacks({}), "");
}

class StoredTraceTest : public HistoryTest {};

TEST_F(StoredTraceTest, PiecesComeFromTheHistory) {
  HistoryWriter writer(options(), run_info("first"));
  writer.profile_steps(std::vector<StepSpanRecord>{
      {.step = 7, .position = 0, .part = StepPart::data_wait, .begin_ns = 0, .duration_ns = 10},
      {.step = 7,
       .position = 1,
       .node = "enc/a",
       .part = StepPart::backward,
       .begin_ns = 10,
       .duration_ns = 5}});
  writer.finish(RunStatus::done, "");
  const HistoryReader reader(path_, clock());
  const ExportedRun run = reader.exported(reader.resolve("first"));
  ASSERT_EQ(run.pieces.size(), 2U);
  EXPECT_EQ(run.pieces[0].part, "data_wait");
  EXPECT_EQ(run.pieces[0].node, "");
  EXPECT_EQ(run.pieces[1].node, "enc/a");
  EXPECT_EQ(run.pieces[1].part, "backward");
  EXPECT_EQ(run.pieces[1].duration_ns, 5);
}

}  // namespace
}  // namespace orrery
