#include <limits>

#include "tests/history/history_fixture.h"

namespace orrery {

/// What is kept beside the costs of blocks: nodes, parts of steps, kernels and single steps.
class FinerProfileTest : public HistoryTest {
 protected:
  static RunInfo with_nodes() {
    RunInfo run = run_info();
    run.graph->nodes = {{"encoder/attn/q", "encoder/attn", "Linear", 1}, {"loss", "", "cross_entropy", 2}};
    return run;
  }
  static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
};

TEST_F(FinerProfileTest, NodesAreKeptOnceForAGraph) {
  for (int i = 0; i < 2; ++i) HistoryWriter(options(), with_nodes()).finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT group_concat(n.path || ' ' || b.path || ' ' || operation || ' ' || position) "
                       "FROM nodes n JOIN blocks b USING (block_id)"),
            "encoder/attn/q encoder/attn Linear 1,loss  cross_entropy 2");
}

TEST_F(FinerProfileTest, AGraphOfAnEarlierVersionGetsItsNodes) {
  HistoryWriter(options(), run_info()).finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT count(*) FROM nodes"), 0);
  HistoryWriter(options(), with_nodes()).finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT count(*) FROM nodes"), 2);
}

TEST_F(FinerProfileTest, SteadyQuantitiesOfNodesAreStoredOnceAndOnChange) {
  HistoryWriter writer(options(), with_nodes());
  for (int epoch = 1; epoch <= 4; ++epoch) {
    writer.profile_nodes(epoch, std::vector{cost("loss", Quantity::forward_seconds, 0.5),
                                            cost("loss", Quantity::tmu_bytes, epoch < 3 ? 8 : 16)});
    writer.end_epoch({epoch, 1, 10, 10});
  }
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT count(*) FROM node_sizes"), 2);
  EXPECT_EQ(
      raw().text("SELECT group_concat(max) FROM (SELECT max FROM node_epochs WHERE quantity = 'tmu_bytes' "
                 "ORDER BY epoch)"),
      "8.0,8.0,16.0,16.0");
  EXPECT_EQ(raw().text("SELECT steps || ' ' || forward_seconds || ' ' || tmu_bytes || ' ' || operation "
                       "FROM node_cost"),
            "40 20.0 16.0 cross_entropy");
}

TEST_F(FinerProfileTest, ANodeThatTheGraphDoesNotListIsAdded) {
  HistoryWriter writer(options(), run_info());
  writer.profile_nodes(1, std::vector{cost("encoder/attn/new", Quantity::forward_seconds, 1)});
  writer.end_epoch({1, 1, 1, 1});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT path || ' ' || block FROM node_cost"), "encoder/attn/new encoder/attn");
}

TEST_F(FinerProfileTest, TimesHaveTheirPercentilesAndOthersNone) {
  HistoryWriter writer(options(), with_nodes());
  BlockProfileRecord time = cost("encoder2", Quantity::forward_seconds, 0.25);
  time.p50 = 0.125;
  time.p95 = 0.5;
  writer.profile(1, std::vector{time, cost("encoder2", Quantity::peak_bytes, 64)});
  writer.end_epoch({1, 1, 10, 10});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT p50 || ' ' || p95 FROM block_epochs WHERE quantity = 'forward_seconds'"),
            "0.125 0.5");
  EXPECT_EQ(count("SELECT p50 IS NULL AND p95 IS NULL FROM block_epochs WHERE quantity = 'peak_bytes'"), 1);
}

TEST_F(FinerProfileTest, ThePercentilesOfAnEpochsLongestPartRemain) {
  HistoryWriter writer(options(), with_nodes());
  BlockProfileRecord part = cost("encoder2", Quantity::forward_seconds, 1, 3);
  part.p50 = 1;
  writer.profile(1, std::vector{part});
  part.count = 7;
  part.p50 = 2;
  writer.profile(1, std::vector{part});
  part.count = 5;
  part.p50 = 3;
  writer.profile(1, std::vector{part});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT count || ' ' || p50 FROM block_profiles"), "15 2.0");
}

TEST_F(FinerProfileTest, PartsOfStepsAreKeptByEpoch) {
  HistoryWriter writer(options(), run_info());
  writer.profile_parts(1, std::vector<PartProfileRecord>{{StepPart::forward, 10, 0.5, 1, 7.5, 0.75, 1},
                                                         {StepPart::step, 10, 1, 2, 15}});
  writer.profile_parts(2, std::vector<PartProfileRecord>{{StepPart::forward, 10, 0.25, 1, 2.5}});
  writer.end_epoch({2, 1, 10, 10});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT count || ' ' || seconds || ' ' || shortest_seconds || ' ' || longest_seconds "
                       "FROM part_cost WHERE part = 'forward'"),
            "20 10.0 0.25 1.0");
  EXPECT_EQ(raw().text("SELECT mean || ' ' || p50 || ' ' || p95 FROM part_epochs WHERE part = 'forward'"),
            "0.75 0.75 1.0");
}

// The last step of an epoch goes on when the epoch is written.
TEST_F(FinerProfileTest, PartsOfAnEpochTakeThePlaceOfThoseSoFar) {
  HistoryWriter writer(options(), run_info());
  writer.profile_parts(1, std::vector<PartProfileRecord>{{StepPart::step, 3, 1, 2, 4.5, 1.5, 2}});
  write_epoch(writer, 1);
  EXPECT_EQ(raw().text("SELECT count || ' ' || sum FROM part_profiles"), "3 4.5");
  writer.profile_parts(1, std::vector<PartProfileRecord>{{StepPart::step, 3, 1.25, 3, 5.75, 1.5, 3},
                                                         {StepPart::checkpoint, 1, 1, 1, 1}});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(
      raw().text("SELECT group_concat(part || ' ' || count || ' ' || seconds || ' ' || shortest_seconds "
                 "|| ' ' || longest_seconds) FROM part_cost"),
      "checkpoint 1 1.0 1.0 1.0,step 3 5.75 1.25 3.0");
  EXPECT_EQ(raw().text("SELECT p95 FROM part_epochs WHERE part = 'step'"), "3.0");
}

TEST_F(FinerProfileTest, PartsOfARunThatGoesOnAreMergedWithThoseOfBefore) {
  {
    HistoryWriter writer(options(), run_info());
    writer.profile_parts(1, std::vector<PartProfileRecord>{{StepPart::step, 4, 1, 2, 6, 1.5, 2}});
    write_epoch(writer, 1);
    writer.finish(RunStatus::interrupted, "");
  }
  RunInfo again = run_info();
  again.name = raw().text("SELECT name FROM runs");
  again.goes_on_after = 1;
  HistoryWriter writer(options(), again);
  for (const double last : {1.0, 3.0}) {
    writer.profile_parts(1, std::vector<PartProfileRecord>{{StepPart::step, 2, 0.5, last, 0.5 + last}});
    writer.flush();
  }
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(
      raw().text("SELECT count || ' ' || min || ' ' || max || ' ' || sum || ' ' || p50 FROM part_profiles"),
      "6 0.5 3.0 9.5 1.5");
}

TEST_F(FinerProfileTest, KernelsOfOneNodeAndOfNoneAreMergedApart) {
  HistoryWriter writer(options(), with_nodes());
  for (int i = 0; i < 2; ++i) {
    writer.profile_kernels(
        1, std::vector<KernelProfileRecord>{{"loss", StepPart::forward, "aten::nll_loss", "cpu", 5, 1, 2, 8},
                                            {"", StepPart::optimizer, "aten::add_", "cpu", 5, 1, 3, 9}});
  }
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(
      raw().text("SELECT group_concat(ifnull(node, '-') || ' ' || kernel || ' ' || calls || ' ' || seconds) "
                 "FROM kernel_cost"),
      "- aten::add_ 10 18.0,loss aten::nll_loss 10 16.0");
  EXPECT_EQ(count("SELECT count(*) FROM kernel_profiles"), 2);
}

TEST_F(FinerProfileTest, SpansOfAStepComeBackAsTheyWere) {
  HistoryWriter writer(options(), with_nodes());
  writer.profile_steps(std::vector<StepSpanRecord>{{100, 0, "", StepPart::data_wait, 0, 1000, 0, 0},
                                                   {100, 1, "loss", StepPart::backward, 1000, 250, 64, 3}});
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(
      raw().text("SELECT group_concat(step || ' ' || position || ' ' || ifnull(node, '-') || ' ' || part || "
                 "' ' || begin_ns || ' ' || duration_ns || ' ' || bytes || ' ' || thread) FROM step_spans"),
      "100 0 - data_wait 0 1000 0 0,100 1 loss backward 1000 250 64 3");
}

TEST_F(FinerProfileTest, RowsThatNoTableCanHoldAreLeftOutAndTheRestIsKept) {
  HistoryWriter writer(options(), with_nodes());
  writer.profile_nodes(
      1, std::vector{cost("loss", Quantity::grad_norm, kNan), cost("loss", Quantity::forward_seconds, 1)});
  writer.profile_parts(
      1, std::vector<PartProfileRecord>{{StepPart::step, 0, 1, 1, 1}, {StepPart::copy, 1, 1, 1, 1}});
  writer.profile_kernels(
      1, std::vector<KernelProfileRecord>{{"loss", StepPart::forward, "bad", "cpu", 1, 2, 1, 3},
                                          {"loss", StepPart::forward, "good", "cpu", 1, 1, 1, 1}});
  writer.profile_steps(
      std::vector<StepSpanRecord>{{1, 0, "", StepPart::step, 0, -1}, {1, 1, "", StepPart::step, 0, 1}});
  write_epoch(writer, 1);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("grad_norm of node 'loss'"), std::string::npos) << warnings_[0];
  writer.finish(RunStatus::done, "");
  EXPECT_NE(writer.loss().find("4 profile rows"), std::string::npos) << writer.loss();
  for (const char* table : {"node_profiles", "part_profiles", "kernel_profiles", "step_profiles", "epochs"})
    EXPECT_EQ(count(std::string("SELECT count(*) FROM ") + table), 1) << table;
}

TEST_F(FinerProfileTest, EpochsAfterACheckpointAreForgottenInEveryTable) {
  {
    HistoryWriter writer(options(), with_nodes());
    for (int epoch = 1; epoch <= 2; ++epoch) {
      writer.profile_nodes(epoch, std::vector{cost("loss", Quantity::forward_seconds, 1)});
      writer.profile_parts(epoch, std::vector<PartProfileRecord>{{StepPart::step, 1, 1, 1, 1}});
      writer.profile_kernels(
          epoch, std::vector<KernelProfileRecord>{{"loss", StepPart::forward, "k", "cpu", 1, 1, 1, 1}});
      write_epoch(writer, epoch);
    }
    writer.finish(RunStatus::interrupted, "");
  }
  RunInfo again = with_nodes();
  again.name = raw().text("SELECT name FROM runs");
  again.goes_on_after = 1;
  const HistoryWriter writer(options(), again);
  for (const char* table : {"node_profiles", "part_profiles", "kernel_profiles"})
    EXPECT_EQ(count(std::string("SELECT max(epoch) FROM ") + table), 1) << table;
}

/// The bounds: 250 bytes a block and epoch, and 15 MB for a long run.
class HistorySizeTest : public HistoryTest {
 protected:
  static constexpr int kBlocks = 50, kEpochs = 1000;

  static RunInfo fifty_blocks() {
    RunInfo run = run_info();
    run.graph->blocks = {{"", "deep", 0}};
    for (int i = 1; i < kBlocks; ++i) run.graph->blocks.push_back({fmt::format("layer{}", i), "", 4});
    return run;
  }

  /// What a run measures of a block on an accelerator: numbers of all digits, sizes that stay.
  static std::vector<BlockProfileRecord> costs_of_epoch(int epoch) {
    std::vector<BlockProfileRecord> rows;
    for (int block = 0; block < kBlocks; ++block) {
      const std::string path = block == 0 ? "" : fmt::format("layer{}", block);
      for (const QuantityInfo& quantity : quantities()) {
        if (quantity.quantity == Quantity::grad_norm || quantity.quantity == Quantity::update_ratio) continue;
        const double time = 1e-3 / (epoch + 3) + 1e-5 * block, bytes = 3e9 + 64 * epoch + 4096 * block;
        const double each = quantity.steady ? 4096 * block : quantity.is_time() ? time : bytes;
        BlockProfileRecord row = cost(path, quantity.quantity, each, 500);
        if (quantity.is_time()) row.p50 = row.p95 = each * 1.01;
        rows.push_back(row);
      }
    }
    return rows;
  }
};

TEST_F(HistorySizeTest, AThousandEpochsOfFiftyBlocksStayBelowFifteenMegabytes) {
  {
    HistoryWriter writer(options(), fifty_blocks());
    for (int epoch = 1; epoch <= kEpochs; ++epoch) {
      writer.profile(epoch, costs_of_epoch(epoch));
      std::vector<PartProfileRecord> parts_of_epoch;
      for (const PartInfo& part : parts())
        parts_of_epoch.push_back({part.part, 500, 1e-3 / epoch, 1.1, 3.3 / epoch, 0.3, 0.7});
      writer.profile_parts(epoch, parts_of_epoch);
      for (const Split split : {Split::train, Split::validation})
        for (const char* name : {"loss", "accuracy"}) writer.metric({epoch, split, name, 1.0 / (epoch + 2)});
      writer.end_epoch({epoch, 1.5, 500, 32000});
      if (epoch % 50 == 0) writer.wait();
    }
    writer.finish(RunStatus::done, "");
    ASSERT_EQ(writer.loss(), "");
  }
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path_));
  EXPECT_LT(bytes, 15'000'000);
  const std::int64_t of_blocks =
      count("SELECT sum(pgsize) FROM dbstat WHERE name IN ('block_profiles', 'block_sizes', 'block_totals')");
  EXPECT_LE(of_blocks / (kBlocks * kEpochs), 250);
}

}  // namespace orrery
