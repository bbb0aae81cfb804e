// Sets without files: random numbers, and tensors that a script has already.
#include <ATen/ATen.h>

#include "runtime/engine/data/random_stream.h"
#include "runtime/engine/data/source_tensors.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

// Apart from each other and from the order of epochs, which are numbered from 1.
constexpr std::uint64_t kValuesStream = 0;
constexpr std::uint64_t kLabelsStream = ~std::uint64_t{0};

std::vector<std::int64_t> sizes_of(const DataSource& source, const Field& field) {
  Shape shape = field.type.shape;
  shape.insert(shape.begin(), Dim(source.length));
  return values(shape);
}

at::Tensor random_values(const DataSource& source, const Field& field, std::uint64_t seed) {
  const at::ScalarType type = scalar_type(field.type.dtype);
  at::Tensor made = at::empty(sizes_of(source, field), type == at::kDouble ? at::kDouble : at::kFloat);
  RandomStream random(seed, kValuesStream);
  const auto fill = [&](auto* data) {
    for (std::int64_t i = 0; i < made.numel(); ++i)
      data[i] = static_cast<std::decay_t<decltype(*data)>>(random.normal());
  };
  if (type == at::kDouble)
    fill(made.mutable_data_ptr<double>());
  else
    fill(made.mutable_data_ptr<float>());
  return made.to(type);
}

at::Tensor random_labels(const DataSource& source, std::uint64_t seed) {
  at::Tensor made = at::empty({source.length}, at::kLong);
  RandomStream random(seed, kLabelsStream);
  auto* data = made.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < source.length; ++i)
    data[i] = static_cast<std::int64_t>(random.below(source.classes.size()));
  return made;
}

}  // namespace

std::vector<at::Tensor> random_tensors(const DataSource& source, std::uint64_t seed) {
  std::vector<at::Tensor> tensors;
  for (const Field& field : source.stored) {
    tensors.push_back(field.label ? random_labels(source, seed) : random_values(source, field, seed));
  }
  return tensors;
}

std::vector<at::Tensor> given_tensors(const DataSource& source) {
  std::vector<at::Tensor> tensors;
  for (const auto& box : source.tensors) tensors.push_back(unboxed(box).detach());
  return tensors;
}

}  // namespace orrery
