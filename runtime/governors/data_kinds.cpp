// What is known of each kind of data: its options and how its headers are read.
#include <algorithm>

#include "runtime/core/names.h"
#include "runtime/formats/fashion_mnist.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

constexpr double kMostClasses = 1'000'000;  // each gets a name
constexpr double kMostSamples = 2'147'483'647, kMostWorkers = 256;

Attribute text(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::text, .doc = std::move(doc)};
}

Attribute required_text(std::string name, std::string doc) {
  Attribute attribute = text(std::move(name), std::move(doc));
  attribute.required = true;
  return attribute;
}

Attribute one_of(std::string name, std::string doc, std::vector<std::string> choices) {
  const std::string first = choices.front();
  return {.name = std::move(name),
          .type = AttributeType::text,
          .doc = std::move(doc),
          .value = first,
          .choices = std::move(choices)};
}

Attribute flag(std::string name, std::string doc, bool value) {
  return {.name = std::move(name), .type = AttributeType::boolean, .doc = std::move(doc), .value = value};
}

Attribute count(std::string name, std::string doc, double min = 1) {
  return {.name = std::move(name), .doc = std::move(doc), .min = min};
}

Attribute class_count() {
  Attribute classes =
      count("classes", "how many classes there are, so that every label is checked; none: unknown");
  classes.max = kMostClasses;
  return classes;
}

Attribute scale() { return flag("scale", "brings bytes 0…255 to 0…1", true); }

Attribute mode() { return one_of("mode", "three channels, or one of luminance", {"rgb", "grey"}); }

Attribute label_dtype() {
  return {.name = "label_dtype",
          .type = AttributeType::dtype,
          .doc = "int64 for classes, float32 for numbers",
          .value = DType::int64,
          .choices = {"int64", "float32"}};
}

Attribute delimiter() {
  Attribute attribute = text("delimiter", "between cells; none: told by the first line");
  attribute.choices = {",", ";", "\t", "|"};
  return attribute;
}

const TextListOption kFieldNames = {"fields", "which arrays, in this order; none: all, the label last"};

Attribute label_of_arrays() {
  return text("label",
              "name of the array of labels; none: the one called `label` or `target`, if there is one");
}

DataSourceKind csv_kind() {
  return {
      "csv",
      "A table, one sample a row, gzip or plain; cells between commas, tabs, semicolons or bars.",
      {required_text("path", "the file"),
       delimiter(),
       {.name = "header",
        .type = AttributeType::boolean,
        .doc = "the first row has names; none: told by the first line"},
       text("label", "name of the label's column, or its place from 0 (from -1 backwards); none: no label"),
       label_dtype(),
       class_count()},
      {{"columns", "the columns that are read, in this order; none: all"},
       {"types",
        "of `columns`, one each: 'float32' (all of them become the field `features`), 'int64' or 'category' "
        "(texts, numbered in alphabetical order), which are fields of their own"}}};
}

DataSourceKind idx_kind() {
  return {"idx",
          "IDX files as of MNIST, gzip or plain.",
          {required_text("images", "the file of images"),
           text("labels", "the file of labels; none: no label"), scale(), class_count()}};
}

Attribute in_memory() {
  return {.name = "in_memory",
          .type = AttributeType::boolean,
          .doc = "read whole at the start, or sample by sample by workers; none: whole if it has room"};
}

std::vector<DataSourceKind> array_kinds() {
  return {{"npy",
           "A NumPy array, the samples along its first dimension.",
           {required_text("path", "the .npy file"), text("labels", "a .npy file of labels; none: no label"),
            in_memory(), class_count()}},
          {"npz",
           "NumPy arrays of one .npz file, a field each.",
           {required_text("path", "the .npz file"), label_of_arrays(), class_count()},
           {kFieldNames}},
          {"safetensors",
           "Tensors of one .safetensors file, a field each, the samples along their first dimension.",
           {required_text("path", "the .safetensors file"), label_of_arrays(), in_memory(), class_count()},
           {kFieldNames}}};
}

DataSourceKind text_kind() {
  Attribute length = count("length", "tokens a window; none: each line that is not empty is a sample");
  return {
      "text",
      "A text as numbered tokens: windows of one length with the tokens that follow, or lines.",
      {required_text("path", "the file, gzip or plain"),
       one_of("unit", "what a token is, without `vocabulary`", {"characters", "bytes"}), length,
       count("stride", "tokens from one window to the next; none: `length`"),
       flag("target", "windows have a second field, each token's next one", true),
       text("unknown", "the entry of `vocabulary` that stands for what is not in it; none: an error")},
      {{"vocabulary", "the tokens, numbered from 0; the longest that fits is taken; none: as `unit` says"}}};
}

std::vector<DataSourceKind> image_kinds() {
  return {
      {"image_folder",
       "PNG and JPEG images in a folder per class.",
       {required_text("root", "the folder"), mode(), scale()}},
      {"images",
       "PNG and JPEG images of a list of files.",
       {{.name = "labels", .type = AttributeType::integers, .doc = "one per file; none: no label", .min = 0},
        text("root", "folder that the files' names begin at; none: the working folder"),
        mode(),
        scale(),
        class_count()},
       {{"files", "the images"}}}};
}

std::vector<DataSourceKind> joined_kinds() {
  return {
      {"concat", "The samples of several sources, one after the other.", {}},
      {"subset",
       "Chosen samples of another source, or all of them with other transforms and batches.",
       {{.name = "indices",
         .type = AttributeType::integers,
         .doc = "samples from 0, in this order; none: all",
         .min = 0}}},
      {"part",
       "A share of another source, drawn at random: what data.split and data.kfold give.",
       {{.name = "from", .doc = "first sample of the share in the drawn order", .required = true, .min = 0},
        {.name = "count", .doc = "samples in the share", .required = true, .min = 0},
        flag("complement", "all samples but the share", false),
        {.name = "split_seed", .doc = "of the drawn order", .value = std::int64_t{0}, .min = 0},
        text("stratify", "field whose classes every share has in proportion; none: not regarded")}}};
}

DataSourceKind random_kind() {
  Attribute classes = class_count();
  classes.doc = "adds labels of so many classes; none: no label";
  return {
      "random",
      "Random numbers of a normal distribution, in the place of data.",
      {{.name = "shape", .type = AttributeType::shape, .doc = "of one sample", .required = true, .min = 1},
       classes,
       {.name = "length", .doc = "how many samples", .value = std::int64_t{1024}, .min = 1},
       {.name = "dtype",
        .type = AttributeType::dtype,
        .doc = "element type of the samples",
        .value = DType::float32,
        .choices = {"float16", "bfloat16", "float32", "float64"}}}};
}

std::vector<DataSourceKind> own_kinds() {
  Attribute length = count("length", "how many samples", 0);
  length.required = true;
  length.max = kMostSamples;
  return {{"tensors", "Tensors that are in memory already.", {}},
          {"define",
           "Samples that functions of the script give, or those of a module with a Lua state per worker.",
           {length, text("module", "what `require` finds `get` in, for worker threads"), class_count()}},
          {"generator",
           "Samples that a function of the script makes one after the other.",
           {length, class_count()}}};
}

std::vector<DataSourceKind> make_source_kinds() {
  Attribute split = one_of("split", "which samples", {"train", "test", "all"});
  Attribute half = one_of("split", "which samples", {"train", "test"});
  Attribute root = text("root", "folder of its four IDX files");
  root.value = kFashionMnistFolder;
  std::vector<DataSourceKind> kinds = {
      {"digits", "1,797 handwritten digits of 8×8 pixels, scaled to 0…1, which come with Orrery.", {split}},
      {"fashion_mnist",
       "Fashion-MNIST: 28×28 pictures of clothes in ten classes, scaled to 0…1.",
       {half, root}},
      idx_kind(),
      csv_kind()};
  for (auto more : {array_kinds, image_kinds, joined_kinds, own_kinds})
    for (DataSourceKind& kind : more()) kinds.push_back(std::move(kind));
  kinds.push_back(text_kind());
  kinds.push_back(random_kind());
  // Classes may have names, not only a number.
  for (DataSourceKind& kind : kinds)
    if (std::ranges::find(kind.attributes, "classes", &Attribute::name) != kind.attributes.end())
      kind.lists.push_back({"class_names", "names of the classes, in the place of `classes`"});
  return kinds;
}

}  // namespace

const std::vector<DataSourceKind>& data_source_kinds() {
  static const std::vector<DataSourceKind> kinds = make_source_kinds();
  return kinds;
}

const DataSourceKind& data_source_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const DataSourceKind& kind : data_source_kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  fail(Fault::usage, "there is no data source '{}'{}", name, did_you_mean(name, names));
}

OpenSource open_function(const std::string& kind) {
  static const std::map<std::string, OpenSource> functions = {
      {"digits", open_digits},
      {"fashion_mnist", open_fashion_mnist},
      {"idx", open_idx},
      {"csv", open_csv},
      {"npy", open_npy},
      {"npz", open_npz},
      {"safetensors", open_safetensors},
      {"text", open_text},
      {"image_folder", open_image_folder},
      {"images", open_images},
      {"concat", open_concat},
      {"subset", open_subset},
      {"part", open_part},
      {"random", open_random},
  };
  const auto found = functions.find(kind);
  return found == functions.end() ? nullptr : found->second;
}

const std::vector<Attribute>& loader_attributes() {
  static const std::vector<Attribute> attributes = {
      {.name = "batch", .doc = "samples a step", .value = std::int64_t{32}, .min = 1},
      flag("shuffle", "another order each epoch", false),
      {.name = "seed", .doc = "of order and random data; none: the manager's", .min = 0},
      flag("drop_last", "leaves out a last batch that is not full", false),
      {.name = "sampler",
       .type = AttributeType::text,
       .doc = "'weighted': drawn with replacement; 'stratified': every batch has the classes in proportion; "
              "'group': batches of one group each; none: as `shuffle` says",
       .choices = {"weighted", "stratified", "group"}},
      {.name = "weights",
       .type = AttributeType::reals,
       .doc = "of 'weighted', one per class or one per sample; none: each class as often as any other",
       .min = 0,
       .count = 0},
      {.name = "num_samples",
       .doc = "draws an epoch of 'weighted'; none: as many as there are samples",
       .min = 1,
       .max = kMostSamples},
      text("by", "field of classes or groups that the sampler regards; none: the label"),
      {.name = "pad",
       .type = AttributeType::real,
       .doc = "fills the shorter samples of a batch, and adds a field `…_mask` that is true where there was "
              "data; none: samples of different sizes are an error"},
      flag("bucket", "batches of samples that are alike in length", false),
      count("max_tokens", "batches of any number of samples with at most so many entries, padding included"),
      {.name = "workers",
       .doc =
           "threads that read ahead; none: one less than cores where samples are read one by one, 0 for sets "
           "in memory",
       .min = 0,
       .max = kMostWorkers},
      {.name = "prefetch",
       .doc = "batches that each worker may be ahead",
       .value = std::int64_t{2},
       .min = 1,
       .max = 1024},
      {.name = "rank",
       .doc = "which share of the samples this process takes, from 0",
       .value = std::int64_t{0},
       .min = 0},
      {.name = "world", .doc = "how many shares there are", .value = std::int64_t{1}, .min = 1}};
  return attributes;
}

std::vector<Attribute> data_source_attributes(const std::string& kind) {
  std::vector<Attribute> attributes = data_source_kind(kind).attributes;
  attributes.insert(attributes.end(), loader_attributes().begin(), loader_attributes().end());
  return attributes;
}

}  // namespace orrery
