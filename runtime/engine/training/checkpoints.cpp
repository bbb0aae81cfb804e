// What a run writes and when: files of savers, and checkpoints, from which it goes on.
#include <algorithm>
#include <utility>

#include "runtime/core/content_hash.h"
#include "runtime/core/signals.h"
#include "runtime/engine/training/config_changes.h"
#include "runtime/engine/training/training_run.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

// The folder itself, or one that was taken because another run had it.
bool is_of(const std::string& path, const std::string& folder) {
  if (path == folder) return true;
  if (!path.starts_with(folder + "-")) return false;
  const std::string number = path.substr(folder.size() + 1);
  return !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
}

std::string thread_count(int threads) { return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"); }

std::vector<std::string> folders_of(const std::string& folder, const FileSystem& files) {
  std::vector<std::string> found;
  const std::string above = parent_folder(folder);
  if (!is_folder(above, files)) return found;
  for (const std::string& name : list_folder(above, files))
    if (is_of(above + "/" + name, folder)) found.push_back(above + "/" + name);
  return found;
}

}  // namespace

// `write`: what a saver does now; gives the path of its file, or nothing.
void TrainingRun::save(const std::function<std::string(SaverFiles&)>& write) {
  if (savers_.empty()) return;
  const PartScope part(recorder_.get(), StepPart::checkpoint);
  see_last_batch();
  const WeightAverages::InUse averages(averages_.get());
  for (SaverFiles& saver : savers_) {
    const std::string path = write(saver);
    if (path.empty()) continue;
    record_.file(saver.kind(), path);
    if (std::ranges::find(summary_.files, path) != summary_.files.end()) continue;
    summary_.files.push_back(path);
    summary_.file_kinds.push_back(saver.kind());
  }
}

// A run that was resumed where nothing is left to train writes what it wrote when it was there first: the
// batch before is read again. One that ends before its first step takes the batch of that step.
void TrainingRun::see_last_batch() {
  if (!saved_values_.lacks_batch()) return;
  const bool validated = epochs_done_ > 0 && validation_is_due(epochs_done_);
  Loader& loader = validated ? *validation_ : *loader_;
  const LoaderPosition after = validated ? LoaderPosition{1, loader.batches()} : loader.position();
  const Engine::Turn turn(engine_);
  loader.seek({after.epoch, std::max<std::int64_t>(after.batch, 1) - 1});
  std::optional<Minibatch> batch = loader.next();
  if (!validated) input_.put_into(*batch);
  saved_values_.see(*batch);
}

// Those of the last epoch, or of the open one so far.
std::vector<NamedNumber> TrainingRun::numbers_for_names() const {
  std::vector<NamedNumber> numbers = {{"epoch", static_cast<double>(epochs_done_ + (epoch_open_ ? 1 : 0))},
                                      {"step", static_cast<double>(summary_.steps)}};
  numbers.insert(numbers.end(), summary_.train.begin(), summary_.train.end());
  for (const NamedNumber& number : summary_.validation)
    numbers.push_back({"val_" + number.name, number.value});
  return numbers;
}

std::string TrainingRun::runs_folder() const {
  const Attributes& options = manager_.options();
  const bool kept = options.is_text("history") && !options.text("history").empty();
  return parent_folder(absolute_path(kept ? options.text("history") : "orrery.db", files_)) + "/runs";
}

CheckpointSearch TrainingRun::search() const {
  const Attributes& options = manager_.options();
  const Attributes* asked = manager_.group("checkpoint");
  CheckpointSearch search{.what = options.text("resume"), .script = script_.path};
  search.warn = [this](const std::string& text) { runtime_.log.warning(text); };
  if (asked && asked->has("dirpath"))
    search.folders = folders_of(absolute_path(asked->text("dirpath"), files_), files_);
  else if (options.has("name"))
    search.folders = folders_of(runs_folder() + "/" + options.text("name"), files_);
  else if (is_folder(runs_folder(), files_))
    for (const std::string& name : list_folder(runs_folder(), files_))
      search.folders.push_back(runs_folder() + "/" + name);
  return search;
}

// Before the data are loaded: their order depends on the seed.
void TrainingRun::look_for_checkpoint(const std::optional<Recording>& recording) {
  if (recording) {
    const RunInfo& run = recording->run;
    script_ = {run.script_path.empty() ? "" : absolute_path(run.script_path, files_),
               content_hash(run.script_text), run.config_json};
  }
  const Attributes& options = manager_.options();
  if (!options.has("resume")) return;
  try {
    found_ = find_checkpoint(engine_, search(), files_);
  } catch (const Error& error) {
    if (error.site().known()) throw;
    throw Error(error.fault(), "resume: " + error.message(), manager_.origin().site, error.remedy());
  }
  const Checkpoint& from = found_->checkpoint;
  facts_.resumed_from = found_->path;
  facts_.seed = std::stoull(from.text("run.seed"));
  if (!options.has("threads"))
    engine_.use_threads(static_cast<int>(std::min<std::int64_t>(from.count("run.threads"), machine_.cores)));
  // Checkpoints of earlier builds have no such number.
  set_side_by_side(from.numbers.contains("run.side_by_side") && from.count("run.side_by_side") > 0);
  say_what_changed(from);
}

void TrainingRun::say_what_changed(const Checkpoint& from) const {
  const Attributes& options = manager_.options();
  const std::string began = fmt::format("{} is resumed", quote_path(found_->path));
  if (from.text("run.script_hash") != script_.hash)
    runtime_.log.warning(began + ", and the script is not what it was then");
  if (from.text("run.config") != script_.config)
    runtime_.log.warning(fmt::format("{} with another config: {}", began,
                                     config_changes(from.text("run.config"), script_.config)));
  if (options.has("seed") && std::to_string(options.integer("seed")) != from.text("run.seed"))
    runtime_.log.warning(fmt::format("{} with its own seed {}, not with {}", began, from.text("run.seed"),
                                     options.integer("seed")));
  if (from.numbers.contains(kEpochCut))
    runtime_.log.warning(
        fmt::format("{} behind an epoch that was ended early: its other batches are not trained", began));
  if (from.count("run.threads") != engine_.threads())
    runtime_.log.warning(fmt::format("{} with {} instead of {}{}: sums are rounded otherwise", began,
                                     thread_count(engine_.threads()), from.count("run.threads"),
                                     options.has("threads") ? "" : ", for there are no more cores"));
}

// From an older checkpoint another run begins, beside what the first became.
bool TrainingRun::goes_on() const {
  const Attributes& options = manager_.options();
  return found_ && found_->newest && !found_->checkpoint.text("run.name").empty() &&
         (!options.has("name") || options.text("name") == found_->checkpoint.text("run.asked_name"));
}

bool TrainingRun::goes_on_in(const std::string& folder) const {
  if (!found_ || !found_->newest || found_->checkpoint.text("run.folder") != folder) return false;
  const Attributes& options = *manager_.group("checkpoint");
  return !options.has("dirpath") || is_of(folder, absolute_path(options.text("dirpath"), files_));
}

std::vector<std::string> TrainingRun::names_of_numbers() const {
  std::vector<std::string> names = {"epoch", "step"};
  for (const std::string& name : step_.targets().number_names()) {
    names.push_back(name);
    if (validation_) names.push_back("val_" + name);
  }
  return names;
}

void TrainingRun::make_folder() {
  const Attributes* options = manager_.group("checkpoint");
  if (!options) return;
  folder_ = std::make_unique<CheckpointFolder>(
      *options, Monitored::of(step_.targets(), manager_, *options, validation_ != nullptr),
      names_of_numbers(), files_);
  if (!found_) return;
  const std::string before = parent_folder(found_->path);
  if (goes_on_in(before)) folder_->go_on(found_->path);
}

void TrainingRun::begin_folder() {
  if (!folder_ || !folder_->path().empty()) return;
  const Attributes& options = *manager_.group("checkpoint");
  const std::string name = !facts_.run_name.empty()         ? facts_.run_name
                           : manager_.options().has("name") ? manager_.options().text("name")
                                                            : "run";
  const std::string wanted =
      options.has("dirpath") ? absolute_path(options.text("dirpath"), files_) : runs_folder() + "/" + name;
  folder_->begin(wanted);
  if (folder_->path() != wanted)
    runtime_.log.warning(fmt::format("checkpoints go to {}: {} has those of another run",
                                     quote_path(folder_->path()), quote_path(wanted)));
}

// The run and the older checkpoints are worth more than a new one.
template <class Write>
void TrainingRun::write_checkpoint(Write write) {
  const PartScope part(recorder_.get(), StepPart::checkpoint);
  std::vector<std::string> written;
  try {
    Checkpoint checkpoint = captured();
    sign(checkpoint);
    written = write(std::move(checkpoint));
    if (!written.empty()) summary_.checkpoint = written.back();
    written_at_ = summary_.steps;
    write_failed_ = false;
  } catch (const Stopped&) {
    // While callbacks told what they keep: it is written when the run has stopped.
    return;
  } catch (const std::exception& error) {
    if (std::exchange(write_failed_, true)) return;
    runtime_.log.warning(
        fmt::format("no checkpoint after step {}; the run goes on\n  {}", summary_.steps, error.what()));
  }
  for (const std::string& path : written) {
    record_.event("checkpoint", path, epochs_done_, summary_.steps);
    events_.on_checkpoint_saved(path, summary_.steps);
  }
}

void TrainingRun::sign(Checkpoint& checkpoint) const {
  const Attributes& options = manager_.options();
  checkpoint.texts["run.name"] = facts_.run_name;
  checkpoint.texts["run.asked_name"] = options.has("name") ? options.text("name") : "";
  checkpoint.texts["run.folder"] = folder_->path();
  checkpoint.texts["run.script"] = script_.path;
  checkpoint.texts["run.script_hash"] = script_.hash;
  checkpoint.texts["run.config"] = script_.config;
}

void TrainingRun::write_last() {
  if (!folder_) return;
  write_checkpoint([&](Checkpoint checkpoint) {
    return std::vector<std::string>{folder_->write_last(engine_, checkpoint)};
  });
}

void TrainingRun::write_after_step() {
  const int asked_before = std::exchange(saves_asked_, saves_asked());
  const bool asked = saves_asked_ != asked_before;
  if (asked && !folder_)
    runtime_.log.warning("SIGUSR1 asks for a checkpoint, and the manager has no checkpoint = true");
  if (folder_ && (asked || folder_->due_after_step(summary_.steps))) write_last();
}

void TrainingRun::write_after_epoch(const EpochReport& report) {
  if (!folder_ || !folder_->due_after_epoch(report.epoch)) return;
  write_checkpoint([&](Checkpoint checkpoint) {
    return folder_->write(engine_, std::move(checkpoint), folder_->monitored().value(report),
                          numbers_for_names(), epoch_cut_);
  });
}

// In the middle of a step there is nothing that could be gone on from; behind the end of an epoch that was
// cut, `last` is of before.
void TrainingRun::write_when_stopped() {
  if (!folder_ || in_step_ || written_at_ == summary_.steps) return;
  if (epoch_cut_ && !epoch_open_ && folder_->keeps_last()) return;
  write_last();
  if (written_at_ != summary_.steps && !write_failed_)
    runtime_.log.warning(
        fmt::format("no checkpoint after step {}: stopped again while it was written", summary_.steps));
}

// Once, when the run is over: hashing each of them would take as long as writing it.
void TrainingRun::list_checkpoint() {
  if (summary_.checkpoint.empty()) return;
  try {
    record_.file("checkpoint", summary_.checkpoint);
  } catch (const Error& error) {
    runtime_.log.warning("a checkpoint is not listed in the history: " + error.message());
  }
}

}  // namespace orrery
