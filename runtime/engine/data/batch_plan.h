#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace orrery {

/// Which samples each batch of an epoch has, one batch after the other.
struct BatchPlan {
  std::vector<std::int64_t> order;
  std::vector<std::int64_t> ends;  ///< of each batch, in `order`

  std::int64_t batches() const { return static_cast<std::int64_t>(ends.size()); }
  std::int64_t begin(std::int64_t batch) const {
    return batch == 0 ? 0 : ends[static_cast<size_t>(batch) - 1];
  }
  std::int64_t end(std::int64_t batch) const { return ends[static_cast<size_t>(batch)]; }
};

/// Cuts a set into batches. A function of its facts and the epoch alone, so that any epoch can be taken up
/// again in the middle; every epoch has as many batches and samples as the first. Value type.
class BatchPlanner {
 public:
  /// `weighted`: drawn with replacement. `stratified`: each batch has the keys in proportion. `group`:
  /// batches of one key each. `length`: batches of neighbours in length.
  enum class Kind { plain, weighted, stratified, group, length };

  struct Facts {
    Kind kind = Kind::plain;
    std::int64_t length = 0;  ///< samples
    std::int64_t batch = 1;
    bool shuffle = false;
    bool drop_last = false;
    std::uint64_t seed = 0;
    std::vector<std::int64_t> keys =
        {};  ///< per sample, of `stratified`, `group` and, without weights, `weighted`
    std::vector<double> weights = {};              ///< per sample
    std::optional<std::int64_t> draws = {};        ///< of `weighted`; none: as many as samples
    std::vector<std::int64_t> sizes = {};          ///< per sample, of `length`
    std::optional<std::int64_t> max_entries = {};  ///< of `length`: in the place of `batch`, padding included
    std::int64_t rank = 0, world = 1;
  };

  explicit BatchPlanner(Facts facts);

  const Facts& facts() const { return facts_; }
  /// Batches in each epoch.
  std::int64_t batches() const { return batches_; }
  /// Samples in each epoch.
  std::int64_t samples() const { return samples_; }
  /// Epochs count from 1. With several shares each has as many samples (kinds `group` and `length`: batches)
  /// as any other: the last are filled up from the start, or with drop_last left out, as PyTorch's
  /// DistributedSampler does.
  BatchPlan plan(std::int64_t epoch) const;

 private:
  std::vector<std::int64_t> order(std::int64_t epoch) const;
  std::vector<std::int64_t> share(std::vector<std::int64_t> order) const;
  BatchPlan cut(std::vector<std::int64_t> order) const;
  BatchPlan cut_groups(const std::vector<std::int64_t>& order) const;
  BatchPlan cut_by_length(std::vector<std::int64_t> order) const;
  BatchPlan arranged(const BatchPlan& whole, std::int64_t epoch) const;

  Facts facts_;
  std::int64_t batches_ = 0;
  std::int64_t samples_ = 0;
};

}  // namespace orrery
