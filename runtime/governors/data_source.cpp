#include "runtime/governors/data_source.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "runtime/core/names.h"
#include "runtime/governors/source_kinds.h"
#include "runtime/graph/json_values.h"

namespace orrery {
namespace {

// The longest list that a saved model's description repeats.
constexpr size_t kMostListed = 256;

// Every batch must be there, and none may be the last part that drop_last leaves out.
void check_length(const DataSource& source) {
  check(source.length > 0, Fault::input_file, "{}: the set is empty", source.kind);
  check(source.batches() != 0, Fault::usage,
        "batch must be at most {}, the number of samples, when drop_last is true, got {}", source.length,
        source.batch());
}

bool varies(const Field& field) { return !known(field.type.shape); }

// Options that only make sense together, or with the data that the source has.
void check_loader_options(const DataSource& source) {
  const Attributes& options = source.options;
  const bool sampler = options.has("sampler");
  const bool weighted = sampler && options.text("sampler") == "weighted";
  const auto refuse = [](bool wrong, const char* option, const char* without) {
    check(!wrong, Fault::usage, "{} has no meaning without {}", option, without);
  };
  refuse(options.has("weights") && !weighted, "weights", "sampler = 'weighted'");
  refuse(options.has("num_samples") && !weighted, "num_samples", "sampler = 'weighted'");
  refuse(options.has("by") && !sampler, "by", "a sampler");
  refuse(options.has("max_tokens") && !options.boolean("bucket"), "max_tokens", "bucket = true");
  check(options.integer("rank") < options.integer("world"), Fault::usage,
        "rank must be less than world ({}), got {}", options.integer("world"), options.integer("rank"));
  const bool sizes_differ = std::ranges::any_of(source.sample, varies);
  check(!options.has("pad") || sizes_differ, Fault::usage, "pad: all samples have the same size");
  check(!options.boolean("bucket") || sizes_differ, Fault::usage, "bucket: all samples have the same size");
  check(!options.boolean("bucket") || !sampler, Fault::usage, "bucket and a sampler cannot be together");
  check(source.kind != "generator" || (!source.shuffle() && !sampler && !options.boolean("bucket")),
        Fault::usage,
        "generator: samples come in the order that they are made in, which is neither shuffled "
        "nor sampled");
}

void check_field(const DataSource& source, const char* option) {
  const auto& options = source.options.entries();
  const bool has = std::ranges::any_of(options, [&](const auto& entry) { return entry.name == option; });
  if (!has || !source.options.has(option)) return;
  const std::string& wanted = source.options.text(option);
  std::vector<std::string> names;
  for (const Field& field : source.stored) names.push_back(field.name);
  if (std::ranges::find(names, wanted) != names.end()) return;
  fail(Fault::usage, "{}: there is no field '{}'{}", option, wanted, did_you_mean(wanted, names));
}

void transform_sample(DataSource& source) {
  source.sample = source.stored;
  bool of_batch = false;
  for (DataTransform& transform : source.parts.transforms) {
    const DataTransformKind& kind = data_transform_kind(transform.kind);
    check(kind.of_batch || !of_batch, Fault::usage,
          "data.transforms.{}: it changes single samples, and stands behind one that mixes batches",
          transform.kind);
    of_batch = kind.of_batch;
    for (const auto& entry : transform.options.entries())
      if (entry.name == "num_classes" && !transform.options.has("num_classes") && !source.classes.empty())
        transform.options.set("num_classes", static_cast<std::int64_t>(source.classes.size()));
    if (!of_batch) source.sample = transformed(transform, std::move(source.sample));
  }
}

Field mask_of(const Field& field) {
  const auto first = std::ranges::find_if(field.type.shape, [](const Dim& dim) { return !dim.known(); });
  return {field.name + "_mask", {{*first}, DType::boolean}, false};
}

// The fields of a batch: those of a sample, masks, and what mixes whole batches.
void set_batch_fields(DataSource& source) {
  source.fields = source.sample;
  if (source.options.has("pad"))
    for (const Field& field : source.sample)
      if (varies(field)) source.fields.push_back(mask_of(field));
  for (const DataTransform& transform : source.parts.transforms)
    if (data_transform_kind(transform.kind).of_batch)
      source.fields = transformed(transform, std::move(source.fields));
  for (Field& field : source.fields) field.type.shape.insert(field.type.shape.begin(), Dim::symbol("N"));
}

DataSource completed(DataSource source, SourceHeader header) {
  source.stored = std::move(header.fields);
  source.classes = std::move(header.classes);
  source.length = header.length;
  source.files = std::move(header.files);
  source.labels = std::move(header.labels);
  transform_sample(source);
  check_loader_options(source);
  check_field(source, "by");
  check_field(source, "stratify");
  set_batch_fields(source);
  check_length(source);
  return source;
}

// The script's line goes in front of what the readers of files say.
template <class Open>
DataSource located(const Origin& origin, Open open) {
  try {
    return open();
  } catch (const Error& error) {
    if (error.site().known() || !origin.site.known()) throw;
    throw Error(error.fault(), error.message(), origin.site, error.remedy());
  }
}

nlohmann::json json_of(const DataSource& source) {
  nlohmann::json json = {{"kind", source.kind},
                         {"options", json_of(source.options, data_source_attributes(source.kind))}};
  for (const auto& [name, list] : source.parts.lists)
    if (list.size() <= kMostListed) json["options"][name] = list;
  for (const DataTransform& transform : source.parts.transforms)
    json["transforms"].push_back(
        {{"kind", transform.kind},
         {"options", json_of(transform.options, data_transform_kind(transform.kind).attributes)}});
  for (const auto& part : source.parts.sources) json["sources"].push_back(json_of(*part));
  return json;
}

}  // namespace

std::vector<std::string> numbered_classes(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

std::vector<std::string> given_classes(const DataSource& source) {
  const auto names = source.parts.lists.find("class_names");
  const bool counted = source.options.has("classes");
  if (names == source.parts.lists.end())
    return counted ? numbered_classes(source.options.integer("classes")) : std::vector<std::string>();
  const auto count = static_cast<std::int64_t>(names->second.size());
  check(!counted || source.options.integer("classes") == count, Fault::usage,
        "classes is {}, and class_names has {}", counted ? source.options.integer("classes") : 0, count);
  return names->second;
}

SourceHeader open_random(const DataSource& source) {
  const Attributes& options = source.options;
  const Shape& shape = options.shape("shape");
  check(known(shape), Fault::usage, "shape must be a list of plain sizes, got {}", str(shape));
  SourceHeader header{.fields = {{"data", {shape, options.dtype("dtype")}}},
                      .classes = given_classes(source),
                      .length = options.integer("length")};
  if (!header.classes.empty()) header.fields.push_back({"label", {{}, DType::int64}, true});
  return header;
}

std::optional<std::int64_t> DataSource::batches() const {
  const bool grouped = options.has("sampler") && options.text("sampler") == "group";
  if (grouped || options.has("max_tokens")) return std::nullopt;
  const bool whole = options.boolean("drop_last");
  const auto parts_of = [&](std::int64_t count, std::int64_t size) {
    return whole ? count / size : (count + size - 1) / size;
  };
  const std::int64_t drawn = options.has("num_samples") ? options.integer("num_samples") : length;
  // Batches by length are shared out whole.
  if (options.boolean("bucket")) return parts_of(parts_of(drawn, batch()), options.integer("world"));
  return parts_of(parts_of(drawn, options.integer("world")), batch());
}

InputSpec DataSource::input_spec() const {
  nlohmann::json json = json_of(*this);
  for (const Field& field : stored)
    if (!field.label)
      json["sample"].push_back({{"name", field.name},
                                {"shape", orrery::json_of(field.type.shape)},
                                {"dtype", std::string(name(field.type.dtype))}});
  return {fields, classes, json.dump(), length};
}

DataSource open_data_source(const std::string& kind, Attributes options, Origin origin, SourceParts parts) {
  data_source_kind(kind);
  const OpenSource open = open_function(kind);
  check(open != nullptr, Fault::usage, "data.{} needs its {}", kind,
        kind == "tensors" ? "tensors" : "functions");
  return located(origin, [&] {
    DataSource source{
        .kind = kind, .options = std::move(options), .origin = origin, .parts = std::move(parts)};
    SourceHeader header = open(source);
    return completed(std::move(source), std::move(header));
  });
}

DataSource data_source_of_tensors(std::vector<Field> fields, std::vector<std::shared_ptr<TensorBox>> tensors,
                                  Attributes options, Origin origin, std::vector<DataTransform> transforms) {
  invariant(fields.size() == tensors.size(), "a source of tensors has one field per tensor");
  return located(origin, [&] {
    check(!fields.empty(), Fault::usage, "data.tensors got no tensors");
    SourceHeader header;
    for (Field& field : fields) {
      Shape& shape = field.type.shape;
      check(!shape.empty(), Fault::usage,
            "field '{}' is a scalar; its first dimension must count the samples", field.name);
      const std::int64_t length = shape[0].value();
      if (header.fields.empty()) header.length = length;
      check(length == header.length, Fault::usage, "field '{}' has {} samples and field '{}' has {}",
            field.name, length, header.fields.empty() ? field.name : header.fields[0].name, header.length);
      shape.erase(shape.begin());
      header.fields.push_back(std::move(field));
    }
    DataSource source{.kind = "tensors",
                      .options = std::move(options),
                      .origin = origin,
                      .tensors = std::move(tensors),
                      .parts = {.transforms = std::move(transforms)}};
    return completed(std::move(source), std::move(header));
  });
}

DataSource data_source_of_own(const std::string& kind, std::vector<Field> sample,
                              std::shared_ptr<OwnData> own, Attributes options, Origin origin,
                              SourceParts parts) {
  return located(origin, [&] {
    check(!sample.empty(), Fault::usage, "data.{}: fields names no field", kind);
    DataSource source{.kind = kind,
                      .options = std::move(options),
                      .origin = origin,
                      .parts = std::move(parts),
                      .own = std::move(own)};
    SourceHeader header{.fields = std::move(sample),
                        .classes = given_classes(source),
                        .length = source.options.integer("length")};
    return completed(std::move(source), std::move(header));
  });
}

}  // namespace orrery
