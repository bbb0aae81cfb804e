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

namespace orrery {
namespace {

// Whole numbers up to here are exact in float32, the type that tables are read in.
constexpr float kExactFloat = 16'777'216;
constexpr double kDigitsWhite = 16;
constexpr double kByteWhite = 255;

// A tensor over memory that it keeps alive.
template <class Owner>
at::Tensor over(std::shared_ptr<Owner> owner, void* data, const std::vector<std::int64_t>& sizes,
                DType dtype) {
  return at::from_blob(
      data, sizes, [owner](void*) {}, at::TensorOptions(scalar_type(dtype)));
}

at::Tensor table_tensor(CsvTable<float> table) {
  auto owner = std::make_shared<CsvTable<float>>(std::move(table));
  return over(owner, owner->values.data(), {owner->rows, owner->columns}, DType::float32);
}

at::Tensor idx_tensor(const std::string& path) {
  auto owner = std::make_shared<IdxArray>(read_idx(path));
  return over(owner, owner->values.data(), owner->header.dims, owner->header.dtype);
}

at::ScalarType type_of_field(const DataSource& source, size_t field) {
  return scalar_type(source.fields.at(field).type.dtype);
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

CsvOptions table_options(const Attributes& options) {
  CsvOptions table;
  if (options.has("delimiter")) table.delimiter = options.text("delimiter").front();
  if (options.has("header")) {
    table.header = options.boolean("header") ? CsvOptions::Header::present : CsvOptions::Header::absent;
  }
  return table;
}

// Classes are whole numbers; a 2.5 among them is a fault of the file and no 2.
void check_whole(const at::Tensor& column, const std::string& path, const std::string& name) {
  const at::Tensor wrong =
      column.ne(column.trunc()).logical_or_(column.abs().gt(kExactFloat)).logical_or_(column.isnan());
  if (!wrong.any().item<bool>()) return;
  const std::int64_t sample = wrong.nonzero()[0][0].item<std::int64_t>();
  throw Error(
      Fault::input_file,
      fmt::format("{}: sample {} (counted from 0) has {} in the label column '{}', which is no whole number",
                  quote_path(path), sample, column[sample].item<float>(), name),
      {}, "Labels that are measures rather than classes: label_dtype = 'float32'.");
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
  const Attributes& options = source.options;
  const std::string& path = options.text("path");
  CsvTable<float> read = read_csv<float>(path, table_options(options));
  const std::vector<std::string> names = read.names;
  const std::int64_t columns = read.columns;
  const at::Tensor table = table_tensor(std::move(read));
  if (!options.has("label")) return {table};
  const std::int64_t place = csv_label_column(names, options.text("label"));
  const at::Tensor column = table.select(1, place);
  const at::ScalarType type = scalar_type(options.dtype("label_dtype"));
  if (at::isIntegralType(type, true)) check_whole(column, path, names[static_cast<size_t>(place)]);
  const at::Tensor features =
      at::cat({table.narrow(1, 0, place), table.narrow(1, place + 1, columns - place - 1)}, 1);
  return {features, column.to(type).contiguous()};
}

}  // namespace orrery
