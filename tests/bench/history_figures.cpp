// The history: what keeping a run's profile costs, and how long an answer takes, from the start of the
// program to its end.

#include <cstdlib>
#include <memory>

#include "runtime/core/error.h"
#include "runtime/history/writer.h"
#include "tests/bench/child.h"
#include "tests/bench/generated_history.h"
#include "tests/bench/stopwatch.h"
#include "tests/files/places.h"
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
// `waits`: until they are there.
Measured epochs(bool waits) {
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
    if (waits) writer.wait();
  });
  check(writer.loss().empty(), Fault::run, "{}", writer.loss());
  return {times, {}};
}

/// A generated history, made when the first figure needs it and gone with the last.
class Generated {
 public:
  explicit Generated(int runs) : runs_(runs) {}

  const std::string& path() {
    if (!made_) generate_history(path_, runs_);
    made_ = true;
    return path_;
  }

 private:
  int runs_;
  bool made_ = false;
  TemporaryFolder folder_;
  std::string path_ = folder_ / "orrery.db";
};

std::function<Measured()> answer(const std::shared_ptr<Generated>& history, Command words) {
  return [history, words] {
    Command command{in_build("orrery"), "history"};
    command.insert(command.end(), words.begin(), words.end());
    command.insert(command.end(), {"--db", history->path()});
    return Measured{process_times(20, command), {}};
  };
}

// ORRERY_BENCH_RUNS=10000 measures ten times as many, which takes some minutes and 3 GB.
int runs_of_the_large() {
  const char* told = std::getenv("ORRERY_BENCH_RUNS");
  const int runs = told ? std::atoi(told) : 1000;
  check(runs >= 10, Fault::usage, "ORRERY_BENCH_RUNS is at least 10, got '{}'", told ? told : "");
  return runs;
}

[[maybe_unused]] void add_answers(std::vector<Figure>& figures) {
  const auto large = std::make_shared<Generated>(runs_of_the_large());
  const auto small = std::make_shared<Generated>(12);
  const auto add = [&](const std::string& name, const std::string& what, const Command& words) {
    figures.push_back({"history." + name, what + ", 1,000 runs of 50 epochs and 30 blocks", kMilliseconds,
                       answer(large, words), 100});
    figures.push_back(
        {"history." + name + "_small", what + ", 12 runs", kMilliseconds, answer(small, words), 30});
  };
  add("list", "orrery history list", {"list"});
  add("where", "list of some runs in order of a metric",
      {"list", "--where", "lr<0.005 and status=done", "--sort", "val_loss", "--limit", "20"});
  add("show", "orrery history show", {"show", "last"});
  add("best", "show of the best run", {"show", "best:val_accuracy"});
  add("compare", "orrery history compare of two runs", {"compare", "last~1", "last"});
  add("blocks", "orrery history blocks", {"blocks", "last"});
}

}  // namespace

std::vector<Figure> history_figures() {
  std::vector<Figure> figures{
      {"history.epoch", "writing an epoch with the profile of 100 blocks (1,000 rows)", kMilliseconds,
       [] { return epochs(true); }},
      {"history.hand_over", "what a run waits for at the end of such an epoch", kMilliseconds,
       [] { return epochs(false); }},
  };
#ifdef ORRERY_BENCH_PROGRAM
  add_answers(figures);
#endif
  return figures;
}

}  // namespace orrery::bench
