// Files of arrays: .npy, .npz and .safetensors. Every array's first dimension counts the samples.
#include <algorithm>

#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/formats/npz.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/governors/arrays.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

bool is_label(const DataSource& source, const std::string& name) {
  const bool told = source.kind != "npy" && source.options.has("label");
  return told ? name == source.options.text("label") : name == "label" || name == "target";
}

std::vector<std::string> names_of(const std::vector<ArrayType>& arrays) {
  std::vector<std::string> names;
  for (const ArrayType& array : arrays) names.push_back(array.name);
  return names;
}

const ArrayType& array_named(const std::vector<ArrayType>& arrays, const std::string& name,
                             const std::string& path) {
  const auto found = std::ranges::find(arrays, name, &ArrayType::name);
  if (found != arrays.end()) return *found;
  fail(Fault::usage, "{} has no array '{}'{}", quote_path(path), name, did_you_mean(name, names_of(arrays)));
}

// Labels that are whole numbers are int64, as losses want them.
Field field_of(const ArrayType& array, bool label) {
  const DType dtype = label && is_integral(array.dtype) ? DType::int64 : array.dtype;
  Shape shape(array.dims.begin() + 1, array.dims.end());
  return {array.name, {std::move(shape), dtype}, label};
}

SourceHeader header_of(const DataSource& source, const std::vector<ArrayType>& arrays,
                       const std::string& path) {
  SourceHeader header{.classes = given_classes(source)};
  check(!arrays.empty(), Fault::input_file, "{} holds no array", quote_path(path));
  for (const ArrayType& array : arrays) {
    check(!array.dims.empty(), Fault::input_file, "{}: '{}' is a single number, not one entry per sample",
          quote_path(path), array.name);
    if (header.fields.empty()) header.length = array.dims[0];
    check(array.dims[0] == header.length, Fault::input_file, "{}: '{}' has {} samples and '{}' has {}",
          quote_path(path), array.name, array.dims[0], arrays[0].name, header.length);
    header.fields.push_back(field_of(array, is_label(source, array.name)));
  }
  return header;
}

}  // namespace

std::vector<ArrayType> chosen_arrays(const DataSource& source, const std::vector<ArrayType>& arrays) {
  const std::string& path = source.options.text("path");
  if (source.options.has("label")) array_named(arrays, source.options.text("label"), path);
  std::vector<ArrayType> chosen;
  const auto wanted = source.parts.lists.find("fields");
  if (wanted == source.parts.lists.end()) {
    chosen = arrays;
    std::ranges::stable_sort(chosen, {},
                             [&](const ArrayType& array) { return is_label(source, array.name); });
    return chosen;
  }
  for (const std::string& name : wanted->second) chosen.push_back(array_named(arrays, name, path));
  return chosen;
}

std::vector<ArrayType> arrays_of(const NpzReader& file) {
  std::vector<ArrayType> arrays;
  for (const NpzReader::Array& array : file.arrays())
    arrays.push_back({array.name, array.header.dtype, array.header.dims});
  return arrays;
}

std::vector<ArrayType> arrays_of(const SafetensorsReader& file) {
  std::vector<ArrayType> arrays;
  for (const SafetensorsTensor& tensor : file.header().tensors) {
    check(tensor.dtype.dtype.has_value(), Fault::input_file,
          "{}: tensor '{}' has the dtype {}, which Orrery does not have", quote_path(file.path()),
          tensor.name, tensor.dtype.name);
    arrays.push_back({tensor.name, *tensor.dtype.dtype, tensor.shape});
  }
  return arrays;
}

SourceHeader open_npy(const DataSource& source) {
  const std::string& path = source.options.text("path");
  const NpyHeader data = read_npy_header(path);
  SourceHeader header = header_of(source, {{"data", data.dtype, data.dims}}, path);
  if (!source.options.has("labels")) return header;
  const std::string& labels_path = source.options.text("labels");
  const NpyHeader labels = read_npy_header(labels_path);
  check(!labels.dims.empty() && labels.dims[0] == header.length, Fault::input_file,
        "{} has {} labels and {} has {} samples", quote_path(labels_path),
        labels.dims.empty() ? 1 : labels.dims[0], quote_path(path), header.length);
  header.fields.push_back(field_of({"label", labels.dtype, labels.dims}, true));
  return header;
}

SourceHeader open_npz(const DataSource& source) {
  const NpzReader file(source.options.text("path"));
  return header_of(source, chosen_arrays(source, arrays_of(file)), file.path());
}

SourceHeader open_safetensors(const DataSource& source) {
  const SafetensorsReader file(source.options.text("path"));
  return header_of(source, chosen_arrays(source, arrays_of(file)), file.path());
}

}  // namespace orrery
