#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/engine/training/monitored.h"
#include "runtime/engine/training/numbered_name.h"
#include "runtime/engine/training/saved_values.h"
#include "runtime/governors/saver.h"

namespace orrery {

/// Executes one saver during a run: when it writes, under which name, and which of its files stay. Engine,
/// graph, events and values outlive it.
class SaverFiles {
 public:
  /// Throws `Error(Fault::usage)` when the path asks for a number that is not among `numbers`.
  SaverFiles(Engine& engine, const Graph& graph, std::shared_ptr<Saver> saver, Monitored monitored,
             TrainingEvents& events, const SavedValues& values, const std::vector<std::string>& numbers);

  /// After an epoch: writes if it is one of the best, or the epoch is one of every so many.
  /// The file's path; empty when nothing was written.
  std::string after_epoch(const EpochReport& report, const std::vector<NamedNumber>& numbers);
  /// After a validation within an epoch: writes if it is one of the best. As `after_epoch`.
  std::string after_validation(const EpochReport& report, const std::vector<NamedNumber>& numbers);
  /// The run is over.
  std::string at_end(const std::vector<NamedNumber>& numbers);
  /// What its files are in the history: `weights`; of computed values `values`, or `image`.
  std::string kind() const;

  /// Which files are the best so far; `name` tells savers apart.
  void save(const std::string& name, Checkpoint& to) const;
  void load(const std::string& name, const Checkpoint& from);

 private:
  struct Kept {
    std::string path;
    double value;
  };
  bool is_among_best(double value, const std::string& path) const;
  std::string write_due(const EpochReport& report, const std::vector<NamedNumber>& numbers, bool due,
                        bool removes);
  void keep(const std::string& path, double value, bool removes);
  std::string write(const std::vector<NamedNumber>& numbers);
  void write_tensors_to(const std::string& path);
  std::vector<NamedTensor> held_tensors() const;

  Engine& engine_;
  const Graph& graph_;
  std::shared_ptr<Saver> saver_;
  Monitored monitored_;
  TrainingEvents& events_;
  const SavedValues& values_;
  NumberedName name_;
  std::vector<Kept> best_;  ///< the best first
};

}  // namespace orrery
