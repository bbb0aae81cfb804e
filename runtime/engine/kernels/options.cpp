#include "runtime/engine/kernels/options.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {

std::optional<at::ScalarType> wanted_dtype(const Attributes& attributes) {
  const auto named = [](const Attributes::Entry& entry) { return entry.name == "dtype"; };
  if (std::ranges::none_of(attributes.entries(), named) || !attributes.has("dtype")) return std::nullopt;
  return scalar_type(attributes.dtype("dtype"));
}

std::optional<std::int64_t> optional_integer(const Attributes& attributes, const std::string& name) {
  if (!attributes.has(name)) return std::nullopt;
  return attributes.integer(name);
}

at::TensorList all_inputs(const KernelContext& k) { return {k.inputs.data(), k.inputs.size()}; }

at::Scalar number(const Attributes& attributes, const std::string& name) {
  if (attributes.is_integer(name)) return attributes.integer(name);
  return attributes.real(name);
}

}  // namespace orrery
