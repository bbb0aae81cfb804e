#include "runtime/engine/data/samples.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/data/memory_samples.h"
#include "runtime/engine/data/source_samples.h"
#include "runtime/engine/data/source_tensors.h"
#include "runtime/engine/data/transformed_samples.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

using Read = std::vector<at::Tensor> (*)(const DataSource& source);

// Kinds that are read into memory as a whole.
Read reader_of(const std::string& kind) {
  static const std::map<std::string, Read> readers = {
      {"digits", digits_tensors}, {"fashion_mnist", fashion_mnist_tensors},
      {"idx", idx_tensors},       {"csv", csv_tensors},
      {"npy", npy_tensors},       {"npz", npz_tensors},
      {"tensors", given_tensors}, {"safetensors", safetensors_tensors},
  };
  const auto found = readers.find(kind);
  return found == readers.end() ? nullptr : found->second;
}

// Files may have changed since their headers were read.
void check_type(const DataSource& source, const Field& field, const at::Tensor& tensor) {
  const TensorType type = type_of(tensor);
  Shape expected = field.type.shape;
  expected.insert(expected.begin(), Dim(source.length));
  check(type.shape == expected && type.dtype == field.type.dtype, Fault::input_file,
        "{}: field '{}' is {} {}, expected {} {}", source.kind, field.name, name(type.dtype), str(type.shape),
        name(field.type.dtype), str(expected));
}

void check_labels(const DataSource& source, const Field& field, const at::Tensor& labels) {
  const auto classes = static_cast<std::int64_t>(source.classes.size());
  if (!field.label || classes == 0 || !is_integral(field.type.dtype)) return;
  const at::Tensor wrong =
      labels.reshape({source.length, -1}).lt(0).logical_or_(labels.reshape({source.length, -1}).ge(classes));
  if (!wrong.any().item<bool>()) return;
  const std::int64_t sample = wrong.any(1).nonzero()[0][0].item<std::int64_t>();
  const std::int64_t value =
      labels[sample].masked_select(wrong[sample].reshape(labels[sample].sizes()))[0].item<std::int64_t>();
  throw Error(Fault::input_file,
              fmt::format("{}: sample {} (counted from 0) has the {} {}, and the {} classes are 0 to {}",
                          source.kind, sample, field.name, value, classes, classes - 1));
}

std::shared_ptr<const Samples> in_memory(const DataSource& source, std::vector<at::Tensor> tensors) {
  Dataset set{source.stored, std::move(tensors), source.classes, source.length};
  invariant(set.tensors.size() == set.fields.size(),
            "a data source gave another number of tensors than fields");
  for (size_t i = 0; i < set.fields.size(); ++i) {
    check_type(source, set.fields[i], set.tensors[i]);
    check_labels(source, set.fields[i], set.tensors[i]);
    set.tensors[i] = set.tensors[i].contiguous();
  }
  return std::make_shared<MemorySamples>(std::move(set));
}

// Fractions would be cut down, and samples that differ become alike.
at::Tensor whole_numbers(const at::Tensor& given, std::int64_t samples, const std::string& name) {
  check(given.numel() == samples, Fault::usage, "'{}' is no single number", name);
  const at::Tensor whole = given.to(at::kLong);
  check(whole.eq(given).all().item<bool>(), Fault::usage,
        "'{}' has numbers that are not whole, so that it tells no classes or groups", name);
  return whole.cpu().contiguous();
}

std::shared_ptr<const Samples> stored_samples(const DataSource& source, std::uint64_t seed) {
  if (is_read_by_rows(source)) return array_samples(source);
  if (const Read read = reader_of(source.kind)) return in_memory(source, read(source));
  if (source.kind == "random") return in_memory(source, random_tensors(source, seed));
  if (source.kind == "text") return text_samples_of(source);
  if (source.kind == "image_folder" || source.kind == "images") return image_samples(source);
  if (source.kind == "concat") return concat_samples(source, seed);
  if (source.kind == "subset") return subset_samples(source, seed);
  if (source.kind == "part") return part_samples(source, seed);
  invariant(source.own != nullptr, "a data source is described but not loaded");
  auto own = source.own->samples();
  check(own->length() == source.length, Fault::usage, "{}: the samples are {}, and length says {}",
        source.kind, own->length(), source.length);
  return own;
}

}  // namespace

std::shared_ptr<const Samples> open_samples(const DataSource& source, std::uint64_t seed) {
  const c10::NoGradGuard no_grad;
  const std::uint64_t own =
      source.options.has("seed") ? static_cast<std::uint64_t>(source.options.integer("seed")) : seed;
  try {
    return with_transforms(source, stored_samples(source, own), own);
  } catch (const Error& error) {
    if (error.site().known() || !source.origin.site.known()) throw;
    throw Error(error.fault(), error.message(), source.origin.site, error.remedy());
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(), "loading the data set '" + source.kind + "' failed",
                     source.origin.site);
  }
}

std::vector<std::int64_t> numbers_of(const Samples& samples, size_t field, const std::string& name) {
  std::vector<std::int64_t> numbers(static_cast<size_t>(samples.length()));
  if (const Dataset* set = samples.in_memory()) {
    const at::Tensor all = whole_numbers(set->tensors.at(field), samples.length(), name);
    const auto* values = all.const_data_ptr<std::int64_t>();
    numbers.assign(values, values + all.numel());
    return numbers;
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    const auto known = samples.number(index, field);
    numbers[i] = known ? *known : whole_numbers(samples.at(index, 1).at(field), 1, name).item<std::int64_t>();
  }
  return numbers;
}

void rethrow_for_sample(const Samples& samples, std::int64_t index, const SourceSite& site) {
  const std::string place = samples.place(index);
  try {
    rethrow_as_error(std::current_exception(), "reading it failed");
  } catch (const Error& error) {
    const bool named = place.empty() || error.message().find(place) != std::string::npos;
    throw Error(
        error.fault(),
        fmt::format("sample {} (counted from 0){}: {}", index, named ? "" : ", " + place, error.message()),
        error.site().known() ? error.site() : site, error.remedy());
  }
}

}  // namespace orrery
