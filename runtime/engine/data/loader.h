#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "runtime/engine/data/batch_plan.h"
#include "runtime/engine/data/collate.h"
#include "runtime/engine/data/dataset.h"
#include "runtime/engine/data/prefetcher.h"
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

/// Cuts a set into batches. Of a set in memory, batches of a sequential order are views and others are
/// gathered, one copy a field, large ones ahead on a thread; samples that are read one by one are read ahead
/// by worker threads. Which samples a batch has, and what is drawn for them, follows from the set's length,
/// the options, the seed and the position alone, and so not from the number of workers. One thread.
class Loader {
 public:
  struct Options {
    std::int64_t batch = 1;
    bool shuffle = false;
    std::uint64_t seed = 0;
    bool drop_last = false;  ///< a last batch that would be short is left out
    BatchPlanner::Kind kind = BatchPlanner::Kind::plain;
    size_t by = 0;                     ///< the field whose numbers the kinds of batches regard
    std::vector<double> weights = {};  ///< per key, or per sample; empty: every key as often as any other
    std::optional<std::int64_t> draws = {};
    std::optional<std::int64_t> max_entries = {};
    std::optional<double> pad = {};
    std::optional<int> workers = {};  ///< none: as many as there are cores but one; one at most gathers
    std::int64_t ahead = 2;           ///< batches that each worker may be ahead
    std::int64_t rank = 0, world = 1;
    std::vector<DataTransform> of_batch = {};  ///< transforms that mix the samples of a batch
  };

  /// REQUIRES: options.batch ≥ 1. Throws `Error(Fault::usage)` when not a single batch would come out, or
  /// when the options do not fit the set.
  Loader(Dataset dataset, const Options& options);
  /// `batch`: the fields of a batch, with the batch in front. `how`: how samples become one.
  Loader(std::shared_ptr<const Samples> samples, std::vector<Field> batch, Collation how,
         const Options& options);

  /// The fields of a batch, in order.
  const std::vector<Field>& fields() const { return fields_; }
  /// Batches are parts of the set itself: whoever changes them changes it.
  bool gives_views() const;
  /// Threads that make batches ahead; 0: each is made when it is asked for.
  int workers() const { return workers_; }
  /// Batches in each epoch.
  std::int64_t batches() const { return limit_.value_or(planner_.batches()); }
  /// Samples visited in each epoch.
  std::int64_t samples() const;
  /// Ends each epoch after its first so many batches. REQUIRES: no more than there are; before the first is
  /// taken.
  void limit(std::int64_t batches);

  /// Goes to the start of an epoch.
  void begin(std::int64_t epoch) { seek({epoch, 0}); }
  /// The next batch; nothing at the end of the epoch. What reading a sample throws comes out here, once;
  /// the batch after it is the next.
  std::optional<Minibatch> next();
  /// Whether functions of the script make the samples.
  bool calls_the_script() const { return !samples_->on_any_thread(); }
  /// The batch that `next` gives, which is read once for both.
  std::optional<Minibatch> peek();

  LoaderPosition position() const { return position_; }
  void seek(const LoaderPosition& position);

 private:
  bool in_order() const;
  int useful_workers() const;
  std::int64_t bytes_of_batch(const Dataset& set) const;
  void draw_plan();
  std::vector<at::Tensor> viewed(std::int64_t first, std::int64_t size) const;
  std::vector<at::Tensor> gathered(std::int64_t first, std::int64_t size) const;
  std::vector<at::Tensor> read_each(std::int64_t first, std::int64_t size) const;
  std::vector<at::Tensor> read(std::int64_t batch) const;
  at::Tensor room_for(const at::Tensor& like, std::int64_t rows);
  std::vector<at::Tensor> read_together(std::int64_t first);
  std::vector<at::Tensor> read_ahead(std::int64_t batch);
  void mix(std::vector<at::Tensor>& values, std::int64_t batch) const;

  std::shared_ptr<const Samples> samples_;
  std::vector<Field> fields_;
  Collation how_;
  Options options_;
  BatchPlanner planner_;
  std::optional<std::int64_t> limit_;
  LoaderPosition position_;
  std::optional<Minibatch> peeked_;  ///< of the position
  BatchPlan plan_;
  at::Tensor order_;  ///< int64 on the set's device; undefined when sequential
  int workers_ = 0;
  std::int64_t together_ = 1;                             ///< batches that a worker makes at once
  std::int64_t plan_epoch_ = 0;                           ///< the epoch that plan_ and order_ are of; 0: none
  std::map<const void*, std::vector<at::Tensor>> rooms_;  ///< by the set's tensors; the worker's
  std::deque<at::Tensor> made_ahead_;  ///< the fields of batches that were made together and not yet taken
  /// Of the epoch; null without workers. The last: it waits for its thread, which uses what stands above.
  std::unique_ptr<Prefetcher> ahead_;
};

/// Whether a set of so many bytes is kept whole on a device that has so many free: up to a quarter of them,
/// since training needs the rest.
bool fits_on_device(std::int64_t bytes, std::int64_t free);

/// The options of a source, as the loader wants them. A source without a seed of its own takes
/// `run_seed`.
Loader::Options loader_options(const DataSource& source, std::uint64_t run_seed);

/// A loader over a source that is opened for it. Sets in memory that are small enough are kept on `device`
/// whole, so that their batches need no copies.
Loader make_loader(const DataSource& source, std::uint64_t run_seed, const at::Device& device);
/// The same in the order of the set, without sampler or shares, for evaluation; `drop_last` holds.
Loader make_loader_in_order(const DataSource& source, const at::Device& device, std::uint64_t run_seed = 0);
/// A loader over samples that `open_samples` gave.
Loader loader_over(std::shared_ptr<const Samples> samples, const DataSource& source,
                   const Loader::Options& options);

}  // namespace orrery
