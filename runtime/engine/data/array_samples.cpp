// Arrays that are too large for memory: each sample is a run of bytes of its file.
#include <bit>
#include <unistd.h>

#include <ATen/ATen.h>

#include "runtime/engine/data/source_samples.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/byte_order.h"
#include "runtime/formats/npy.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/governors/arrays.h"

namespace orrery {
namespace {

/// Where the samples of one field lie.
struct Rows {
  std::shared_ptr<const InputFile> file;
  std::int64_t start = 0;  ///< of the first sample
  std::vector<std::int64_t> dims;
  DType dtype = DType::float32;
  bool swapped = false;  ///< not in the byte order of this machine
  at::ScalarType field = at::kFloat;

  std::int64_t row_bytes() const {
    std::int64_t bytes = element_size(dtype);
    for (size_t i = 1; i < dims.size(); ++i) bytes *= dims[i];
    return bytes;
  }

  at::Tensor at(std::int64_t index) const {
    const std::vector<std::int64_t> sizes(dims.begin() + 1, dims.end());
    at::Tensor row = at::empty(sizes, at::TensorOptions(scalar_type(dtype)));
    const std::span bytes(static_cast<std::byte*>(row.mutable_data_ptr()), static_cast<size_t>(row_bytes()));
    file->read(static_cast<std::uint64_t>(start + index * row_bytes()), bytes);
    const auto width = static_cast<size_t>(element_size(dtype));
    if (swapped) swap_byte_order(bytes, is_complex(dtype) ? width / 2 : width);
    return row.to(field);
  }
};

class ArraySamples : public Samples {
 public:
  explicit ArraySamples(std::vector<Rows> fields) : fields_(std::move(fields)) {}

  std::int64_t length() const override { return fields_.front().dims.front(); }
  std::vector<at::Tensor> at(std::int64_t index, std::int64_t) const override {
    std::vector<at::Tensor> sample;
    for (const Rows& rows : fields_) sample.push_back(rows.at(index));
    return sample;
  }
  std::string place(std::int64_t) const override { return quote_path(fields_.front().file->path()); }

 private:
  std::vector<Rows> fields_;
};

Rows npy_rows(const DataSource& source, const std::string& path, size_t field) {
  const NpyHeader header = read_npy_header(path);
  const bool rows = !header.fortran_order || header.dims.size() < 2;
  check(rows, Fault::usage,
        "{} is stored column by column, so that in_memory = false cannot read its samples", quote_path(path));
  return {.file = std::make_shared<InputFile>(path),
          .start = header.data_start,
          .dims = header.dims,
          .dtype = header.dtype,
          .swapped = header.big_endian != (std::endian::native == std::endian::big),
          .field = scalar_type(source.stored.at(field).type.dtype)};
}

std::vector<Rows> npy_fields(const DataSource& source) {
  std::vector<Rows> fields = {npy_rows(source, source.options.text("path"), 0)};
  if (source.options.has("labels")) fields.push_back(npy_rows(source, source.options.text("labels"), 1));
  return fields;
}

std::vector<Rows> safetensors_fields(const DataSource& source) {
  const SafetensorsReader reader(source.options.text("path"));
  const auto file = std::make_shared<InputFile>(reader.path());
  std::vector<Rows> fields;
  for (const ArrayType& chosen : chosen_arrays(source, arrays_of(reader)))
    fields.push_back(
        {.file = file,
         .start = static_cast<std::int64_t>(reader.header().data_start + reader.at(chosen.name).begin),
         .dims = chosen.dims,
         .dtype = chosen.dtype,
         .swapped = std::endian::native == std::endian::big,
         .field = scalar_type(source.stored.at(fields.size()).type.dtype)});
  return fields;
}

// Half of the memory that the machine has is left to the model.
std::int64_t room() { return sysconf(_SC_PHYS_PAGES) / 2 * sysconf(_SC_PAGESIZE); }

std::int64_t stored_bytes(const DataSource& source) {
  std::int64_t bytes = 0;
  for (const Field& field : source.stored)
    bytes += numel(field.type.shape).value() * source.length * element_size(field.type.dtype);
  return bytes;
}

}  // namespace

bool is_read_by_rows(const DataSource& source) {
  if (source.kind != "npy" && source.kind != "safetensors") return false;
  return source.options.has("in_memory") ? !source.options.boolean("in_memory")
                                         : stored_bytes(source) > room();
}

std::shared_ptr<const Samples> array_samples(const DataSource& source) {
  std::vector<Rows> fields = source.kind == "npy" ? npy_fields(source) : safetensors_fields(source);
  for (const Rows& rows : fields)
    check(rows.dims.front() == source.length, Fault::input_file, "{} has changed since it was opened",
          quote_path(rows.file->path()));
  return std::make_shared<ArraySamples>(std::move(fields));
}

}  // namespace orrery
