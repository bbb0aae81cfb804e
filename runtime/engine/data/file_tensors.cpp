// Sets that are read from files, and the digits, which are a file inside Orrery.
#include <cmath>
#include <memory>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/data/source_tensors.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/files/paths.h"
#include "runtime/formats/csv.h"
#include "runtime/formats/digits.h"
#include "runtime/formats/fashion_mnist.h"
#include "runtime/formats/gzip.h"
#include "runtime/formats/idx.h"
#include "runtime/formats/npz.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/governors/arrays.h"
#include "runtime/governors/csv_columns.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

// Whole numbers up to here are exact in the types that tables are read in.
constexpr double kExactFloat = 16'777'216, kExactDouble = 9'007'199'254'740'992;
constexpr double kDigitsWhite = 16;

// A tensor over memory that it keeps alive.
template <class Owner>
at::Tensor over(std::shared_ptr<Owner> owner, void* data, const std::vector<std::int64_t>& sizes,
                DType dtype) {
  return at::from_blob(
      data, sizes, [owner](void*) {}, at::TensorOptions(scalar_type(dtype)));
}

template <class T>
at::Tensor table_tensor(CsvTable<T> table) {
  auto owner = std::make_shared<CsvTable<T>>(std::move(table));
  return over(owner, owner->values.data(), {owner->rows, owner->columns},
              sizeof(T) == 4 ? DType::float32 : DType::float64);
}

at::Tensor idx_tensor(const std::string& path) {
  auto owner = std::make_shared<IdxArray>(read_idx(path));
  return over(owner, owner->values.data(), owner->header.dims, owner->header.dtype);
}

at::ScalarType type_of_field(const DataSource& source, size_t field) {
  return scalar_type(source.stored.at(field).type.dtype);
}

std::vector<at::Tensor> images_and_labels(const DataSource& source, const std::string& images,
                                          const std::string& labels, bool scale) {
  const at::Tensor raw = idx_tensor(images);
  at::Tensor image = raw.to(type_of_field(source, 0));
  if (scale && raw.scalar_type() == at::kByte) image.div_(kByteWhite);
  if (image.dim() == 3) image = image.unsqueeze(1);
  if (labels.empty()) return {image};
  const at::Tensor label = idx_tensor(labels);
  check(label.dim() == 1 && label.size(0) == image.size(0), Fault::input_file,
        "{} has {} labels and {} has {} images", quote_path(labels), label.dim() == 0 ? 1 : label.size(0),
        quote_path(images), image.size(0));
  return {image, label.to(type_of_field(source, 1))};
}

// Classes are whole numbers; a 2.5 among them is a fault of the file and no 2.
void check_whole(const at::Tensor& column, const std::string& path, const CsvColumns::Own& own) {
  const double exact = column.scalar_type() == at::kFloat ? kExactFloat : kExactDouble;
  const at::Tensor wrong =
      column.ne(column.trunc()).logical_or_(column.abs().gt(exact)).logical_or_(column.isnan());
  if (!wrong.any().item<bool>()) return;
  const std::int64_t sample = wrong.nonzero()[0][0].item<std::int64_t>();
  throw Error(
      Fault::input_file,
      fmt::format("{}: sample {} (counted from 0) has {} in the {}column '{}', which is no whole number",
                  quote_path(path), sample, column[sample].item<double>(), own.label ? "label " : "",
                  own.heading),
      {}, own.label ? "Labels that are measures rather than classes: label_dtype = 'float32'." : "");
}

template <class T>
CsvTable<T> read_table(const DataSource& source) {
  return read_csv<T>(source.options.text("path"), csv_options(source));
}

// The numbers of a category, from the places that its texts were met in.
at::Tensor category_tensor(const at::Tensor& column, const std::vector<std::string>& met) {
  CsvCategory category = csv_category(met);
  const at::Tensor rank = at::from_blob(
      category.rank.data(), {static_cast<std::int64_t>(category.rank.size())}, at::TensorOptions(at::kLong));
  return rank.index_select(0, column.to(at::kLong));
}

template <class T>
std::vector<at::Tensor> csv_fields(const DataSource& source, CsvTable<T> read) {
  const CsvColumns columns = csv_columns(source, read.names);
  const auto texts = read.texts;
  const at::Tensor table = table_tensor(std::move(read));
  std::vector<at::Tensor> fields;
  if (!columns.features.empty()) {
    const bool whole = static_cast<std::int64_t>(columns.features.size()) == table.size(1);
    const bool in_order = std::ranges::is_sorted(columns.features);
    const at::Tensor chosen =
        whole && in_order ? table : table.index_select(1, at::tensor(columns.features, at::kLong));
    fields.push_back(chosen.to(at::kFloat));
  }
  for (const CsvColumns::Own& own : columns.own) {
    const at::Tensor column = table.select(1, own.column);
    if (own.category) {
      fields.push_back(category_tensor(column, texts[static_cast<size_t>(own.column)]));
      continue;
    }
    if (is_integral(own.dtype)) check_whole(column, source.options.text("path"), own);
    fields.push_back(column.to(scalar_type(own.dtype)).contiguous());
  }
  return fields;
}

at::Tensor npy_tensor(NpyArray array) {
  auto owner = std::make_shared<NpyArray>(std::move(array));
  return over(owner, owner->values.data(), owner->header.dims, owner->header.dtype);
}

}  // namespace

std::vector<at::Tensor> digits_tensors(const DataSource& source) {
  const Bytes content = gunzip(digits_csv_gz(), "the digits");
  const at::Tensor table = table_tensor(parse_csv<float>(
      content.text(), "the digits", {.delimiter = ',', .header = CsvOptions::Header::absent}));
  const at::Tensor label = table.select(1, 64).to(at::kLong).contiguous();
  const std::vector<std::int64_t> labels(label.const_data_ptr<std::int64_t>(),
                                         label.const_data_ptr<std::int64_t>() + label.numel());
  std::vector<std::int64_t> chosen = digits_split(labels, source.options.text("split"));
  const at::Tensor rows =
      at::from_blob(chosen.data(), {static_cast<std::int64_t>(chosen.size())}, at::TensorOptions(at::kLong));
  const at::Tensor image =
      table.narrow(1, 0, 64).index_select(0, rows).div_(kDigitsWhite).reshape({-1, 1, 8, 8});
  return {image, label.index_select(0, rows)};
}

std::vector<at::Tensor> fashion_mnist_tensors(const DataSource& source) {
  const bool train = source.options.text("split") == "train";
  const FashionMnistFiles files = fashion_mnist_files(train, source.options.text("root"));
  return images_and_labels(source, files.images, files.labels, true);
}

std::vector<at::Tensor> idx_tensors(const DataSource& source) {
  const Attributes& options = source.options;
  const std::string labels = options.has("labels") ? options.text("labels") : std::string();
  return images_and_labels(source, options.text("images"), labels, options.boolean("scale"));
}

std::vector<at::Tensor> csv_tensors(const DataSource& source) {
  // Only columns of whole numbers need more than the 24 bits of a float.
  return source.parts.lists.contains("types") ? csv_fields(source, read_table<double>(source))
                                              : csv_fields(source, read_table<float>(source));
}

std::vector<at::Tensor> npy_tensors(const DataSource& source) {
  std::vector<at::Tensor> tensors = {npy_tensor(read_npy(source.options.text("path")))};
  if (source.options.has("labels"))
    tensors.push_back(npy_tensor(read_npy(source.options.text("labels"))).to(type_of_field(source, 1)));
  return tensors;
}

std::vector<at::Tensor> npz_tensors(const DataSource& source) {
  const NpzReader file(source.options.text("path"));
  std::vector<at::Tensor> tensors;
  for (const ArrayType& chosen : chosen_arrays(source, arrays_of(file)))
    tensors.push_back(
        npy_tensor(file.read(*std::ranges::find(file.arrays(), chosen.name, &NpzReader::Array::name)))
            .to(type_of_field(source, tensors.size())));
  return tensors;
}

std::vector<at::Tensor> safetensors_tensors(const DataSource& source) {
  const SafetensorsReader file(source.options.text("path"));
  std::vector<at::Tensor> tensors;
  for (const ArrayType& chosen : chosen_arrays(source, arrays_of(file))) {
    auto owner = std::make_shared<Bytes>(file.read(file.at(chosen.name)));
    tensors.push_back(
        over(owner, owner->data(), chosen.dims, chosen.dtype).to(type_of_field(source, tensors.size())));
  }
  return tensors;
}

}  // namespace orrery
