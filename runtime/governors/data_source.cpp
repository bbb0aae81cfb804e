#include "runtime/governors/data_source.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "runtime/core/names.h"
#include "runtime/formats/fashion_mnist.h"
#include "runtime/governors/source_kinds.h"
#include "runtime/graph/json_values.h"

namespace orrery {
namespace {

Attribute text(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::text, .doc = std::move(doc)};
}

Attribute required_text(std::string name, std::string doc) {
  Attribute attribute = text(std::move(name), std::move(doc));
  attribute.required = true;
  return attribute;
}

Attribute split(std::vector<std::string> choices) {
  return {.name = "split",
          .type = AttributeType::text,
          .doc = "which samples",
          .value = "train",
          .choices = std::move(choices)};
}

// Each gets a name.
constexpr double kMostClasses = 1'000'000;

Attribute class_count() {
  return {.name = "classes",
          .doc = "how many classes there are, so that every label is checked; none: unknown",
          .min = 1,
          .max = kMostClasses};
}

DataSourceKind csv_kind() {
  return {
      "csv",
      "A table of numbers, one sample a row, gzip or plain.",
      {required_text("path", "the file"),
       {.name = "delimiter",
        .type = AttributeType::text,
        .doc = "between cells; none: told by the first line",
        .choices = {",", ";", "\t", "|"}},
       {.name = "header",
        .type = AttributeType::boolean,
        .doc = "the first row has names; none: told by the first line"},
       text("label", "name of the label's column, or its place from 0 (from -1 backwards); none: no label"),
       {.name = "label_dtype",
        .type = AttributeType::dtype,
        .doc = "int64 for classes, float32 for numbers",
        .value = DType::int64,
        .choices = {"int64", "float32"}},
       class_count()}};
}

DataSourceKind idx_kind() {
  return {
      "idx",
      "IDX files as of MNIST, gzip or plain.",
      {required_text("images", "the file of images"),
       text("labels", "the file of labels; none: no label"),
       {.name = "scale", .type = AttributeType::boolean, .doc = "brings bytes 0…255 to 0…1", .value = true},
       class_count()}};
}

DataSourceKind random_kind() {
  return {
      "random",
      "Random numbers of a normal distribution, in the place of data.",
      {{.name = "shape", .type = AttributeType::shape, .doc = "of one sample", .required = true, .min = 1},
       {.name = "classes",
        .doc = "adds labels of so many classes; none: no label",
        .min = 1,
        .max = kMostClasses},
       {.name = "length", .doc = "how many samples", .value = std::int64_t{1024}, .min = 1},
       {.name = "dtype",
        .type = AttributeType::dtype,
        .doc = "element type of the samples",
        .value = DType::float32,
        .choices = {"float16", "bfloat16", "float32", "float64"}}}};
}

std::vector<DataSourceKind> make_kinds() {
  return {{"digits",
           "1,797 handwritten digits of 8×8 pixels, scaled to 0…1, which come with Orrery.",
           {split({"train", "test", "all"})}},
          {"fashion_mnist",
           "Fashion-MNIST: 28×28 pictures of clothes in ten classes, scaled to 0…1.",
           {split({"train", "test"}),
            {.name = "root",
             .type = AttributeType::text,
             .doc = "folder of its four IDX files",
             .value = kFashionMnistFolder}}},
          idx_kind(),
          csv_kind(),
          random_kind(),
          {"tensors", "Tensors that are in memory already.", {}}};
}

const DataSourceKind& kind_of(const std::string& name) {
  std::vector<std::string> names;
  for (const DataSourceKind& kind : data_source_kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  fail(Fault::usage, "there is no data source '{}'{}", name, did_you_mean(name, names));
}

SourceHeader open_header(const std::string& kind, const Attributes& options) {
  if (kind == "digits") return open_digits(options);
  if (kind == "fashion_mnist") return open_fashion_mnist(options);
  if (kind == "idx") return open_idx(options);
  if (kind == "csv") return open_csv(options);
  invariant(kind == "random", "a data source has no way to be opened");
  return open_random(options);
}

// Every batch must be there, and none may be the last part that drop_last leaves out.
void check_length(const DataSource& source) {
  check(source.length > 0, Fault::input_file, "{}: the set is empty", source.kind);
  check(source.batches() > 0, Fault::usage,
        "batch must be at most {}, the number of samples, when drop_last is true, got {}", source.length,
        source.batch());
}

DataSource with_batches(const std::string& kind, SourceHeader header, Attributes options, Origin origin) {
  DataSource source{.kind = kind,
                    .options = std::move(options),
                    .fields = std::move(header.fields),
                    .classes = std::move(header.classes),
                    .length = header.length,
                    .origin = std::move(origin)};
  for (Field& field : source.fields) field.type.shape.insert(field.type.shape.begin(), Dim::symbol("N"));
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

}  // namespace

const std::vector<DataSourceKind>& data_source_kinds() {
  static const std::vector<DataSourceKind> kinds = make_kinds();
  return kinds;
}

const std::vector<Attribute>& loader_attributes() {
  static const std::vector<Attribute> attributes = {
      {.name = "batch", .doc = "samples a step", .value = std::int64_t{32}, .min = 1},
      {.name = "shuffle", .type = AttributeType::boolean, .doc = "another order each epoch", .value = false},
      {.name = "seed", .doc = "of order and random data; none: the manager's", .min = 0},
      {.name = "drop_last",
       .type = AttributeType::boolean,
       .doc = "leaves out a last batch that is not full",
       .value = false}};
  return attributes;
}

std::vector<Attribute> data_source_attributes(const std::string& kind) {
  std::vector<Attribute> attributes = kind_of(kind).attributes;
  attributes.insert(attributes.end(), loader_attributes().begin(), loader_attributes().end());
  return attributes;
}

std::vector<std::string> numbered_classes(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

SourceHeader open_random(const Attributes& options) {
  const Shape& shape = options.shape("shape");
  check(known(shape), Fault::usage, "shape must be a list of plain sizes, got {}", str(shape));
  SourceHeader source{.fields = {{"data", {shape, options.dtype("dtype")}}},
                      .length = options.integer("length")};
  if (!options.has("classes")) return source;
  source.fields.push_back({"label", {{}, DType::int64}, true});
  source.classes = numbered_classes(options.integer("classes"));
  return source;
}

std::int64_t DataSource::batches() const {
  return options.boolean("drop_last") ? length / batch() : (length + batch() - 1) / batch();
}

InputSpec DataSource::input_spec() const {
  const nlohmann::json json = {{"kind", kind}, {"options", json_of(options, data_source_attributes(kind))}};
  return {fields, classes, json.dump()};
}

DataSource open_data_source(const std::string& kind, Attributes options, Origin origin) {
  kind_of(kind);
  check(kind != "tensors", Fault::usage, "data.tensors needs its tensors");
  return located(origin, [&] {
    SourceHeader header = open_header(kind, options);
    return with_batches(kind, std::move(header), std::move(options), origin);
  });
}

DataSource data_source_of_tensors(std::vector<Field> fields, std::vector<std::shared_ptr<TensorBox>> tensors,
                                  Attributes options, Origin origin) {
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
    DataSource source = with_batches("tensors", std::move(header), std::move(options), origin);
    source.tensors = std::move(tensors);
    return source;
  });
}

}  // namespace orrery
