#include "runtime/engine/data/loader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/core/error.h"

namespace orrery {

Loader::Loader(Dataset dataset, const Options& options)
    : dataset_(std::move(dataset)),
      options_(options),
      sampler_(dataset_.length, options.shuffle ? Sampler::Order::shuffled : Sampler::Order::sequential,
               options.seed) {
  invariant(options_.batch >= 1, "a loader with batches of no samples");
  check(dataset_.length > 0, Fault::usage, "the data set is empty: there is no sample to make a batch of");
  check(batches() > 0, Fault::usage,
        "a batch of {} is larger than the set of {} sample{}, and drop_last leaves out the only batch",
        options_.batch, dataset_.length, dataset_.length == 1 ? "" : "s");
}

std::int64_t Loader::batches() const {
  const std::int64_t whole = dataset_.length / options_.batch;
  const bool short_one = dataset_.length % options_.batch != 0 && !options_.drop_last;
  return whole + (short_one ? 1 : 0);
}

std::int64_t Loader::samples() const { return std::min(dataset_.length, batches() * options_.batch); }

void Loader::seek(const LoaderPosition& position) {
  invariant(position.epoch >= 1 && position.batch >= 0 && position.batch <= batches(),
            "a loader was sent to a place outside its epochs");
  position_ = position;
}

std::optional<Minibatch> Loader::next() {
  if (position_.batch >= batches()) return std::nullopt;
  const std::int64_t first = position_.batch * options_.batch;
  const std::int64_t size = std::min(options_.batch, dataset_.length - first);
  if (options_.shuffle && order_epoch_ != position_.epoch) draw_order();
  Minibatch batch = options_.shuffle ? gathered(first, size) : viewed(first, size);
  batch.size = size;
  batch.index = position_.batch++;
  return batch;
}

Minibatch Loader::viewed(std::int64_t first, std::int64_t size) const {
  Minibatch batch;
  for (size_t i = 0; i < dataset_.fields.size(); ++i) {
    batch.fields[dataset_.fields[i].name] = dataset_.tensors[i].narrow(0, first, size);
  }
  return batch;
}

Minibatch Loader::gathered(std::int64_t first, std::int64_t size) const {
  const at::Tensor chosen = order_.narrow(0, first, size);
  Minibatch batch;
  for (size_t i = 0; i < dataset_.fields.size(); ++i) {
    batch.fields[dataset_.fields[i].name] = dataset_.tensors[i].index_select(0, chosen);
  }
  return batch;
}

void Loader::draw_order() {
  const std::vector<std::int64_t> order = sampler_.order(position_.epoch);
  at::Tensor indices = at::empty({dataset_.length}, at::kLong);
  std::memcpy(indices.mutable_data_ptr<std::int64_t>(), order.data(), order.size() * sizeof(std::int64_t));
  order_ = indices.to(dataset_.tensors.front().device());
  order_epoch_ = position_.epoch;
}

Loader::Options loader_options(const DataSource& source, std::uint64_t run_seed) {
  const bool own_seed = source.options.has("seed");
  return {.batch = source.batch(),
          .shuffle = source.shuffle(),
          .seed = own_seed ? static_cast<std::uint64_t>(source.options.integer("seed")) : run_seed,
          .drop_last = source.options.boolean("drop_last")};
}

}  // namespace orrery
