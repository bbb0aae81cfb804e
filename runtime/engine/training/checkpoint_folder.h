#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/engine/training/monitored.h"
#include "runtime/engine/training/numbered_name.h"
#include "runtime/files/file_descriptor.h"

namespace orrery {

/// Writes a run's checkpoints into a folder that belongs to it alone: `last` (the one before it becomes
/// `previous`), and the best ones under names of their own. The folder is locked (flock on `.lock`) while
/// this lives. One thread. The `FileSystem` outlives it.
class CheckpointFolder {
 public:
  /// `options`: of the manager's table `checkpoint`. Throws `Error(Fault::usage)` for a filename that asks
  /// for a number that nobody follows; `numbers` lists those there are.
  CheckpointFolder(const Attributes& options, const Monitored& monitored,
                   const std::vector<std::string>& numbers, const FileSystem& files);

  /// Takes `path`, or the first of `path-2`, `path-3`, … that has no checkpoints and no other run's lock.
  void begin(const std::string& path);
  /// Takes the folder of an earlier run's checkpoint that is gone on from; others of an epoch that was cut
  /// are removed, since its end is forgotten. Throws `Error(Fault::usage)` when a run is writing there.
  void go_on(const std::string& checkpoint);
  /// Empty before `begin` and `go_on`.
  const std::string& path() const { return path_; }
  const Monitored& monitored() const { return monitored_; }

  /// `last` is asked for.
  bool keeps_last() const { return options_.boolean("save_last"); }
  /// A checkpoint is due after so many batches.
  bool due_after_step(std::int64_t steps) const;
  bool due_after_epoch(std::int64_t epoch) const;

  /// Writes `last`; returns its path. Throws what `write_checkpoint` throws; the older ones stay.
  std::string write_last(Engine& engine, const Checkpoint& checkpoint);
  /// After an epoch: the same where it is asked for, and one more if it is among the best and its name has
  /// none that is as good; returns the paths. `value`: of the monitored number. `cut`: the epoch was ended
  /// before all of its batches; then `last` stays as it was before that end, and no file is removed.
  std::vector<std::string> write(Engine& engine, Checkpoint checkpoint, std::optional<double> value,
                                 const std::vector<NamedNumber>& numbers, bool cut = false);

 private:
  bool lock(const std::string& path);
  bool holds_checkpoints(const std::string& path) const;
  struct Kept {
    std::string path;
    double value;
  };
  std::vector<Kept> kept() const;
  bool is_among_best(const std::vector<Kept>& kept, double value, const std::string& path) const;
  void remove_cut(const std::string& all_but);
  void remove_all_but_best();

  const Attributes options_;
  NumberedName name_;
  Monitored monitored_;
  const FileSystem& files_;
  std::string path_;
  FileDescriptor lock_;
  bool previous_is_newest_ = false;  ///< `last` is missing, or damaged
};

/// A checkpoint to go on from, and where it was found.
struct FoundCheckpoint {
  std::string path;
  Checkpoint checkpoint;
  bool newest = false;  ///< it is of its folder's run, and nothing there is newer
};

/// Where to look, and for whose.
struct CheckpointSearch {
  std::string what;                  ///< `last`, `best`, a file or a folder
  std::vector<std::string> folders;  ///< for `last` and `best`
  std::string script;                ///< only those of this script; empty: all
  std::function<void(const std::string&)> warn;
};

/// `last` and a folder: the newest; `best`: the one with the best number of the newest run. A damaged one,
/// and one of another run that was put there, is said through `warn`, and the next is taken. Throws
/// `Error(Fault::input_file)` when there is none.
FoundCheckpoint find_checkpoint(Engine& engine, const CheckpointSearch& search, const FileSystem& files);

}  // namespace orrery
