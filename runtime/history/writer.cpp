#include "runtime/history/writer.h"

#include <optional>
#include <random>
#include <sys/stat.h>

#include "runtime/history/interrupted.h"
#include "runtime/history/pending_rows.h"
#include "runtime/history/profile_ledger.h"
#include "runtime/history/run_name.h"
#include "runtime/history/schema.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

// What a run may keep in memory while the file is locked: about 50 MB.
constexpr std::int64_t kPendingLimit = 200'000;

std::uint64_t random_number() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

/// Which file a path names: device and inode.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

}  // namespace

class HistoryWriter::State {
 public:
  State(HistoryOptions options, RunInfo run) : options_(std::move(options)), run_(std::move(run)) {
    if (!run_.name.empty()) check_run_name(run_.name);
    // Absolute, so that a script that changes the folder does not change the history.
    std::error_code error;
    if (auto whole = std::filesystem::absolute(options_.path, error); !error) options_.path = whole;
    name_ = run_.name.empty() ? make_run_name(chance_, static_cast<std::int64_t>(chance_ >> 32) % 1000)
                              : run_.name;
    started_ = now();
    flush();
    // The name was told and a folder may bear it: a run that gets in later keeps it.
    run_.name = name_;
  }

  const std::string& name() const { return name_; }
  std::int64_t run_id() const { return run_id_; }

  void add(const MetricRecord& metric) { keep(pending_.metrics, metric, {.metrics = 1}); }
  void add(const StepRecord& value) { keep(pending_.steps, value, {.metrics = 1}); }
  void add(const ArtifactRecord& artifact) {
    keep(pending_.artifacts, std::pair(artifact, now()), {.others = 1});
  }
  void add_tag(const std::string& tag) { keep(pending_.tags, tag, {.others = 1}); }
  void add_note(const std::string& text) {
    keep(pending_.notes, PendingRows::Note{now(), text}, {.others = 1});
  }

  void add(std::int64_t epoch, const BlockProfileRecord& row) {
    if (!run_.graph) return refuse(row, "the run has no graph");
    if (!is_sound(row)) return refuse(row, "its numbers are not sound");
    if (ledger_.add(row)) keep(pending_.profiles, PendingRows::Profile{epoch, row}, {.profile_rows = 1});
  }

  void add_node(std::int64_t epoch, const NodeProfileRecord& row) {
    if (!run_.graph) return refuse(row, "the run has no graph");
    if (!is_sound(row)) return refuse(row, "its numbers are not sound");
    if (node_ledger_.add(row))
      keep(pending_.node_profiles, PendingRows::Profile{epoch, row}, {.profile_rows = 1});
  }
  void add(std::int64_t epoch, const PartProfileRecord& row) {
    keep(pending_.part_profiles, PendingRows::OfEpoch<PartProfileRecord>{epoch, row}, {.profile_rows = 1});
  }
  void add(std::int64_t epoch, const KernelProfileRecord& row) {
    keep(pending_.kernel_profiles, PendingRows::OfEpoch<KernelProfileRecord>{epoch, row},
         {.profile_rows = 1});
  }
  void add(const StepSpanRecord& span) { keep(pending_.spans, span, {.profile_rows = 1}); }
  void add(EventRecord event) {
    if (event.at == 0) event.at = now();
    keep(pending_.events, event, {.log_lines = 1});
  }
  void add(LogLine line) {
    if (line.at == 0) line.at = now();
    keep(pending_.lines, line, {.log_lines = 1});
  }

  void end(const EpochRecord& epoch) {
    keep(pending_.epochs, std::pair(epoch, now()), {.epochs = 1});
    flush();
  }

  void save() {
    if (!finished_) flush();
  }

  void finish(RunStatus status, const std::string& reason) {
    if (finished_) return;
    finished_ = true;
    end_ = End{status, reason, now()};
    hurried_ = false;
    flush();
    rows_.reset();
  }

  std::string loss() const {
    RowCounts missing = lost_;
    missing += pending_.counts();
    std::string what = missing.str();
    if (!name_is_in_) what = what.empty() ? "the run" : "the run with " + what;
    if (name_is_in_ && end_) what += what.empty() ? "the run's end" : " and the run's end";
    if (what.empty()) return {};
    return fmt::format("Not in the history {}: {}.", storable_text(options_.path.native()), what);
  }

 private:
  struct End {
    RunStatus status;
    std::string reason;
    UnixMilliseconds at;
  };

  UnixMilliseconds now() const { return options_.clock(); }

  template <class Rows, class Record>
  void keep(Rows& rows, const Record& record, const RowCounts& one) {
    if (finished_) return;
    if (stopped_ || pending_.counts().total() >= kPendingLimit) {
      lost_ += one;
    } else {
      rows.push_back(record);
    }
  }

  void refuse(const BlockProfileRecord& row, const std::string& why) {
    lost_.profile_rows += 1;
    warn(fmt::format("A profile row ({} of block '{}') was left out of the history: {}.",
                     info(row.quantity).name, storable_text(row.path), why));
  }

  void flush() {
    if (stopped_) return;
    try {
      open_if_needed();
      write();
    } catch (const DatabaseError& error) {
      stumble(error.what(), error.passing());
    } catch (const std::exception& error) {
      stumble(error.what(), false);
    }
  }

  void open_if_needed() {
    const auto patience = hurried_ ? options_.patience / 10 : options_.patience;
    if (rows_) return rows_->database().wait_for_locks(patience);
    auto rows = std::make_unique<RunRows>(open_history(options_.path, Access::create, patience));
    file_ = identity_of(options_.path);
    mark_interrupted(rows->database(), this_process(), now());
    const std::string name = rows->begin(run_, this_process(), started_, chance_, uid_);
    if (!warned_) name_ = name;
    run_id_ = rows->run_id();
    name_is_in_ = true;
    rows_ = std::move(rows);
  }

  void write() {
    // SQLite goes on writing to a file without a name; nobody would ever see it.
    if (identity_of(options_.path) != file_) {
      fail(Fault::write, "{}: was deleted or replaced while the run was going on",
           storable_text(options_.path.native()));
    }
    Transaction transaction(rows_->database());
    pending_.write_to(*rows_);
    for (const auto& total : ledger_.changed()) rows_->costs().write_block_total(total);
    for (const auto& total : node_ledger_.changed()) rows_->costs().write_node_total(total);
    if (end_) {
      rows_->finish(end_->status, end_->reason, end_->at);
    } else {
      rows_->heartbeat(now());
    }
    transaction.commit();
    pending_ = {};
    ledger_.settle();
    node_ledger_.settle();
    end_.reset();
  }

  void stumble(const std::string& message, bool passing) {
    if (rows_) rows_->forget();
    hurried_ = true;
    if (!passing) {
      stopped_ = true;
      lost_ += pending_.counts();
      pending_ = {};
      rows_.reset();
    }
    warn(fmt::format("The history cannot be written; the run goes on {}.\n  {}",
                     passing ? "and tries again after each epoch" : "without it", message));
  }

  void warn(const std::string& message) {
    if (warned_) return;
    warned_ = true;
    if (options_.warn) options_.warn(message);
  }

  HistoryOptions options_;
  RunInfo run_;
  const std::uint64_t chance_ = random_number();
  const std::string uid_ = fmt::format("{:016x}{:016x}", random_number(), random_number());
  std::string name_;
  UnixMilliseconds started_ = 0;
  std::unique_ptr<RunRows> rows_;
  FileIdentity file_;
  std::int64_t run_id_ = 0;
  PendingRows pending_;
  ProfileLedger ledger_, node_ledger_;
  RowCounts lost_;
  std::optional<End> end_;
  bool name_is_in_ = false;
  bool hurried_ = false;
  bool stopped_ = false;
  bool warned_ = false;
  bool finished_ = false;
};

HistoryWriter::HistoryWriter(HistoryOptions options, RunInfo run)
    : state_(std::make_unique<State>(std::move(options), std::move(run))) {}

HistoryWriter::~HistoryWriter() {
  try {
    state_->finish(RunStatus::failed, "the run was left without an end");
  } catch (const std::exception&) {
    // Only the caller's own warn or clock can throw here, and a destructor cannot pass it on.
  }
}

const std::string& HistoryWriter::run_name() const { return state_->name(); }
std::int64_t HistoryWriter::run_id() const { return state_->run_id(); }
void HistoryWriter::metric(const MetricRecord& metric) { state_->add(metric); }
void HistoryWriter::step(const StepRecord& value) { state_->add(value); }

void HistoryWriter::profile(std::int64_t epoch, std::span<const BlockProfileRecord> rows) {
  for (const BlockProfileRecord& row : rows) state_->add(epoch, row);
}

void HistoryWriter::profile_nodes(std::int64_t epoch, std::span<const NodeProfileRecord> rows) {
  for (const NodeProfileRecord& row : rows) state_->add_node(epoch, row);
}

void HistoryWriter::profile_parts(std::int64_t epoch, std::span<const PartProfileRecord> rows) {
  for (const PartProfileRecord& row : rows) state_->add(epoch, row);
}

void HistoryWriter::profile_kernels(std::int64_t epoch, std::span<const KernelProfileRecord> rows) {
  for (const KernelProfileRecord& row : rows) state_->add(epoch, row);
}

void HistoryWriter::profile_steps(std::span<const StepSpanRecord> spans) {
  for (const StepSpanRecord& span : spans) state_->add(span);
}

void HistoryWriter::event(EventRecord event) { state_->add(std::move(event)); }
void HistoryWriter::line(LogLine line) { state_->add(std::move(line)); }
void HistoryWriter::artifact(const ArtifactRecord& artifact) { state_->add(artifact); }
void HistoryWriter::tag(const std::string& tag) { state_->add_tag(tag); }
void HistoryWriter::note(const std::string& text) { state_->add_note(text); }
void HistoryWriter::end_epoch(const EpochRecord& epoch) { state_->end(epoch); }
void HistoryWriter::flush() { state_->save(); }
void HistoryWriter::finish(RunStatus status, const std::string& reason) { state_->finish(status, reason); }
std::string HistoryWriter::loss() const { return state_->loss(); }

}  // namespace orrery
