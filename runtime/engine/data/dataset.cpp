#include "runtime/engine/data/dataset.h"

#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/data/source_tensors.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

std::vector<at::Tensor> tensors_of(const DataSource& source, std::uint64_t seed) {
  if (source.kind == "digits") return digits_tensors(source);
  if (source.kind == "fashion_mnist") return fashion_mnist_tensors(source);
  if (source.kind == "idx") return idx_tensors(source);
  if (source.kind == "csv") return csv_tensors(source);
  if (source.kind == "random") return random_tensors(source, seed);
  invariant(source.kind == "tensors", "a data source is described but not loaded");
  return given_tensors(source);
}

// Files may have changed since their headers were read.
void check_type(const DataSource& source, const Field& field, const at::Tensor& tensor) {
  const TensorType type = type_of(tensor);
  Shape expected = field.type.shape;
  expected.front() = source.length;
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

Dataset loaded(const DataSource& source, std::uint64_t run_seed) {
  const c10::NoGradGuard no_grad;
  const auto seed =
      source.options.has("seed") ? static_cast<std::uint64_t>(source.options.integer("seed")) : run_seed;
  Dataset set{source.fields, tensors_of(source, seed), source.classes, source.length};
  invariant(set.tensors.size() == set.fields.size(),
            "a data source gave another number of tensors than fields");
  for (size_t i = 0; i < set.fields.size(); ++i) {
    check_type(source, set.fields[i], set.tensors[i]);
    check_labels(source, set.fields[i], set.tensors[i]);
    set.tensors[i] = set.tensors[i].contiguous();
  }
  return set;
}

}  // namespace

std::int64_t Dataset::bytes() const {
  std::int64_t sum = 0;
  for (const at::Tensor& tensor : tensors) sum += static_cast<std::int64_t>(tensor.nbytes());
  return sum;
}

Dataset Dataset::to(const at::Device& device) const {
  Dataset moved = *this;
  for (at::Tensor& tensor : moved.tensors) tensor = tensor.to(device);
  return moved;
}

Dataset load(const DataSource& source, std::uint64_t run_seed) {
  try {
    return loaded(source, run_seed);
  } catch (const Error& error) {
    if (error.site().known() || !source.origin.site.known()) throw;
    throw Error(error.fault(), error.message(), source.origin.site, error.remedy());
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(), "loading the data set '" + source.kind + "' failed",
                     source.origin.site);
  }
}

}  // namespace orrery
