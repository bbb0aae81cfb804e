#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/history/quantity.h"

namespace orrery {

/// What the engine and the bindings hand to a HistoryWriter. Plain values, owned by themselves. Texts may
/// hold any bytes; what is not UTF-8 is kept escaped (`text.h`), a script's text exactly.

/// Milliseconds since 1970-01-01T00:00:00Z.
using UnixMilliseconds = std::int64_t;
/// Where every timestamp of the history comes from.
using WallClock = std::function<UnixMilliseconds()>;
/// The machine's clock.
UnixMilliseconds machine_clock();

enum class RunStatus { running, done, failed, interrupted };
/// `running`, `done`, `failed`, `interrupted`.
std::string_view name(RunStatus status);
std::optional<RunStatus> run_status_from_name(std::string_view name);

enum class Split { train, validation, test };
/// `train`, `validation`, `test`.
std::string_view name(Split split);
std::optional<Split> split_from_name(std::string_view name);

/// A block of the graph. The path is `encoder/attn/q`, empty for the graph itself; its parent is the path
/// without its last word.
struct BlockRecord {
  std::string path;
  std::string title;
  /// Nodes whose innermost block this is.
  std::int64_t nodes = 0;
};

struct GraphRecord {
  std::string structural_hash;
  std::string canonical_json;
  std::optional<std::int64_t> parameters;
  /// Blocks left out here are added, without title, when a profile row names them.
  std::vector<BlockRecord> blocks;
};

/// Everything known when a run begins. Host, process, id and time of start are found by the writer.
struct RunInfo {
  /// Empty: a name such as `brave-otter-12` is made. Given and taken: `-2`, `-3`, … is appended.
  std::string name;
  /// Goes on with the run of this name that is in the file and has ended: what it says of later epochs is
  /// forgotten. When there is none, or it is going on, a run begins.
  std::optional<std::int64_t> goes_on_after;
  /// Of the epoch that such a run goes on in, values up to this step are kept.
  std::int64_t goes_on_after_step = 0;
  /// Those of a validation at that step, too.
  bool goes_on_validated = true;
  /// `cpu`, `cuda:0`, …
  std::string device;
  std::optional<std::int64_t> threads;
  /// Why so many: `asked`, `probed`, `cached`, ….
  std::optional<std::string> thread_reason = {};
  std::optional<std::int64_t> seed;
  std::string orrery_version;
  std::optional<std::string> libtorch_version;
  std::optional<std::string> git_commit;
  std::optional<bool> git_dirty;
  std::string working_folder;
  /// The arguments as the program got them, its own name first.
  std::vector<std::string> command;
  /// The script's config as a JSON object.
  std::string config_json = "{}";
  std::string script_path;
  std::string script_text;
  std::optional<GraphRecord> graph;
  std::vector<std::string> tags;
};

/// One finished epoch. Epochs count from 1; 0 is for what belongs to no epoch (an evaluation).
struct EpochRecord {
  std::int64_t epoch = 0;
  /// Wall time of the epoch, validation included.
  double seconds = 0;
  std::int64_t steps = 0;
  std::int64_t samples = 0;
};

/// One metric of one epoch; NaN and infinities are kept apart from "not recorded".
struct MetricRecord {
  std::int64_t epoch = 0;
  Split split = Split::train;
  std::string name;
  double value = 0;
};

/// One value at a step. Steps count as whoever logs them likes, from 0; the manager's own are training steps
/// of the whole run, from 1.
struct StepRecord {
  Split split = Split::train;
  std::string name;
  std::int64_t step = 0;
  /// The epoch that it fell into; 0 where there are none.
  std::int64_t epoch = 0;
  double value = 0;
  UnixMilliseconds logged = 0;
};

/// What one block itself (its own nodes, without the blocks inside it) cost in one epoch: `count` steps
/// were measured. Seconds, bytes or FLOPs as the quantity's name says; finite numbers only. A storage
/// is counted in one block only, so that the sum over blocks counts it once.
struct BlockProfileRecord {
  std::string path;
  Quantity quantity = Quantity::forward_seconds;
  std::int64_t count = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  double sum = 0;
};

/// A file that the run left behind. The same path again replaces the row.
struct ArtifactRecord {
  /// `weights`, `checkpoint`, `diagram`, `log`, … a word for people and filters.
  std::string kind;
  std::string path;
  std::int64_t bytes = 0;
  /// `ALGORITHM:HEX`, such as `xxh128:…` or `sha256:…`; empty when it was not computed.
  std::string hash;
  /// What the file shows; files of one name make a series over the steps. Empty: it has none.
  std::string name = {};
  std::optional<std::int64_t> step = {};
};

}  // namespace orrery
