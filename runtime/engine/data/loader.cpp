#include "runtime/engine/data/loader.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/core/error.h"
#include "runtime/engine/data/memory_samples.h"
#include "runtime/engine/data/order.h"
#include "runtime/engine/data/transforms.h"
#include "runtime/engine/thread_choice.h"

namespace orrery {
namespace {

using Kind = BatchPlanner::Kind;

// What mixes a batch draws from a stream apart from those of its samples.
constexpr std::uint64_t kMixStream = ~std::uint64_t{4};

// A batch of so many bytes is gathered ahead.
constexpr std::int64_t kGatheredAhead = std::int64_t{64} << 10;
// So many bytes are gathered at once: waking a thread for each batch would cost as much as gathering it.
constexpr std::int64_t kGatheredTogether = std::int64_t{1} << 20;
// One that is used, one that is ready, one in the making.
constexpr size_t kRoomsKept = 3;

// One weight per sample, from those given per key or per sample.
std::vector<double> weights_of(const std::vector<double>& given, const std::vector<std::int64_t>& keys,
                               std::int64_t length) {
  std::vector<double> weights = given;
  if (static_cast<std::int64_t>(given.size()) != length) {
    weights.clear();
    for (const std::int64_t key : keys) {
      check(key >= 0 && key < static_cast<std::int64_t>(given.size()), Fault::usage,
            "weights has {} entries, neither one per sample ({}) nor one per class: there is the class {}",
            given.size(), length, key);
      weights.push_back(given[static_cast<size_t>(key)]);
    }
  }
  const bool any = std::ranges::any_of(weights, [](double weight) { return weight > 0; });
  check(any, Fault::usage, "weights: no sample has a weight above 0");
  return weights;
}

// The entries of each sample, for batches by length.
std::vector<std::int64_t> sizes_of(const Samples& samples, const Collation& how) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t i = 0; i < samples.length(); ++i) {
    const std::vector<at::Tensor> fields = samples.at(i, 1);
    std::int64_t largest = 0;
    for (size_t field = 0; field < fields.size(); ++field) {
      const Shape& shape = how.sample[field].type.shape;
      for (size_t dim = 0; dim < shape.size(); ++dim)
        if (!shape[dim].known())
          largest = std::max(largest, fields[field].size(static_cast<std::int64_t>(dim)));
    }
    sizes.push_back(largest);
  }
  return sizes;
}

BatchPlanner planner_of(const Samples& samples, const Collation& how, const Loader::Options& options) {
  BatchPlanner::Facts facts{.kind = options.kind,
                            .length = samples.length(),
                            .batch = options.batch,
                            .shuffle = options.shuffle,
                            .drop_last = options.drop_last,
                            .seed = options.seed,
                            .draws = options.draws,
                            .max_entries = options.max_entries,
                            .rank = options.rank,
                            .world = options.world};
  const bool per_sample = static_cast<std::int64_t>(options.weights.size()) == facts.length;
  const bool keyed = options.kind == Kind::stratified || options.kind == Kind::group ||
                     (options.kind == Kind::weighted && !per_sample);
  if (keyed && facts.length > 0) facts.keys = numbers_of(samples, options.by, how.sample[options.by].name);
  if (!options.weights.empty()) facts.weights = weights_of(options.weights, facts.keys, facts.length);
  if (options.kind == Kind::length) facts.sizes = sizes_of(samples, how);
  return BatchPlanner(std::move(facts));
}

Collation plain_collation(const Dataset& set) {
  Collation how;
  for (Field field : set.fields) {
    if (!field.type.shape.empty()) field.type.shape.erase(field.type.shape.begin());
    how.sample.push_back(std::move(field));
  }
  how.classes = set.classes;
  return how;
}

}  // namespace

Loader::Loader(Dataset dataset, const Options& options)
    : Loader(std::make_shared<MemorySamples>(dataset), dataset.fields, plain_collation(dataset), options) {}

Loader::Loader(std::shared_ptr<const Samples> samples, std::vector<Field> batch, Collation how,
               const Options& options)
    : samples_(std::move(samples)),
      fields_(std::move(batch)),
      how_(std::move(how)),
      options_(options),
      planner_(planner_of(*samples_, how_, options_)) {
  const std::int64_t length = samples_->length();
  check(length > 0, Fault::usage, "the data set is empty: there is no sample to make a batch of");
  check(batches() > 0, Fault::usage,
        "a batch of {} is larger than the set of {} sample{}, and drop_last leaves out the only batch",
        options_.batch, length, length == 1 ? "" : "s");
  workers_ = useful_workers();
  if (workers_ > 0 && samples_->in_memory())
    together_ = std::max<std::int64_t>(1, kGatheredTogether / bytes_of_batch(*samples_->in_memory()));
}

std::int64_t Loader::samples() const {
  if (!limit_) return planner_.samples();
  return *limit_ == 0 ? 0 : planner_.plan(1).end(*limit_ - 1);
}

void Loader::limit(std::int64_t batches) {
  invariant(batches >= 0 && batches <= planner_.batches() && !ahead_, "a loader's limit is out of bounds");
  limit_ = batches;
}

bool Loader::in_order() const {
  return options_.kind == Kind::plain && !options_.shuffle && options_.world == 1;
}

// Functions of a script have only its own thread. Gathering is done by one, where it costs more than handing
// the batch over, and the cores are more than one.
int Loader::useful_workers() const {
  if (!samples_->on_any_thread()) return 0;
  const int others = allowed_cores() - 1;
  const Dataset* set = samples_->in_memory();
  if (!set) return options_.workers.value_or(std::max(1, others));
  const bool worthwhile = set->tensors.front().is_cpu() && bytes_of_batch(*set) >= kGatheredAhead;
  return worthwhile && !in_order() ? std::min(1, options_.workers.value_or(others)) : 0;
}

std::int64_t Loader::bytes_of_batch(const Dataset& set) const {
  return options_.batch * (set.bytes() / set.length);
}

bool Loader::gives_views() const { return samples_->in_memory() && in_order() && options_.of_batch.empty(); }

void Loader::seek(const LoaderPosition& position) {
  invariant(position.epoch >= 1 && position.batch >= 0 && position.batch <= batches(),
            "a loader was sent to a place outside its epochs");
  if (peeked_ && position == position_) return;
  peeked_.reset();
  ahead_.reset();
  position_ = position;
}

std::optional<Minibatch> Loader::next() {
  if (position_.batch >= batches()) return std::nullopt;
  if (peeked_) return ++position_.batch, std::exchange(peeked_, std::nullopt);
  const c10::NoGradGuard no_grad;
  if (plan_epoch_ != position_.epoch) draw_plan();
  const std::int64_t number = position_.batch++;
  std::vector<at::Tensor> values = workers_ > 0 ? read_ahead(number) : read(number);
  Minibatch batch{.size = plan_.end(number) - plan_.begin(number), .index = number};
  for (size_t i = 0; i < fields_.size(); ++i) batch.fields[fields_[i].name] = std::move(values[i]);
  return batch;
}

std::optional<Minibatch> Loader::peek() {
  if (peeked_) return peeked_;
  // What was read ahead follows upon this batch.
  struct Back {
    LoaderPosition& position;
    const LoaderPosition here = position;
    ~Back() { position = here; }
  };
  const Back back{position_};
  return peeked_ = next();
}

std::vector<at::Tensor> Loader::viewed(std::int64_t first, std::int64_t size) const {
  std::vector<at::Tensor> values;
  for (const at::Tensor& tensor : samples_->in_memory()->tensors)
    values.push_back(tensor.narrow(0, first, size));
  return values;
}

std::vector<at::Tensor> Loader::gathered(std::int64_t first, std::int64_t size) const {
  const at::Tensor chosen = order_.narrow(0, first, size);
  std::vector<at::Tensor> values;
  for (const at::Tensor& tensor : samples_->in_memory()->tensors)
    values.push_back(tensor.index_select(0, chosen));
  return values;
}

std::vector<at::Tensor> Loader::read_each(std::int64_t first, std::int64_t size) const {
  const auto begin = plan_.order.begin() + first;
  return collated(*samples_, {begin, begin + size}, plan_epoch_, how_);
}

// Called by workers: changes nothing here. The plan stays as it is while they run.
std::vector<at::Tensor> Loader::read(std::int64_t batch) const {
  const std::int64_t first = plan_.begin(batch), size = plan_.end(batch) - first;
  std::vector<at::Tensor> values = !samples_->in_memory() ? read_each(first, size)
                                   : in_order()           ? viewed(first, size)
                                                          : gathered(first, size);
  mix(values, batch);
  return values;
}

// Rows like those of a tensor, in memory that nobody holds any more: taken anew for each batch it would end
// up in pieces, and the run grow. What a script keeps is its own.
at::Tensor Loader::room_for(const at::Tensor& like, std::int64_t rows) {
  std::vector<at::Tensor>& kept = rooms_[like.unsafeGetTensorImpl()];
  for (const at::Tensor& room : kept)
    if (room.storage().use_count() == 1 && room.size(0) >= rows) return room.narrow(0, 0, rows);
  std::vector<std::int64_t> sizes = like.sizes().vec();
  sizes[0] = std::max(rows, together_ * options_.batch);
  const at::Tensor room = at::empty(sizes, like.options());
  if (kept.size() < kRoomsKept) kept.push_back(room);
  return room.narrow(0, 0, rows);
}

// The batches that are gathered together, one after the other. Called by the one worker.
std::vector<at::Tensor> Loader::read_together(std::int64_t first) {
  if (!samples_->in_memory()) return read(first);
  const std::int64_t last = std::min(first + together_, batches()), begin = plan_.begin(first);
  const at::Tensor chosen = order_.narrow(0, begin, plan_.end(last - 1) - begin);
  std::vector<at::Tensor> rows;
  for (const at::Tensor& tensor : samples_->in_memory()->tensors) {
    rows.push_back(room_for(tensor, chosen.numel()));
    at::index_select_out(rows.back(), tensor, 0, chosen);
  }
  std::vector<at::Tensor> all;
  for (std::int64_t batch = first; batch < last; ++batch) {
    std::vector<at::Tensor> values;
    for (const at::Tensor& tensor : rows)
      values.push_back(tensor.narrow(0, plan_.begin(batch) - begin, plan_.end(batch) - plan_.begin(batch)));
    mix(values, batch);
    std::ranges::move(values, std::back_inserter(all));
  }
  return all;
}

std::vector<at::Tensor> Loader::read_ahead(std::int64_t batch) {
  if (!ahead_) {
    made_ahead_.clear();
    ahead_ = std::make_unique<Prefetcher>(
        [this, batch](std::int64_t number) { return read_together(batch + number * together_); }, 0,
        (batches() - batch + together_ - 1) / together_, workers_,
        std::max<std::int64_t>(1, workers_ * options_.ahead / together_));
  }
  try {
    if (made_ahead_.empty()) std::ranges::move(ahead_->take(), std::back_inserter(made_ahead_));
  } catch (...) {
    // Goes on with the next batch, not behind all that were to be made together.
    if (together_ > 1) ahead_.reset();
    throw;
  }
  const auto end = made_ahead_.begin() + static_cast<std::ptrdiff_t>(fields_.size());
  std::vector<at::Tensor> values(std::make_move_iterator(made_ahead_.begin()), std::make_move_iterator(end));
  made_ahead_.erase(made_ahead_.begin(), end);
  return values;
}

void Loader::mix(std::vector<at::Tensor>& values, std::int64_t batch) const {
  if (options_.of_batch.empty()) return;
  std::vector<Field> before = how_.sample;
  RandomStream of_epoch(options_.seed ^ kMixStream, static_cast<std::uint64_t>(plan_epoch_));
  RandomStream random(of_epoch.next(), static_cast<std::uint64_t>(batch));
  for (const DataTransform& transform : options_.of_batch) {
    apply_transform(transform, before, values, random);
    before = transformed(transform, std::move(before));
  }
}

void Loader::draw_plan() {
  ahead_.reset();
  plan_ = planner_.plan(position_.epoch);
  plan_epoch_ = position_.epoch;
  const Dataset* set = samples_->in_memory();
  if (!set || in_order()) return;
  at::Tensor indices = at::empty({static_cast<std::int64_t>(plan_.order.size())}, at::kLong);
  std::memcpy(indices.mutable_data_ptr<std::int64_t>(), plan_.order.data(),
              plan_.order.size() * sizeof(std::int64_t));
  order_ = indices.to(set->tensors.front().device());
}

}  // namespace orrery
