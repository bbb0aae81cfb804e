#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
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

/// A node of the graph, under its path.
struct NodeRecord {
  std::string path;
  /// Path of the innermost block around it.
  std::string block;
  std::string operation;
  /// Its place in the graph's order, from 0.
  std::int64_t position = 0;
};

struct GraphRecord {
  std::string structural_hash;
  std::string canonical_json;
  std::optional<std::int64_t> parameters;
  /// Blocks left out here are added, without title, when a profile row names them.
  std::vector<BlockRecord> blocks;
  /// Nodes left out here are added, without operation, when a profile row names them.
  std::vector<NodeRecord> nodes = {};
};

/// A machine that runs were executed on. What is left empty is asked of the machine itself.
struct MachineRecord {
  std::string host;
  /// The processor's full name.
  std::string processor;
  /// Logical cores; 0: unknown.
  std::int64_t cores = 0;
  /// Main memory, in bytes; 0: unknown.
  std::int64_t memory_bytes = 0;
  /// Names of the accelerators, separated by commas; empty without one.
  std::string gpu;
  /// Name and version of the system.
  std::string os;
};

/// What a device of a machine was measured to do at the most: `orrery doctor --roof`.
struct RoofRecord {
  /// `cpu`, `cuda:0`, …
  std::string device;
  /// Threads that computed; 0 for an accelerator.
  std::int64_t threads = 0;
  /// 10^9 floating-point operations a second, in float32.
  double gflop_per_second = 0;
  /// 10^9 bytes a second.
  double gb_per_second = 0;
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
  /// What the run belongs to; empty: nothing.
  std::string project = {};
  /// The uid of what it comes from: of the sweep, or of the run that it repeats.
  std::optional<std::string> parent_uid = {};
  /// The checkpoint that it goes on from.
  std::optional<std::string> resumed_from = {};
  MachineRecord machine = {};
  /// Metrics that are better when larger; all others when smaller.
  std::vector<std::string> rising_metrics = {};
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

/// What happened in a run, at a moment.
struct EventRecord {
  /// `warning`, `checkpoint`, `signal`, `learning_rate`, `resumed`, … a word for people and filters.
  std::string kind;
  std::string text;
  /// Where the run was; none: before its first epoch, or it has none.
  std::optional<std::int64_t> epoch = {};
  std::optional<std::int64_t> step = {};
  /// 0: now.
  UnixMilliseconds at = 0;
};

/// A line that the run, its script or what they call printed, without its end.
struct LogLine {
  enum class Stream { out, err };
  Stream stream = Stream::out;
  std::string text;
  /// 0: now.
  UnixMilliseconds at = 0;
};

/// What one block itself (its own nodes, without the blocks inside it) cost in one epoch: `count` steps
/// were measured. Seconds, bytes or FLOPs as the quantity's name says; finite numbers only. A storage
/// is counted in one block only, so that the sum over blocks counts it once. (Steps with a gradient that is
/// not finite are left out of `grad_norm` and `update_ratio`.)
struct BlockProfileRecord {
  std::string path;
  Quantity quantity = Quantity::forward_seconds;
  std::int64_t count = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  double sum = 0;
  /// Median and 95th percentile over the steps, of times; none for others.
  std::optional<double> p50 = {};
  std::optional<double> p95 = {};
};

/// The same of one node; `path` is the node's.
using NodeProfileRecord = BlockProfileRecord;

/// The parts of a step. The values are the ids of the table `parts`; they never change.
enum class StepPart {
  data_wait = 1,
  copy,
  forward,
  backward,
  optimizer,
  validation,
  checkpoint,
  callbacks,
  other,
  step,
};

struct PartInfo {
  StepPart part;
  /// The enumerator's own name.
  std::string_view name;
  std::string_view meaning;
};

/// Every part, by id.
std::span<const PartInfo> parts();
std::string_view name(StepPart part);
std::optional<StepPart> part_from_name(std::string_view name);

/// How long one part of the steps took in one epoch, in seconds: `count` steps had it.
struct PartProfileRecord {
  StepPart part = StepPart::step;
  std::int64_t count = 0;
  double min = 0;
  double max = 0;
  double sum = 0;
  std::optional<double> p50 = {};
  std::optional<double> p95 = {};
};

/// Seconds that one ATen call or kernel took under one node in one epoch.
struct KernelProfileRecord {
  /// The node's path; empty: none's.
  std::string node;
  StepPart part = StepPart::forward;
  /// `aten::addmm`, or the kernel's name on its device.
  std::string kernel;
  /// `cpu`, `cuda:0`, …
  std::string device;
  std::int64_t count = 0;
  double min = 0;
  double max = 0;
  double sum = 0;
};

/// Something that took time within one step of a window that is kept whole.
struct StepSpanRecord {
  /// The training step of the whole run, from 1.
  std::int64_t step = 0;
  /// Its place among the step's spans, from 0.
  std::int64_t position = 0;
  /// The node's path; empty: the part itself.
  std::string node;
  StepPart part = StepPart::forward;
  /// Since the window's begin.
  std::int64_t begin_ns = 0;
  std::int64_t duration_ns = 0;
  /// Bytes that it made, as the quantity `tmu_bytes` (forward) or `tgu_bytes` (backward); 0: unknown.
  std::int64_t bytes = 0;
  /// From 0, the one that runs the run.
  std::int64_t thread = 0;
};

/// A file that the run left behind. The same path again replaces the row.
struct ArtifactRecord {
  /// `weights`, `checkpoint`, `diagram`, `log`, … a word for people and filters.
  std::string kind;
  std::string path;
  std::int64_t bytes = 0;
  /// `ALGORITHM:HEX`, such as `xxh128:…`; empty when it was not computed.
  std::string hash;
  /// What the file shows; files of one name make a series over the steps. Empty: it has none.
  std::string name = {};
  std::optional<std::int64_t> step = {};
  /// SHA-256 in hexadecimal; empty when it was not computed.
  std::string sha256 = {};
};

}  // namespace orrery
