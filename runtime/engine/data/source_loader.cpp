// Loaders of data sources: what their options ask for.
#include <ATen/ATen.h>

#include "runtime/engine/data/loader.h"
#include "runtime/engine/data/memory_samples.h"
#include "runtime/engine/device.h"

namespace orrery {
namespace {

using Kind = BatchPlanner::Kind;

constexpr std::int64_t kPartForData = 4;

Kind kind_of(const Attributes& options) {
  if (options.boolean("bucket")) return Kind::length;
  if (!options.has("sampler")) return Kind::plain;
  const std::string& sampler = options.text("sampler");
  return sampler == "weighted" ? Kind::weighted : sampler == "group" ? Kind::group : Kind::stratified;
}

// The field that a sampler regards: the one of the option `by`, else the label.
size_t regarded_field(const DataSource& source) {
  if (source.options.has("by")) {
    const auto found = std::ranges::find(source.sample, source.options.text("by"), &Field::name);
    return static_cast<size_t>(found - source.sample.begin());
  }
  const auto label = std::ranges::find(source.sample, true, &Field::label);
  check(label != source.sample.end(), Fault::usage,
        "sampler = '{}' regards the label, and the data have none; name a field with `by`",
        source.options.text("sampler"));
  return static_cast<size_t>(label - source.sample.begin());
}

std::optional<std::int64_t> optional_integer(const Attributes& options, const char* name) {
  if (!options.has(name)) return std::nullopt;
  return options.integer(name);
}

std::shared_ptr<const Samples> on_device(std::shared_ptr<const Samples> samples, const at::Device& device) {
  const Dataset* set = samples->in_memory();
  if (!set || device.is_cpu() || !fits_on_device(set->bytes(), free_bytes(device))) return samples;
  return std::make_shared<MemorySamples>(set->to(device));
}

// The script's line goes in front of what does not fit.
template <class Make>
Loader located(const DataSource& source, Make make) {
  try {
    return make();
  } catch (const Error& error) {
    if (error.site().known() || !source.origin.site.known()) throw;
    throw Error(error.fault(), source.kind + ": " + error.message(), source.origin.site, error.remedy());
  }
}

}  // namespace

bool fits_on_device(std::int64_t bytes, std::int64_t free) { return bytes <= free / kPartForData; }

Loader::Options loader_options(const DataSource& source, std::uint64_t run_seed) {
  const Attributes& options = source.options;
  const bool own_seed = options.has("seed");
  Loader::Options made{.batch = source.batch(),
                       .shuffle = source.shuffle(),
                       .seed = own_seed ? static_cast<std::uint64_t>(options.integer("seed")) : run_seed,
                       .drop_last = options.boolean("drop_last"),
                       .kind = kind_of(options),
                       .draws = optional_integer(options, "num_samples"),
                       .max_entries = optional_integer(options, "max_tokens"),
                       .ahead = options.integer("prefetch"),
                       .rank = options.integer("rank"),
                       .world = options.integer("world")};
  if (options.has("sampler")) made.by = regarded_field(source);
  if (options.has("weights")) made.weights = options.reals("weights");
  if (options.has("pad")) made.pad = options.real("pad");
  if (options.has("workers")) made.workers = static_cast<int>(options.integer("workers"));
  for (const DataTransform& transform : source.parts.transforms)
    if (data_transform_kind(transform.kind).of_batch) made.of_batch.push_back(transform);
  return made;
}

Loader loader_over(std::shared_ptr<const Samples> samples, const DataSource& source,
                   const Loader::Options& options) {
  Collation how{.sample = source.sample,
                .pad = options.pad,
                .classes = source.classes,
                .kind = source.kind,
                .site = source.origin.site};
  return located(source, [&] { return Loader(std::move(samples), source.fields, std::move(how), options); });
}

Loader make_loader(const DataSource& source, std::uint64_t run_seed, const at::Device& device) {
  return loader_over(on_device(open_samples(source, run_seed), device), source,
                     loader_options(source, run_seed));
}

Loader make_loader_in_order(const DataSource& source, const at::Device& device, std::uint64_t run_seed) {
  Loader::Options options = loader_options(source, run_seed);
  options.shuffle = false;
  options.kind = Kind::plain;
  options.weights.clear();
  options.rank = 0;
  options.world = 1;
  return loader_over(on_device(open_samples(source, run_seed), device), source, options);
}

}  // namespace orrery
