#include "runtime/engine/data/transformed_samples.h"

#include <ATen/ATen.h>

#include "runtime/engine/data/memory_samples.h"
#include "runtime/engine/data/order.h"
#include "runtime/engine/data/transforms.h"

namespace orrery {
namespace {

/// A transform and the fields that it finds.
struct Step {
  DataTransform transform;
  std::vector<Field> before;
};

std::vector<Step> steps_of(const DataSource& source) {
  std::vector<Step> steps;
  std::vector<Field> fields = source.stored;
  for (const DataTransform& transform : source.parts.transforms) {
    if (data_transform_kind(transform.kind).of_batch) continue;
    steps.push_back({transform, fields});
    fields = transformed(transform, std::move(fields));
  }
  return steps;
}

class TransformedSamples : public Samples {
 public:
  TransformedSamples(std::shared_ptr<const Samples> stored, std::vector<Step> steps, std::uint64_t seed)
      : stored_(std::move(stored)), steps_(std::move(steps)), seed_(seed) {}

  std::int64_t length() const override { return stored_->length(); }

  std::vector<at::Tensor> at(std::int64_t index, std::int64_t epoch) const override {
    std::vector<at::Tensor> fields = stored_->at(index, epoch);
    RandomStream of_epoch(seed_ ^ kTransformStream, static_cast<std::uint64_t>(epoch));
    RandomStream random(of_epoch.next(), static_cast<std::uint64_t>(index));
    for (const Step& step : steps_) apply_transform(step.transform, step.before, fields, random);
    return fields;
  }

  std::string place(std::int64_t index) const override { return stored_->place(index); }
  bool on_any_thread() const override { return stored_->on_any_thread(); }

  // Labels that a transform leaves alone are still what they were.
  std::optional<std::int64_t> number(std::int64_t index, size_t field) const override {
    for (const Step& step : steps_)
      if (step.transform.kind == "OneHot") return std::nullopt;
    const Dataset* set = stored_->in_memory();
    if (!set) return stored_->number(index, field);
    const at::Tensor& all = set->tensors.at(field);
    if (all.dim() != 1 || !at::isIntegralType(all.scalar_type(), true)) return std::nullopt;
    return all[index].item<std::int64_t>();
  }

 private:
  std::shared_ptr<const Samples> stored_;
  std::vector<Step> steps_;
  std::uint64_t seed_;
};

// Applies as many of the first steps as draw nothing to the whole set, and takes them away.
std::shared_ptr<const Samples> prepared(const Dataset& stored, std::vector<Step>& steps) {
  Dataset set = stored;
  RandomStream none(0, 0);
  while (!steps.empty() && !data_transform_kind(steps.front().transform.kind).random) {
    apply_transform(steps.front().transform, steps.front().before, set.tensors, none);
    steps.erase(steps.begin());
  }
  return std::make_shared<MemorySamples>(std::move(set));
}

}  // namespace

std::shared_ptr<const Samples> with_transforms(const DataSource& source,
                                               std::shared_ptr<const Samples> stored, std::uint64_t seed) {
  std::vector<Step> steps = steps_of(source);
  if (steps.empty()) return stored;
  if (const Dataset* set = stored->in_memory()) stored = prepared(*set, steps);
  if (steps.empty()) return stored;
  return std::make_shared<TransformedSamples>(std::move(stored), std::move(steps), seed);
}

}  // namespace orrery
