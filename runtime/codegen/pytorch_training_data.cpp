#include "runtime/codegen/pytorch_training_data.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_data_helpers.h"
#include "runtime/codegen/pytorch_training_text.h"
#include "runtime/core/error.h"
#include "runtime/formats/fashion_mnist.h"
#include "runtime/formats/gzip.h"
#include "runtime/governors/csv_columns.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

// The most places of a list that a person would write down.
constexpr std::size_t kMostIndices = 200;

bool is_usual(const DataSource& source, const std::string& option) {
  const auto& all = loader_attributes();
  const auto found = std::ranges::find(all, option, &Attribute::name);
  return source.options.at(option) == found->value;
}

std::vector<std::string> loader_arguments(const DataSource& source, bool in_order) {
  std::vector<std::string> words{fmt::format("batch_size={}", source.batch())};
  const Attributes& options = source.options;
  if (source.shuffle() && !in_order) {
    words.emplace_back("shuffle=True");
    if (options.has("seed"))
      words.push_back(fmt::format("generator=torch.Generator().manual_seed({})", options.integer("seed")));
  }
  if (options.boolean("drop_last")) words.emplace_back("drop_last=True");
  if (options.has("workers") && options.integer("workers") > 0)
    words.push_back(fmt::format("num_workers={}", options.integer("workers")));
  return words;
}

// `range(100)` for neighbours.
std::string indices(const std::vector<std::int64_t>& places) {
  bool neighbours = !places.empty();
  for (std::size_t at = 1; at < places.size(); ++at)
    neighbours = neighbours && places[at] == places[at - 1] + 1;
  if (!neighbours) return fmt::format("[{}]", fmt::join(places, ", "));
  if (places.front() == 0) return fmt::format("range({})", places.size());
  return fmt::format("range({}, {})", places.front(), places.back() + 1);
}

char delimiter_of(const DataSource& source) {
  if (source.options.has("delimiter")) return source.options.text("delimiter")[0];
  const Bytes bytes = read_content(source.options.text("path"));
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t begin = std::min(all.find_first_not_of("\r\n"), all.size());
  const std::string_view line = all.substr(begin, all.find('\n', begin) - begin);
  const std::string_view marks = ",;\t|";
  return *std::ranges::max_element(marks, {}, [&](char mark) { return std::ranges::count(line, mark); });
}

bool has_header(const DataSource& source, const std::vector<std::string>& names) {
  if (source.options.has("header")) return source.options.boolean("header");
  for (std::size_t at = 0; at < names.size(); ++at)
    if (names[at] != fmt::format("column_{}", at + 1)) return true;
  return false;
}

// `row[0:10]` read as numbers.
std::string features(const std::vector<std::int64_t>& columns) {
  const bool neighbours =
      columns.back() - columns.front() + 1 == std::ssize(columns) && std::ranges::is_sorted(columns);
  if (neighbours)
    return fmt::format("features = [[float(cell) for cell in row[{}:{}]] for row in rows]", columns.front(),
                       columns.back() + 1);
  return fmt::format(
      "features = [[float(row[i]) for i in ({})] for row in rows]",
      columns.size() == 1 ? fmt::format("{},", columns[0]) : fmt::format("{}", fmt::join(columns, ", ")));
}

std::string name_of_file(const std::string& path) {
  const std::string file = path.substr(path.find_last_of('/') + 1);
  return python_name(file.substr(0, file.find('.')));
}

}  // namespace

bool PytorchData::add_loader(const std::string& name, const DataSource& source, bool in_order) {
  refused_.clear();
  for (const char* option : {"sampler", "pad", "bucket", "max_tokens", "rank", "world"})
    if (!is_usual(source, option)) refuse(fmt::format("batches by {}", option));
  const std::string set = set_of(source);
  if (!refused_.empty()) {
    std::vector<std::string> fields;
    for (const Field& field : source.fields) fields.push_back(field.name);
    std::vector<std::string> reasons = refused_;
    reasons.push_back(
        fmt::format("a DataLoader with batches of {} samples: {}", source.batch(), fmt::join(fields, ", ")));
    script_.code += python_hook(name + "()", reasons);
    script_.gaps.push_back(fmt::format("{}: {}", name, fmt::join(refused_, "; ")));
    return false;
  }
  need("from torch.utils.data import DataLoader");
  PythonBody body;
  body.add(
      1, fmt::format("return DataLoader({}, {})", set, fmt::join(loader_arguments(source, in_order), ", ")));
  script_.code += python_function(name + "()", "", body);
  return true;
}

std::string PytorchData::refuse(const std::string& why) {
  if (std::ranges::find(refused_, why) == refused_.end()) refused_.push_back(why);
  return {};
}

void PytorchData::add_helper(const char* name) {
  if (!helpers_.insert(name).second) return;
  const PytorchDataHelper& helper = pytorch_data_helper(name);
  script_.imports.insert(helper.imports.begin(), helper.imports.end());
  for (const char* inner : helper.helpers) add_helper(inner);
  script_.code += "\n\n" + helper.code;
}

std::string PytorchData::set_of(const DataSource& source) {
  if (source.kind == "image_folder") return image_folder(source);
  return with_transforms(source, stored_set(source));
}

std::string PytorchData::stored_set(const DataSource& source) {
  using Writer = std::string (PytorchData::*)(const DataSource&);
  static const std::map<std::string, Writer> writers = {
      {"digits", &PytorchData::digits},       {"npy", &PytorchData::arrays},
      {"npz", &PytorchData::arrays},          {"safetensors", &PytorchData::arrays},
      {"csv", &PytorchData::table},           {"random", &PytorchData::random},
      {"concat", &PytorchData::concatenated}, {"subset", &PytorchData::subset},
      {"part", &PytorchData::share}};
  const Attributes& options = source.options;
  if (const auto found = writers.find(source.kind); found != writers.end())
    return (this->*found->second)(source);
  if (source.kind == "idx")
    return images_in_idx(options.text("images"), options.has("labels") ? options.text("labels") : "",
                         options.boolean("scale"));
  if (source.kind != "fashion_mnist") return refuse(fmt::format("data.{} of the script", source.kind));
  const auto files = fashion_mnist_files(options.text("split") == "train", options.text("root"));
  return images_in_idx(files.images, files.labels, true);
}

std::string PytorchData::digits(const DataSource& source) {
  add_helper("digits");
  return fmt::format("digits({})", python_text(source.options.text("split")));
}

std::string PytorchData::images_in_idx(const std::string& images, const std::string& labels, bool scale) {
  add_helper("idx_images");
  const std::string second = labels.empty() ? "" : ", " + python_text(labels);
  return fmt::format("idx_images({}{}{})", python_text(images), second, scale ? "" : ", scale=False");
}

std::string PytorchData::arrays(const DataSource& source) {
  const Attributes& options = source.options;
  const std::string path = python_text(options.text("path"));
  const bool integers_first = source.kind == "npy" && source.stored.size() > 1;
  std::vector<std::string> words;
  const auto add = [&](const Field& field, const std::string& array) {
    words.push_back(array + (field.label && is_integral(field.type.dtype) ? ".long()" : ""));
  };
  need("from torch.utils.data import TensorDataset");
  if (source.kind == "npy") {
    need("import numpy as np");
    add(source.stored[0], fmt::format("torch.from_numpy(np.load({}))", path));
    if (integers_first)
      add(source.stored[1],
          fmt::format("torch.from_numpy(np.load({}))", python_text(options.text("labels"))));
    return fmt::format("TensorDataset({})", fmt::join(words, ", "));
  }
  const bool numpy = source.kind == "npz";
  need(numpy ? "import numpy as np" : "from safetensors.torch import load_file");
  for (const Field& field : source.stored)
    add(field,
        (numpy ? "torch.from_numpy(arrays[" : "arrays[") + python_text(field.name) + (numpy ? "])" : "]"));
  PythonBody body;
  body.add(1, fmt::format("arrays = {}({})", numpy ? "np.load" : "load_file", path));
  body.add(1, fmt::format("return TensorDataset({})", fmt::join(words, ", ")));
  return own_function(name_of_file(options.text("path")), "", body.text());
}

std::string PytorchData::table(const DataSource& source) {
  add_helper("read_csv");
  need("from torch.utils.data import TensorDataset");
  const std::string& path = source.options.text("path");
  const auto read = read_csv<float>(path, csv_options(source));
  const CsvColumns columns = csv_columns(source, read.names);
  const char delimiter = delimiter_of(source);
  std::string arguments = python_text(path);
  if (delimiter != ',')
    arguments += fmt::format(", delimiter={}", delimiter == '\t' ? "\"\\t\"" : python_text({&delimiter, 1}));
  if (!has_header(source, read.names)) arguments += ", header=False";
  PythonBody body;
  body.add(1, fmt::format("rows = read_csv({})", arguments));
  std::vector<std::string> tensors;
  if (!columns.features.empty()) {
    body.add(1, features(columns.features));
    tensors.emplace_back("torch.tensor(features)");
  }
  PythonNames names({"rows", "features", "torch", "row"});
  for (const CsvColumns::Own& own : columns.own) {
    const std::string name = names.add(own.name), cell = fmt::format("row[{}]", own.column);
    if (own.category) {
      body.add(1, fmt::format("{}_texts = sorted({{{}.strip() for row in rows}})", name, cell));
      body.add(1, fmt::format("{0} = [{0}_texts.index({1}.strip()) for row in rows]", name, cell));
    } else {
      const bool real = is_floating(own.dtype);
      body.add(1, fmt::format("{} = [{} for row in rows]", name,
                              real ? fmt::format("float({})", cell) : fmt::format("int(float({}))", cell)));
    }
    tensors.push_back(fmt::format("torch.tensor({})", name));
  }
  body.add(1, fmt::format("return TensorDataset({})", fmt::join(tensors, ", ")));
  return own_function(name_of_file(path), "", body.text());
}

// Sources that are read alike share a function.
std::string PytorchData::own_function(const std::string& wanted, const std::string& sentence,
                                      const std::string& body) {
  const auto known = functions_.find(body);
  if (known != functions_.end()) return known->second + "()";
  std::set<std::string> taken{"digits",  "idx_images", "read_idx", "read_csv", "share",        "main",
                              "compute", "evaluate",   "torch",    "nn",       "train_loader", "train_epoch"};
  for (const auto& [other, name] : functions_) taken.insert(name);
  const std::string name = PythonNames(taken).add(wanted);
  functions_[body] = name;
  std::string text = fmt::format("\n\ndef {}():\n", name);
  if (!sentence.empty()) text += fmt::format("    \"\"\"{}\"\"\"\n", sentence);
  script_.code += text + body;
  return name + "()";
}

std::string PytorchData::random(const DataSource& source) {
  need("from torch.utils.data import TensorDataset");
  const Attributes& options = source.options;
  const std::int64_t length = options.integer("length");
  std::vector<std::string> sizes{std::to_string(length)};
  for (const std::int64_t size : values(options.shape("shape"))) sizes.push_back(std::to_string(size));
  const DType dtype = options.dtype("dtype");
  const std::string typed = dtype == DType::float32 ? "" : fmt::format(", dtype=torch.{}", name(dtype));
  std::string tensors = fmt::format("torch.randn({}{})", fmt::join(sizes, ", "), typed);
  if (source.stored.size() > 1)
    tensors += fmt::format(", torch.randint({}, ({},))", source.classes.size(), length);
  return fmt::format("TensorDataset({})", tensors);
}

std::string PytorchData::concatenated(const DataSource& source) {
  need("from torch.utils.data import ConcatDataset");
  std::vector<std::string> sets;
  for (const auto& part : source.parts.sources) sets.push_back(set_of(*part));
  return fmt::format("ConcatDataset([{}])", fmt::join(sets, ", "));
}

std::string PytorchData::subset(const DataSource& source) {
  const DataSource& part = *source.parts.sources.front();
  const std::string set = set_of(part);
  if (!source.options.has("indices")) return set;
  const auto& places = source.options.integers("indices");
  const std::string words = indices(places);
  if (words.starts_with('[') && places.size() > kMostIndices)
    return refuse(fmt::format("data.subset of {} chosen samples", places.size()));
  if (words == fmt::format("range({})", part.length)) return set;
  need("from torch.utils.data import Subset");
  return fmt::format("Subset({}, {})", set, words);
}

std::string PytorchData::share(const DataSource& source) {
  const Attributes& options = source.options;
  const std::string set = set_of(*source.parts.sources.front());
  if (options.has("stratify")) return refuse("data.split by classes");
  add_helper("share");
  return fmt::format("share({}, {}, {}, seed={}{})", set, options.integer("from"),
                     options.integer("from") + options.integer("count"), options.integer("split_seed"),
                     options.boolean("complement") ? ", others=True" : "");
}

std::string PytorchData::image_folder(const DataSource& source) {
  need("from torchvision.datasets import ImageFolder");
  need("from torchvision.transforms import v2");
  std::vector<std::string> first{"v2.ToImage()"};
  if (source.options.text("mode") == "grey") first.emplace_back("v2.Grayscale()");
  const bool scale = source.options.boolean("scale");
  first.push_back(fmt::format("v2.ToDtype(torch.float32{})", scale ? ", scale=True" : ""));
  return fmt::format("ImageFolder({}, {})", python_text(source.options.text("root")),
                     transform(source, first));
}

std::string PytorchData::with_transforms(const DataSource& source, const std::string& set) {
  if (source.parts.transforms.empty()) return set;
  const auto inputs = std::ranges::count(source.sample, false, &Field::label);
  if (inputs != 1 || source.sample.front().label) return refuse("transforms of several fields");
  need("from torchvision.transforms import v2");
  add_helper("Transformed");
  return fmt::format("Transformed({}, {})", set, transform(source, {}));
}

std::string PytorchData::transform(const DataSource& source, const std::vector<std::string>& first) {
  std::vector<std::string> calls = first;
  for (const DataTransform& each : source.parts.transforms) calls.push_back(transform_call(each));
  if (calls.size() == 1) return calls[0];
  return fmt::format("v2.Compose([{}])", fmt::join(calls, ", "));
}

std::string PytorchData::transform_call(const DataTransform& each) {
  const DataTransformKind& kind = data_transform_kind(each.kind);
  if (kind.of_batch || kind.name == "OneHot" || kind.name == "RandomWindow")
    return refuse("the transform " + kind.name);
  std::vector<std::string> words = python_options(kind.attributes, each.options);
  for (std::string& word : words) {
    constexpr std::string_view kMode = "interpolation=\"";
    if (!word.starts_with(kMode)) continue;
    std::string mode = word.substr(kMode.size(), word.size() - kMode.size() - 1);
    std::ranges::transform(mode, mode.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    word = "interpolation=v2.InterpolationMode." + mode;
  }
  return fmt::format("v2.{}({})", kind.name, fmt::join(words, ", "));
}

}  // namespace orrery
