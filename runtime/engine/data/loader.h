#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "runtime/engine/data/dataset.h"
#include "runtime/engine/data/sampler.h"

namespace orrery {

/// Some samples of a set.
struct Minibatch {
  std::map<std::string, at::Tensor> fields;  ///< by name, the samples along the first dimension
  std::int64_t size = 0;                     ///< samples
  std::int64_t index = 0;                    ///< within the epoch, from 0
};

/// Where a loader stands: what a checkpoint keeps.
struct LoaderPosition {
  std::int64_t epoch = 1;  ///< counts from 1
  std::int64_t batch = 0;  ///< the next batch of that epoch, from 0
  bool operator==(const LoaderPosition&) const = default;
};

/// Cuts a set in memory into batches. Batches of a sequential order are views of the set; those of a
/// shuffled one are gathered, one copy a field. Which samples a batch has follows from the set's
/// length, the options, the seed and the position alone. One thread.
class Loader {
 public:
  struct Options {
    std::int64_t batch = 1;
    bool shuffle = false;
    std::uint64_t seed = 0;
    bool drop_last = false;  ///< a last batch that would be short is left out
  };

  /// REQUIRES: options.batch ≥ 1. Throws `Error(Fault::usage)` when not a single batch would come out.
  Loader(Dataset dataset, const Options& options);

  const Dataset& dataset() const { return dataset_; }
  /// Batches in each epoch.
  std::int64_t batches() const;
  /// Samples visited in each epoch.
  std::int64_t samples() const;

  /// Goes to the start of an epoch.
  void begin(std::int64_t epoch) { seek({epoch, 0}); }
  /// The next batch; nothing at the end of the epoch.
  std::optional<Minibatch> next();

  LoaderPosition position() const { return position_; }
  void seek(const LoaderPosition& position);

 private:
  Minibatch gathered(std::int64_t first, std::int64_t size) const;
  Minibatch viewed(std::int64_t first, std::int64_t size) const;
  void draw_order();

  Dataset dataset_;
  Options options_;
  Sampler sampler_;
  LoaderPosition position_;
  at::Tensor order_;              ///< int64 on the set's device; undefined when sequential
  std::int64_t order_epoch_ = 0;  ///< the epoch that order_ is of; 0: none
};

/// The options of a source, as the loader wants them. A source without a seed of its own takes
/// `run_seed`.
Loader::Options loader_options(const DataSource& source, std::uint64_t run_seed);

}  // namespace orrery
