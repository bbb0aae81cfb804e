// The history: what keeping a run's profile costs.

#include "runtime/core/error.h"
#include "runtime/history/writer.h"
#include "tests/bench/stopwatch.h"
#include "tests/files/temporary_folder.h"

namespace orrery::bench {
namespace {

constexpr int kBlocks = 100;

std::vector<BlockProfileRecord> profile_rows() {
  std::vector<BlockProfileRecord> rows;
  for (int block = 0; block < kBlocks; ++block)
    for (const QuantityInfo& quantity : quantities())
      rows.push_back({"block_" + std::to_string(block), quantity.quantity, 100, 1.0, 3.0, 2.0, 200.0});
  return rows;
}

// Whole epochs, each with a profile of many blocks, a metric and its transaction, into a file on disk.
Measured epoch() {
  const TemporaryFolder folder;
  HistoryOptions options;
  options.path = folder / "orrery.db";
  RunInfo run;
  run.graph = GraphRecord{.structural_hash = "none", .canonical_json = "{}"};
  HistoryWriter writer(options, run);
  auto rows = profile_rows();
  std::int64_t number = 0;
  const Times times = timed(20, [&] {
    ++number;
    // Quantities that do not change are not kept again, so all of them change.
    for (BlockProfileRecord& row : rows) row.max = 3.0 + static_cast<double>(number);
    writer.metric({number, Split::train, "loss", 0.5});
    writer.profile(number, rows);
    writer.end_epoch({number, 1.0, 100, 6400});
  });
  check(writer.loss().empty(), Fault::run, "{}", writer.loss());
  return {times, {}};
}

}  // namespace

std::vector<Figure> history_figures() {
  return {
      {"history.epoch", "writing an epoch with the profile of 100 blocks (1,000 rows)", kMilliseconds, epoch},
  };
}

}  // namespace orrery::bench
