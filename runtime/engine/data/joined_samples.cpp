// Samples of other sources: one after the other, or chosen ones.
#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

#include "runtime/engine/data/memory_samples.h"
#include "runtime/engine/data/order.h"
#include "runtime/engine/data/source_samples.h"

namespace orrery {
namespace {

using Parts = std::vector<std::shared_ptr<const Samples>>;

class JoinedSamples : public Samples {
 private:
  auto in_part(std::int64_t index, auto action) const {
    const auto part = static_cast<size_t>(std::ranges::upper_bound(ends_, index) - ends_.begin());
    return action(*parts_[part], index - (part == 0 ? 0 : ends_[part - 1]));
  }

 public:
  explicit JoinedSamples(Parts parts) : parts_(std::move(parts)) {
    for (const auto& part : parts_) ends_.push_back((ends_.empty() ? 0 : ends_.back()) + part->length());
  }

  std::int64_t length() const override { return ends_.back(); }
  std::vector<at::Tensor> at(std::int64_t index, std::int64_t epoch) const override {
    return in_part(index, [&](const Samples& part, std::int64_t i) { return part.at(i, epoch); });
  }
  std::string place(std::int64_t index) const override {
    return in_part(index, [](const Samples& part, std::int64_t i) { return part.place(i); });
  }
  std::optional<std::int64_t> number(std::int64_t index, size_t field) const override {
    return in_part(index, [&](const Samples& part, std::int64_t i) { return part.number(i, field); });
  }
  bool on_any_thread() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->on_any_thread(); });
  }

 private:
  Parts parts_;
  std::vector<std::int64_t> ends_;
};

class ChosenSamples : public Samples {
 public:
  ChosenSamples(std::shared_ptr<const Samples> all, std::vector<std::int64_t> rows)
      : all_(std::move(all)), rows_(std::move(rows)) {}

  std::int64_t length() const override { return static_cast<std::int64_t>(rows_.size()); }
  std::vector<at::Tensor> at(std::int64_t index, std::int64_t epoch) const override {
    return all_->at(row(index), epoch);
  }
  std::string place(std::int64_t index) const override { return all_->place(row(index)); }
  std::optional<std::int64_t> number(std::int64_t index, size_t field) const override {
    return all_->number(row(index), field);
  }
  bool on_any_thread() const override { return all_->on_any_thread(); }

 private:
  std::int64_t row(std::int64_t index) const { return rows_[static_cast<size_t>(index)]; }

  std::shared_ptr<const Samples> all_;
  std::vector<std::int64_t> rows_;
};

std::shared_ptr<const Samples> chosen(const DataSource& source, std::shared_ptr<const Samples> all,
                                      std::vector<std::int64_t> rows) {
  const Dataset* set = all->in_memory();
  if (!set) return std::make_shared<ChosenSamples>(std::move(all), std::move(rows));
  const at::Tensor places = at::tensor(rows, at::kLong);
  Dataset part{source.stored, {}, source.classes, source.length};
  for (const at::Tensor& tensor : set->tensors) part.tensors.push_back(tensor.index_select(0, places));
  return std::make_shared<MemorySamples>(std::move(part));
}

size_t place_of(const DataSource& source, const std::string& field) {
  const auto found = std::ranges::find(source.sample, field, &Field::name);
  return static_cast<size_t>(found - source.sample.begin());
}

// The rows of a share, in the order of the set.
std::vector<std::int64_t> share_of(const DataSource& source, const Samples& all) {
  const Attributes& options = source.options;
  std::vector<std::int64_t> keys;
  if (options.has("stratify")) {
    const std::string& field = options.text("stratify");
    keys = numbers_of(all, place_of(*source.parts.sources.front(), field), field);
  }
  RandomStream random(static_cast<std::uint64_t>(options.integer("split_seed")), kSplitStream);
  std::vector<std::int64_t> order =
      keys.empty() ? shuffled_order(all.length(), random) : stratified_order(keys, random);
  const auto from = order.begin() + options.integer("from");
  const auto to = from + options.integer("count");
  if (options.boolean("complement"))
    order.erase(from, to);
  else
    order = std::vector<std::int64_t>(from, to);
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace

std::shared_ptr<const Samples> concat_samples(const DataSource& source, std::uint64_t seed) {
  Parts parts;
  for (const auto& part : source.parts.sources) parts.push_back(open_samples(*part, seed));
  if (!std::ranges::all_of(parts, [](const auto& part) { return part->in_memory() != nullptr; }))
    return std::make_shared<JoinedSamples>(std::move(parts));
  Dataset set{source.stored, {}, source.classes, source.length};
  for (size_t field = 0; field < source.stored.size(); ++field) {
    std::vector<at::Tensor> tensors;
    for (const auto& part : parts) tensors.push_back(part->in_memory()->tensors[field]);
    set.tensors.push_back(at::cat(tensors));
  }
  return std::make_shared<MemorySamples>(std::move(set));
}

std::shared_ptr<const Samples> subset_samples(const DataSource& source, std::uint64_t seed) {
  auto all = open_samples(*source.parts.sources.front(), seed);
  if (!source.options.has("indices")) return all;
  return chosen(source, std::move(all), source.options.integers("indices"));
}

std::shared_ptr<const Samples> part_samples(const DataSource& source, std::uint64_t seed) {
  auto all = open_samples(*source.parts.sources.front(), seed);
  std::vector<std::int64_t> rows = share_of(source, *all);
  return chosen(source, std::move(all), std::move(rows));
}

}  // namespace orrery
