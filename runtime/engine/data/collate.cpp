#include "runtime/engine/data/collate.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

std::string described(const TensorType& type) {
  return fmt::format("{} {}", name(type.dtype), str(type.shape));
}

bool fits(const TensorType& got, const TensorType& wanted) {
  if (got.dtype != wanted.dtype || got.shape.size() != wanted.shape.size()) return false;
  for (size_t i = 0; i < got.shape.size(); ++i)
    if (wanted.shape[i].known() && got.shape[i] != wanted.shape[i]) return false;
  return true;
}

void check_sample(const std::vector<at::Tensor>& fields, const Collation& how) {
  check(fields.size() == how.sample.size(), Fault::input_file, "it has {} fields, expected {}", fields.size(),
        how.sample.size());
  const auto classes = static_cast<std::int64_t>(how.classes.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const Field& field = how.sample[i];
    const TensorType type = type_of(fields[i]);
    check(fits(type, field.type), Fault::input_file, "field '{}' is {}, expected {}", field.name,
          described(type), described(field.type));
    if (!field.label || classes == 0 || !is_integral(type.dtype) || fields[i].dim() > 0) continue;
    const auto label = fields[i].item<std::int64_t>();
    check(label >= 0 && label < classes, Fault::input_file,
          "it has the {} {}, and the {} classes are 0 to {}", field.name, label, classes, classes - 1);
  }
}

std::vector<at::Tensor> read(const Samples& samples, std::int64_t index, std::int64_t epoch,
                             const Collation& how) {
  try {
    std::vector<at::Tensor> fields = samples.at(index, epoch);
    check_sample(fields, how);
    return fields;
  } catch (const std::exception&) {
    rethrow_for_sample(samples, index, how.site);
  }
}

// The largest size in each dimension.
std::vector<std::int64_t> largest(const std::vector<at::Tensor>& values) {
  std::vector<std::int64_t> sizes(values.front().sizes().begin(), values.front().sizes().end());
  for (const at::Tensor& value : values)
    for (size_t i = 0; i < sizes.size(); ++i)
      sizes[i] = std::max(sizes[i], value.size(static_cast<std::int64_t>(i)));
  return sizes;
}

at::Tensor padded_stack(const std::vector<at::Tensor>& values, double fill) {
  std::vector<std::int64_t> sizes = largest(values);
  sizes.insert(sizes.begin(), static_cast<std::int64_t>(values.size()));
  at::Tensor batch = at::full(sizes, fill, values.front().options());
  for (size_t i = 0; i < values.size(); ++i) {
    at::Tensor place = batch[static_cast<std::int64_t>(i)];
    for (std::int64_t dim = 0; dim < values[i].dim(); ++dim)
      place = place.narrow(dim, 0, values[i].size(dim));
    place.copy_(values[i]);
  }
  return batch;
}

at::Tensor mask_of(const std::vector<at::Tensor>& values, std::int64_t dim) {
  std::vector<std::int64_t> sizes;
  for (const at::Tensor& value : values) sizes.push_back(value.size(dim));
  const std::int64_t longest = *std::ranges::max_element(sizes);
  return at::arange(longest, at::kLong).unsqueeze(0).lt(at::tensor(sizes, at::kLong).unsqueeze(1));
}

void check_equal(const std::vector<at::Tensor>& values, const std::vector<std::int64_t>& indices,
                 const Samples& samples, const Field& field, const Collation& how) {
  const auto different = std::ranges::find_if(
      values, [&](const at::Tensor& value) { return value.sizes() != values.front().sizes(); });
  if (different == values.end()) return;
  const auto named = [&](size_t i) {
    const std::string place = samples.place(indices[i]);
    return fmt::format("{} in sample {}{}", str(type_of(values[i]).shape), indices[i],
                       place.empty() ? "" : " (" + place + ")");
  };
  const auto other = static_cast<size_t>(different - values.begin());
  throw Error(Fault::input_file,
              fmt::format("{}: '{}' differs in size within a batch: {}, {}", how.kind, field.name, named(0),
                          named(other)),
              how.site,
              is_image(field) ? "Give transforms that bring all images to one size, such as "
                                "data.transforms.Resize({ 224, 224 })."
                              : "Give pad = 0, which fills the shorter ones up.");
}

}  // namespace

std::vector<at::Tensor> collated(const Samples& samples, const std::vector<std::int64_t>& indices,
                                 std::int64_t epoch, const Collation& how) {
  const c10::NoGradGuard no_grad;
  std::vector<std::vector<at::Tensor>> columns(how.sample.size());
  for (const std::int64_t index : indices) {
    std::vector<at::Tensor> fields = read(samples, index, epoch, how);
    for (size_t i = 0; i < columns.size(); ++i) columns[i].push_back(std::move(fields[i]));
  }
  std::vector<at::Tensor> batch, masks;
  for (size_t i = 0; i < columns.size(); ++i) {
    const Field& field = how.sample[i];
    const auto varying = std::ranges::find_if(field.type.shape, [](const Dim& dim) { return !dim.known(); });
    if (varying == field.type.shape.end() || !how.pad) {
      check_equal(columns[i], indices, samples, field, how);
      batch.push_back(at::stack(columns[i]));
      continue;
    }
    batch.push_back(padded_stack(columns[i], *how.pad));
    masks.push_back(mask_of(columns[i], varying - field.type.shape.begin()));
  }
  batch.insert(batch.end(), masks.begin(), masks.end());
  return batch;
}

}  // namespace orrery
